"""Applications that can come to nothing any more end, so that they stand in nobody's way (逾期結案).

Those are the ones whose address nobody confirmed in time, and those about an account that has been
cancelled meanwhile. `manage.py expire-applications` ends them every night; until it has run, they
already count as gone when the same person applies anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, Application
from services.accounts.person import Person
from services.actor import Actor, operator
from services.applications.store import close, write_act
from services.errors import Refused
from services.identity.guard import guarded
from services.identity.links import CONFIRMATION
from services.identity.permissions import Action, permit
from services.regulation.application_states import LIVE, Act, State
from services.regulation.roles import AccountStatus

HOURS = CONFIRMATION // timedelta(hours=1)
TOO_LATE = f"這一案逾 {HOURS} 小時未確認電子郵件，不再受理；請重新申請。"
_UNCONFIRMED = f"逾 {HOURS} 小時未確認電子郵件"
_NO_ACCOUNT = "帳號已註銷，申請無從辦理"


@dataclass(frozen=True)
class Expired:
    """What one night came to: the numbers of the applications that were ended."""

    unconfirmed: tuple[str, ...]
    of_cancelled_accounts: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``expire-applications --json`` prints it."""
        return {
            "unconfirmed": list(self.unconfirmed),
            "of_cancelled_accounts": list(self.of_cancelled_accounts),
        }


@guarded(Action.CHANGE_SETTINGS)
def expire_applications(actor: Actor) -> Expired:
    """End every application that can come to nothing any more (clauses 5.1 to 5.4).

    Only for the operator's nightly job. Each application is a transaction of its own; running it
    again finds nothing.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    moot = select(Application.id).where(is_moot(actor.now)).order_by(Application.id)
    with reading() as db:
        ids = db.scalars(moot).all()
    unconfirmed: list[str] = []
    of_cancelled: list[str] = []
    for id_ in ids:
        with transaction() as db:
            for ended in _end(db, actor, Application.id == id_):
                late = ended.state == State.EXPIRED
                (unconfirmed if late else of_cancelled).append(ended.number)
    return Expired(tuple(unconfirmed), tuple(of_cancelled))


def make_way(db: Session, person: Person, now: datetime) -> None:
    """End what can come to nothing any more and holds the person's number, name or address.

    In the transaction of their new application: nobody has two that are not over.
    """
    theirs = or_(
        func.lower(Application.staff_no) == person.staff_no.lower(),
        Application.username == person.username,
        func.lower(Application.email) == person.email,
    )
    _end(db, operator(now), theirs)


def is_late(application: Application, now: datetime) -> bool:
    """Whether the time to confirm the address is over, ended already or not."""
    waits = application.state == State.UNCONFIRMED
    late = waits and now >= application.submitted_at + CONFIRMATION
    return late or application.state == State.EXPIRED


def is_moot(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an application can come to nothing any more."""
    # Not "in": of an application without an account that would be neither true nor false.
    cancelled = exists().where(
        Account.id == Application.account_id, Account.status == AccountStatus.CANCELLED.value
    )
    return or_(
        and_(
            Application.state == State.UNCONFIRMED.value,
            Application.submitted_at <= now - CONFIRMATION,
        ),
        and_(
            Application.state.in_([state.value for state in LIVE]),
            cancelled,
        ),
    )


def _end(db: Session, person: Actor, which: ColumnElement[bool]) -> list[Application]:
    """End those that are still so once they are locked, and return them."""
    found = list(
        db.scalars(
            select(Application)
            .where(which, is_moot(person.now))
            .order_by(Application.id)
            .with_for_update(of=Application, key_share=True)
        )
    )
    for application in found:
        late = is_late(application, person.now)
        act, state = (Act.EXPIRED, State.EXPIRED) if late else (Act.WITHDRAWN, State.WITHDRAWN)
        write_act(db, person, application, act, note=_UNCONFIRMED if late else _NO_ACCOUNT)
        close(application, state, person)
    return found
