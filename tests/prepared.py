"""The small world with something to do everything to: in each unit audits at every stage, people, events."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table, select

from data.engine import reading, transaction
from data.models import Account, Base, Event, SourceUser, UsageSource
from services import events
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.events import EventType
from services.identity.actor import Actor, DutyHeld
from services.regulation.periods import Quarter
from services.regulation.roles import Duty, Role
from tests.world import CREATED, NOW, PASSWORD_HASH, World, at, build_world

OPEN, FROZEN, JUDGING, JUDGED, SIGNED = (
    Quarter(2026, 3),
    Quarter(2026, 2),
    Quarter(2026, 1),
    Quarter(2025, 4),
    Quarter(2025, 3),
)
"""At which stage each quarter's audit stands, in every unit; the open one is not frozen yet."""
UNITS = ("tax1", "tax2", "works1", "bureau1")
MISSING = 999_999
_RECORDS = 8


@dataclass
class Prepared(World):
    """The world's ids, and those of everything in each unit that can be named by an id."""

    audits: dict[tuple[str, Quarter], int] = field(default_factory=dict)
    people: dict[tuple[str, Role], int] = field(default_factory=dict)
    """An account of every role in every unit, held by nobody who acts."""
    events: dict[str, int] = field(default_factory=dict)
    """An event by somebody of each unit, about nothing that has an owner."""
    to_judge: dict[str, int] = field(default_factory=dict)
    """A record in the sample of each unit's audit that is being judged."""
    outside_sample: dict[str, int] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    """What a signature of each unit's judged audit would stand for."""
    foreign_source: int = 0

    def unit_id(self, place: str | None) -> int:
        return self.units[place] if place else MISSING

    def audit(self, place: str | None, quarter: Quarter) -> int:
        return self.audits[place, quarter] if place else MISSING

    def account(self, place: str | None, role: Role) -> int:
        return self.people[place, role] if place else MISSING


def prepare() -> Prepared:
    """Fill the configured database."""
    world = Prepared(**vars(build_world()))
    for place in UNITS:
        for role in Role:
            world.people[place, role] = _account(world, place, role)
        # Nobody in the table is the last one, whom no one may close.
        _account(world, place, Role.AGENCY_MANAGER, "2")
        _usage_of(world, place)
        _audits_of(world, place)
        world.events[place] = _event_of(world, place)
    with transaction() as db:
        source = UsageSource(code="other", name="其他系統", created_at=CREATED)
        db.add(source)
        db.flush()
        db.add(SourceUser(source_id=source.id, user_code="u001", name="他系統使用者"))
        world.foreign_source = source.id
    return world


def _account(world: Prepared, place: str, role: Role, number: str = "") -> int:
    username = f"{place}_{role.value}{number}"
    with transaction() as db:
        account = Account(
            username=username,
            staff_no=f"P{len(world.accounts):04d}",
            name=f"對象{len(world.accounts):02d}",
            unit_id=world.units[place],
            role=role.value,
            password_hash=PASSWORD_HASH,
            created_at=CREATED,
        )
        db.add(account)
        db.flush()
        world.accounts[username] = account.id
        return account.id


def _usage_of(world: Prepared, place: str) -> None:
    for quarter in (OPEN, FROZEN, JUDGING, JUDGED, SIGNED):
        month = int(quarter.months[0][5:])
        days = (at(quarter.year, month, day) for day in range(1, _RECORDS + 1))
        world.use(f"{place}_general_user", *days)


def _audits_of(world: Prepared, place: str) -> None:
    head = _head(world, place)
    for quarter in (FROZEN, JUDGING, JUDGED, SIGNED):
        audit_id = freeze(head, world.units[place], quarter)
        world.audits[place, quarter] = audit_id
        if quarter is not FROZEN:
            draw_first(head, audit_id)
        if quarter in (JUDGED, SIGNED):
            rows = worksheet_rows(head, audit_id)
            judge(head, audit_id, {row.record_id: 0 for row in rows}, Ruling.COMPLIANT)
        if quarter is JUDGED:
            world.shown[place] = view_audit(head, audit_id).content_hash
        if quarter is SIGNED:
            sign(head, audit_id, view_audit(head, audit_id).content_hash)
    drawn = {row.record_id for row in worksheet_rows(head, world.audits[place, JUDGING])}
    with reading() as db:
        records = Base.metadata.tables["usage_records"].c
        all_of_it = db.scalars(
            select(records.id).where(
                records.unit_id == world.units[place], records.local_month.in_(JUDGING.months)
            )
        )
        world.outside_sample[place] = min(set(all_of_it) - drawn)
    world.to_judge[place] = min(drawn)


def _head(world: Prepared, place: str) -> Actor:
    """Somebody of the unit who is its head; the accounts that act in tests are not used."""
    person = world.actor(f"{place}_general_user")
    held = DutyHeld(Duty.UNIT_HEAD, unit_id=world.units[place])
    # Its own records are not its own to judge.
    return replace(person, duties=(held,), account_id=world.people[place, Role.UNIT_MANAGER])


def _event_of(world: Prepared, place: str) -> int:
    actor = world.actor(f"{place}_general_user")
    with transaction() as db:
        events.write(db, actor, EventType.TABLE_EXPORTED, about=("table", "測試"), rows=1, total=1)
        return max(db.scalars(select(Event.id)))


def objects() -> dict[str, Sequence[Any]]:
    """Return every row of every table but the log of events, to see that nothing changed."""
    tables: list[Table] = [t for t in Base.metadata.sorted_tables if t.name != "events"]
    with reading() as db:
        return {table.name: db.execute(select(table)).all() for table in tables}


def events_after(last: int) -> list[Event]:
    """Return the events written since the one named."""
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.id > last).order_by(Event.id)))


def last_event() -> int:
    with reading() as db:
        return max(db.scalars(select(Event.id)), default=0)


NOBODY = Actor(now=NOW, account_id=None, username="", name="（未登入）", role=None)
