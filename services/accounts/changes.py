"""What a manager takes away without an application: suspending, cancelling, authorised items.

Giving (a new account, more items, restoring) always takes an application (clauses 4.2 to 4.4, 5.1
to 5.4), whose completion uses `put_status` and `put_items`.
"""

from collections.abc import Collection

from sqlalchemy import delete
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, AccountItem
from services import events
from services.accounts.leaving.settling import settle
from services.accounts.leaving.words import Settled
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.forgetting import forget_credentials
from services.identity.guard import guarded
from services.identity.managing import keep_a_manager, locked_account, place_of, require_managed
from services.identity.permissions import Action, permit
from services.identity.sessions import EndReason, end_all
from services.identity.terms import has_not_ended
from services.regulation.items import Item
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus

REASON_MIN, REASON_MAX = 2, 200

CLOSABLE: dict[AccountStatus, tuple[AccountStatus, ...]] = {
    AccountStatus.ACTIVE: (AccountStatus.SUSPENDED, AccountStatus.CANCELLED),
    AccountStatus.SUSPENDED: (AccountStatus.CANCELLED,),
    AccountStatus.CANCELLED: (),
}
"""How a manager can close an account in each state; a cancelled one stays cancelled."""


_CLOSING = {
    AccountStatus.SUSPENDED: EndReason.SUSPENDED,
    AccountStatus.CANCELLED: EndReason.CANCELLED,
}


@guarded(Action.MANAGE_ACCOUNTS)
def set_status(
    actor: Actor,
    account_id: int,
    new_status: AccountStatus,
    reason: str,
    *,
    expected_status: AccountStatus,
) -> None:
    """Suspend or cancel an account (clauses 4.2 to 4.4 and 6.2).

    ``expected_status`` is what the manager saw; if it changed meanwhile, nothing is done. Closing
    an account ends its signed-in sessions at once.
    """
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.MANAGE_ACCOUNTS, **place_of(found))
        account = require_managed(actor, found)
        why = _checked_reason(reason)
        before = AccountStatus(account.status)
        if before is not expected_status:
            raise Conflict(f"這個帳號已被其他人改為「{before.label}」；請重新檢視後再辦理。")
        if new_status is AccountStatus.ACTIVE and before is AccountStatus.SUSPENDED:
            raise Conflict("復權須由使用人本人登入後申請，經通知後由管理者完成辦理。")
        if new_status not in CLOSABLE[before]:
            raise Conflict(f"「{before.label}」的帳號不能改為「{new_status.label}」。")
        put_status(db, actor, account, new_status, why)


def put_status(
    db: Session, person: Actor, account: Account, status: AccountStatus, why: str
) -> None:
    """Suspend, restore or cancel an account in the caller's transaction, who has checked the right.

    Closing one ends its signed-in sessions; cancelling it ends its duties, too, and what its holder
    signed in with is forgotten. Raises Conflict when nobody would be left to manage.
    """
    before = AccountStatus(account.status)
    if status is not AccountStatus.ACTIVE:
        keep_a_manager(db, account)
        end_all(db, account.id, person.now, _CLOSING[status])
    account.status = status.value
    account.status_reason = why
    if status is AccountStatus.CANCELLED:
        account.cancelled_at = person.now
        for held in account.duties:
            if has_not_ended(held, person.now):
                held.ended_at = person.now
        forget_credentials(db, person, account, why)
        settle(db, person, account, Settled.CANCELLED)
    elif status is AccountStatus.SUSPENDED:
        account.suspended_at = person.now
    else:
        account.suspended_at, account.restored_at = None, person.now
    events.write(
        db,
        person,
        EventType.ACCOUNT_STATUS_CHANGED,
        about=("account", account.id),
        before=before.value,
        after=status.value,
        reason=why,
    )


@guarded(Action.MANAGE_ACCOUNTS)
def set_items(
    actor: Actor,
    account_id: int,
    items: Collection[Item],
    reason: str,
    *,
    expected_items: Collection[Item],
) -> None:
    """Leave an account exactly these of its authorised items (授權項目; clauses 4.2 to 4.4).

    ``expected_items`` are those the manager saw; if they changed meanwhile, nothing is done. More
    items than it has take an application for a change: raises Conflict.
    """
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.MANAGE_ACCOUNTS, **place_of(found))
        account = require_managed(actor, found)
        why = _checked_reason(reason)
        before = {Item(row.item) for row in account.items}
        if account.status == AccountStatus.CANCELLED:
            raise Conflict("已註銷的帳號不能再變更授權項目。")
        if before != set(expected_items):
            raise Conflict("這個帳號的授權項目已被其他人變更；請重新檢視後再辦理。")
        wanted = set(items)
        if wanted == before:
            raise Invalid("授權項目沒有變動；請先選擇要取消的項目。")
        if wanted - before:
            raise Conflict("增加授權項目須由使用人申請權限異動，經核可後完成辦理；這裡只能取消。")
        put_items(db, actor, account, wanted, why)


def put_items(
    db: Session, person: Actor, account: Account, wanted: Collection[Item], why: str
) -> None:
    """Give an account exactly these items in the caller's transaction, who has checked the right."""
    before = {Item(row.item) for row in account.items}
    db.execute(
        delete(AccountItem).where(
            AccountItem.account_id == account.id,
            AccountItem.item.in_([item.value for item in before - set(wanted)]),
        )
    )
    for item in sorted(set(wanted) - before):
        db.add(
            AccountItem(
                account_id=account.id,
                item=item.value,
                granted_at=person.now,
                granted_by=person.account_id,
            )
        )
    events.write(
        db,
        person,
        EventType.ACCOUNT_ITEMS_CHANGED,
        about=("account", account.id),
        before=sorted(item.value for item in before),
        after=sorted(item.value for item in wanted),
        reason=why,
    )


def _checked_reason(reason: str) -> str:
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(f"請敘明原因（{REASON_MIN} 至 {REASON_MAX} 個字），例如「調職」或公文號。")
    return why
