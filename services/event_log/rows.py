"""Stored events as 系統紀錄 shows them: with the names of people and things, and no codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, Agency, Audit, Event, Unit
from services.event_log.details import detail_words
from services.event_log.words import OUTCOMES, label_of, object_words
from services.regulation.periods import Quarter


@dataclass(frozen=True)
class EventRow:
    """One event in words."""

    id: int
    at: datetime
    type: str
    label: str
    person: str
    unit: str
    session: str
    address: str
    object_type: str
    object_id: str
    about: str
    outcome: str
    outcome_label: str
    detail: tuple[tuple[str, str], ...]

    @property
    def details(self) -> str:
        """The details in one line."""
        return "；".join(f"{label}：{text}" for label, text in self.detail)


def rows_of(db: Session, found: Sequence[Event]) -> tuple[EventRow, ...]:
    """Return ``found`` in words; what their ids stand for is looked up once for all of them."""
    people = _people(db, found)
    units = _units(db, {event.unit_id for event in found if event.unit_id is not None})
    audits = _audits(db, {_number(event) for event in found if event.object_type == "audit"})
    return tuple(_row(event, people, units, audits) for event in found)


def _row(
    event: Event,
    people: dict[int, tuple[str, str]],
    units: dict[int, str],
    audits: dict[int, str],
) -> EventRow:
    _, username = people.get(event.account_id or 0, ("", ""))
    return EventRow(
        id=event.id,
        at=event.at,
        type=event.type,
        label=label_of(event.type),
        # The name as it was then; work from the command line has a name and no account.
        person=f"{event.actor_name}（{username}）" if username else event.actor_name,
        unit=units.get(event.unit_id or 0, ""),
        # Enough to tell sessions apart; the whole is what a cookie names.
        session=event.session_id[:8],
        address=event.address,
        object_type=event.object_type,
        object_id=event.object_id,
        about=_about(event, people, audits),
        outcome=event.outcome,
        outcome_label=OUTCOMES.get(event.outcome, event.outcome),
        detail=detail_words(event.detail),
    )


def _about(event: Event, people: dict[int, tuple[str, str]], audits: dict[int, str]) -> str:
    if event.object_type == "account" and (found := people.get(_number(event))):
        return f"{found[0]}（{found[1]}）"
    if event.object_type == "audit" and (named := audits.get(_number(event))):
        return named
    return object_words(event.object_type, event.object_id)


def _number(event: Event) -> int:
    text = event.object_id
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _people(db: Session, found: Sequence[Event]) -> dict[int, tuple[str, str]]:
    ids = {event.account_id for event in found if event.account_id is not None}
    ids |= {_number(event) for event in found if event.object_type == "account"}
    rows = db.execute(select(Account.id, Account.name, Account.username).where(Account.id.in_(ids)))
    return {id_: (name, username) for id_, name, username in rows}


def _units(db: Session, ids: set[int]) -> dict[int, str]:
    rows = db.execute(
        select(Unit.id, Agency.name, Unit.name)
        .join(Agency, Agency.id == Unit.agency_id)
        .where(Unit.id.in_(ids))
    )
    return {id_: f"{agency} {unit}" for id_, agency, unit in rows}


def _audits(db: Session, ids: set[int]) -> dict[int, str]:
    rows = db.execute(
        select(Audit.id, Unit.name, Audit.period)
        .join(Unit, Unit.id == Audit.unit_id)
        .where(Audit.id.in_(ids))
    )
    return {
        id_: f"{name} {Quarter.parse(period).label}單位稽核（{id_}）" for id_, name, period in rows
    }
