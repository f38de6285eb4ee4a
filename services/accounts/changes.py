"""Changes of an account by its manager: suspend, restore, cancel, and the authorised items."""

from collections.abc import Collection

from sqlalchemy import delete

from data.engine import transaction
from data.models import AccountItem
from services import events
from services.accounts.managing import keep_a_manager, locked_account, place_of, require_managed
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.identity.sessions import EndReason, end_all
from services.regulation.items import Item
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus

REASON_MIN, REASON_MAX = 2, 200

NEXT_STATUSES: dict[AccountStatus, tuple[AccountStatus, ...]] = {
    AccountStatus.ACTIVE: (AccountStatus.SUSPENDED, AccountStatus.CANCELLED),
    AccountStatus.SUSPENDED: (AccountStatus.ACTIVE, AccountStatus.CANCELLED),
    AccountStatus.CANCELLED: (),
}
"""Where an account can go from each state; a cancelled one stays cancelled."""


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
    """Suspend, restore or cancel an account (clauses 4.2 to 4.4 and 6.2).

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
        if new_status not in NEXT_STATUSES[before]:
            raise Conflict(f"「{before.label}」的帳號不能改為「{new_status.label}」。")
        if new_status is not AccountStatus.ACTIVE:
            keep_a_manager(db, account)
            end_all(db, account_id, actor.now, _CLOSING[new_status])
        account.status = new_status.value
        account.status_reason = why
        if new_status is AccountStatus.CANCELLED:
            account.cancelled_at = actor.now
        else:
            account.suspended_at = actor.now if new_status is AccountStatus.SUSPENDED else None
        events.write(
            db,
            actor,
            EventType.ACCOUNT_STATUS_CHANGED,
            about=("account", account_id),
            before=before.value,
            after=new_status.value,
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
    """Give an account exactly these authorised items (授權項目; clauses 4.2 to 4.4).

    ``expected_items`` are those the manager saw; if they changed meanwhile, nothing is done.
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
            raise Invalid("授權項目沒有變動；請先增減項目再儲存。")
        db.execute(
            delete(AccountItem).where(
                AccountItem.account_id == account_id,
                AccountItem.item.in_([item.value for item in before - wanted]),
            )
        )
        for item in sorted(wanted - before):
            db.add(
                AccountItem(
                    account_id=account_id,
                    item=item.value,
                    granted_at=actor.now,
                    granted_by=actor.account_id,
                )
            )
        events.write(
            db,
            actor,
            EventType.ACCOUNT_ITEMS_CHANGED,
            about=("account", account_id),
            before=sorted(item.value for item in before),
            after=sorted(item.value for item in wanted),
            reason=why,
        )


def _checked_reason(reason: str) -> str:
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(f"請敘明原因（{REASON_MIN} 至 {REASON_MAX} 個字），例如「調職」或公文號。")
    return why
