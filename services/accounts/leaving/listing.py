"""Who is about to leave or move, and whether the application that is due is under way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from data.engine import reading
from data.models import Account, Application, PersonnelChange, Unit
from services.accounts.leaving.words import SOON_DAYS, Source
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit, reach
from services.identity.scoping import within
from services.regulation.application_states import LIVE, State
from services.regulation.leaving import DUE, Leaving, days_left
from services.regulation.roles import AccountStatus

MOST = 500


@dataclass(frozen=True)
class LeavingLine:
    """One open entry."""

    id: int
    account_id: int
    name: str
    username: str
    agency: str
    unit: str
    status: AccountStatus
    kind: Leaving
    effective_on: date
    days_left: int
    """0 on the last day; less when the day is past."""
    source: Source
    application_id: int | None
    application: str
    """Number and state of the application that is due; empty while nobody has applied."""

    @property
    def label(self) -> str:
        """姓名（帳號）."""
        return f"{self.name}（{self.username}）"


@dataclass(frozen=True)
class LeavingCard:
    """What the card of one account shows to somebody who may record its leaving."""

    leaving_on: date | None
    lines: tuple[LeavingLine, ...]


@guarded(Action.RECORD_LEAVING)
def open_leavings(actor: Actor) -> tuple[LeavingLine, ...]:
    """Return the open entries within reach, the earliest day first (6.3.4)."""
    reached = reach(actor, Action.RECORD_LEAVING)
    where = within(reached, unit=Account.unit_id, agency=Unit.agency_id)
    with reading() as db:
        return _lines(db, actor.today, _open().where(where).limit(MOST))


@guarded(Action.RECORD_LEAVING)
def leaving_card(actor: Actor, account_id: int) -> LeavingCard | None:
    """Return what is open about one account; None where this person has nothing to record.

    That is an account out of reach, one that does not exist, the own one and a cancelled one alike.
    """
    reached = reach(actor, Action.RECORD_LEAVING)
    with reading() as db:
        account = db.scalar(
            select(Account)
            .join(Unit, Unit.id == Account.unit_id)
            .where(
                Account.id == account_id,
                Account.id != actor.account_id,
                Account.status != AccountStatus.CANCELLED.value,
                within(reached, unit=Account.unit_id, agency=Unit.agency_id),
            )
        )
        if account is None:
            return None
        lines = _lines(db, actor.today, _open().where(Account.id == account_id))
        return LeavingCard(account.leaving_on, lines)


@guarded(Action.APPLY)
def own_leavings(actor: Actor) -> tuple[LeavingLine, ...]:
    """Return what is open about the person's own account, the earliest first."""
    permit(actor, Action.APPLY, account_id=actor.account_id)
    with reading() as db:
        return _lines(db, actor.today, _open().where(Account.id == actor.account_id))


@guarded(Action.RECORD_LEAVING)
def unprepared(actor: Actor) -> int:
    """Return how many accounts in use are left within `SOON_DAYS` or before, with no application.

    The own account is the person's own task and is not counted.
    """
    reached = reach(actor, Action.RECORD_LEAVING)
    where = (
        within(reached, unit=Account.unit_id, agency=Unit.agency_id),
        Account.id != actor.account_id,
        Account.status == AccountStatus.ACTIVE.value,
        PersonnelChange.effective_on <= actor.today + timedelta(days=SOON_DAYS),
    )
    with reading() as db:
        found = _lines(db, actor.today, _open().where(*where))
    return len({line.account_id for line in found if not line.application})


def _open() -> Select[PersonnelChange]:
    return (
        select(PersonnelChange)
        .join(PersonnelChange.account)
        .join(Account.unit)
        .join(Unit.agency)
        .options(
            contains_eager(PersonnelChange.account)
            .contains_eager(Account.unit)
            .contains_eager(Unit.agency)
        )
        .where(PersonnelChange.settled_at.is_(None))
        .order_by(PersonnelChange.effective_on, PersonnelChange.id)
    )


def _lines(db: Session, today: date, asked: Select[PersonnelChange]) -> tuple[LeavingLine, ...]:
    entries = db.scalars(asked).all()
    under_way = _under_way(db, entries)
    return tuple(_line(entry, today, under_way) for entry in entries)


def _under_way(
    db: Session, entries: Iterable[PersonnelChange]
) -> dict[tuple[int, str], Application]:
    """Return the live applications about the entries' accounts, by account and kind."""
    found = db.scalars(
        select(Application).where(
            Application.account_id.in_({entry.account_id for entry in entries}),
            Application.state.in_([state.value for state in LIVE]),
        )
    )
    return {(one.account_id, one.kind): one for one in found if one.account_id is not None}


def _line(
    entry: PersonnelChange, today: date, under_way: dict[tuple[int, str], Application]
) -> LeavingLine:
    account, kind = entry.account, Leaving(entry.kind)
    answers = [under_way.get((account.id, due.value)) for due in DUE[kind]]
    application = next((one for one in answers if one is not None), None)
    return LeavingLine(
        id=entry.id,
        account_id=account.id,
        name=account.name,
        username=account.username,
        agency=account.unit.agency.name,
        unit=account.unit.name,
        status=AccountStatus(account.status),
        kind=kind,
        effective_on=entry.effective_on,
        days_left=days_left(entry.effective_on, today),
        source=Source(entry.source),
        application_id=application.id if application else None,
        application=f"{application.number} {State(application.state).label}" if application else "",
    )
