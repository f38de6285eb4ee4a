"""The nightly job: accounts of people who have left without their application are suspended (6.3.4)."""

import logging
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import Account, PersonnelChange
from services.accounts.changes import put_status
from services.accounts.leaving.settling import open_entries, settle
from services.accounts.leaving.words import Settled
from services.actor import Actor
from services.errors import Held, Refused, UserError
from services.identity.guard import guarded
from services.identity.managing import locked_account
from services.identity.permissions import Action, permit
from services.regulation.leaving import Leaving, due_words, is_past
from services.regulation.roles import AccountStatus
from services.rocdate import roc_date

log = logging.getLogger("cadastre.leaving")
FAULT = "系統發生未預期的錯誤，已記入系統日誌。"


@dataclass(frozen=True)
class LeftAlone:
    """An account that should be suspended and was not."""

    username: str
    name: str
    effective_on: str
    sentence: str


@dataclass(frozen=True)
class Suspension:
    """What one night came to."""

    suspended: tuple[str, ...]
    left_alone: tuple[LeftAlone, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``suspend-leavers --json`` prints it."""
        return {
            "suspended": list(self.suspended),
            "left_alone": [asdict(one) for one in self.left_alone],
        }


@guarded(Action.CHANGE_SETTINGS)
def suspend_past(actor: Actor) -> Suspension:
    """Suspend every account in use whose recorded day is past and not answered (clause 6.3.4).

    Only for the operator's nightly job. Each account is a transaction of its own: one that cannot be
    suspended, such as that of the last manager, is named in the answer and stops no other.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    suspended, left_alone = [], []
    for account_id, username, name, effective_on in _candidates(actor):
        try:
            if _suspend(actor, account_id):
                suspended.append(username)
            continue
        except UserError as error:
            sentence = str(error)
        except Held:
            raise
        except Exception:
            # What stands in one account's row is no reason to leave the others open.
            log.exception("account %s cannot be suspended", account_id)
            sentence = FAULT
        left_alone.append(LeftAlone(username, name, effective_on.isoformat(), sentence))
    return Suspension(tuple(suspended), tuple(left_alone))


def _candidates(actor: Actor) -> list[Any]:
    """Return id, name and earliest day of the accounts in use with a past open entry."""
    asked = (
        select(
            Account.id,
            Account.username,
            Account.name,
            func.min(PersonnelChange.effective_on).label("effective_on"),
        )
        .join(PersonnelChange, PersonnelChange.account_id == Account.id)
        .where(
            Account.status == AccountStatus.ACTIVE.value,
            PersonnelChange.settled_at.is_(None),
            PersonnelChange.effective_on < actor.today,
        )
        .group_by(Account.id, Account.username, Account.name)
        .order_by(Account.id)
    )
    with reading() as db:
        return list(db.execute(asked).all())


def _suspend(actor: Actor, account_id: int) -> bool:
    """Suspend one account if that still holds; return whether it was done."""
    with transaction() as db:
        account = locked_account(db, account_id)
        past = [
            entry
            for entry in open_entries(db, account_id)
            if is_past(entry.effective_on, actor.today)
        ]
        if account is None or account.status != AccountStatus.ACTIVE or not past:
            return False
        kind = Leaving(past[0].kind)
        why = (
            f"{roc_date(past[0].effective_on)}{kind.label}，逾期未完成{due_words(kind)}申請"
            "（第六點（三）4.）"
        )
        put_status(db, actor, account, AccountStatus.SUSPENDED, why)
        settle(
            db,
            actor,
            account,
            Settled.SUSPENDED,
            which=lambda entry: is_past(entry.effective_on, actor.today),
        )
        return True
