"""Taking a second factor away: one's own where none is required, or that of whoever lost the phone."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, SecondFactor
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity import sessions
from services.identity.guard import guarded
from services.identity.managing import locked_account, place_of, require_managed
from services.identity.permissions import Action, permit
from services.identity.recovery import discard_codes
from services.identity.second_factor import (
    check_code,
    confirmed_factor,
    is_required,
    own_account,
)
from services.identity.sessions import EndReason
from services.regulation.purpose import tidy

REASON_MIN, REASON_MAX = 2, 200


@guarded(Action.MANAGE_OWN_SIGN_IN)
def remove_own_factor(actor: Actor, present_code: str) -> None:
    """Take the person's own second factor away, given a code of it.

    Raises Refused where the policy requires one: then it can only be replaced.
    """
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    account_id = own_account(actor)
    with reading() as db:
        _refuse_required(db, actor)
    check_code(actor, present_code)
    with transaction() as db:
        _refuse_required(db, actor)
        _remove(db, actor, account_id, "")


@guarded(Action.MANAGE_ACCOUNTS)
def factor_to_remove(actor: Actor, account_id: int) -> datetime | None:
    """Return since when an account that ``actor`` manages has a second factor; None without one."""
    with reading() as db:
        found = db.get(Account, account_id)
        permit(actor, Action.MANAGE_ACCOUNTS, **place_of(found))
        account = require_managed(actor, found)
        factor = confirmed_factor(db, account.id)
        return factor.confirmed_at if factor else None


@guarded(Action.MANAGE_ACCOUNTS)
def remove_factor_of(actor: Actor, account_id: int, reason: str) -> None:
    """Take the second factor of a managed account away, so that its holder sets one up anew.

    The account's sessions end. Nobody's own: who could do without theirs would not need one.
    """
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.MANAGE_ACCOUNTS, **place_of(found))
        account = require_managed(actor, found)
        _remove(db, actor, account.id, checked_reason(reason))


@guarded(Action.CHANGE_SETTINGS)
def remove_factor_as_operator(actor: Actor, username: str, reason: str) -> None:
    """Take a second factor away from the command line, for whoever has no manager at hand.

    Raises Refused for anybody but the operator: managers act on the accounts they manage.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    with transaction() as db:
        wanted = Account.username == tidy(username).lower()
        account_id = db.scalar(select(Account.id).where(wanted).with_for_update())
        if account_id is None:
            raise NotFound(f"查無帳號「{tidy(username)}」。")
        _remove(db, actor, account_id, checked_reason(reason))


def _refuse_required(db: Session, actor: Actor) -> None:
    if is_required(db, actor):
        raise Refused(
            "您的角色或職務必須使用雙因子驗證，不能移除；要換手機或 App，請用「更換驗證器」。"
        )


def _remove(db: Session, actor: Actor, account_id: int, reason: str) -> None:
    factor = db.get(SecondFactor, account_id)
    if factor is None:
        raise Conflict("這個帳號沒有設定雙因子驗證，不需要移除。")
    db.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))
    discard_codes(db, account_id)
    if account_id != actor.account_id:
        sessions.end_all(db, account_id, actor.now, EndReason.FACTOR_REMOVED)
    events.write(
        db,
        actor,
        EventType.SECOND_FACTOR_REMOVED,
        about=("account", account_id),
        reason=reason,
    )


def checked_reason(reason: str) -> str:
    """Return the reason without needless blanks; raise Invalid when it is missing or too long."""
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(
            f"請敘明原因（{REASON_MIN} 至 {REASON_MAX} 個字），例如「手機遺失，已當面核對身分」。"
        )
    return why
