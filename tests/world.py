"""A small world for service tests: two agencies and the bureau, people of every role and duty."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from data.engine import reading, transaction
from data.models import (
    Account,
    AccountDuty,
    AccountItem,
    Agency,
    Section,
    Unit,
    UsageSource,
)
from services.actor import Actor
from services.identity.people import as_actor, load_account
from services.regulation.items import Item
from services.regulation.roles import Duty, Role
from services.rocdate import local_month
from services.usage.records import add_records

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CREATED = datetime(2024, 1, 2, tzinfo=UTC)
# bcrypt of "demo-password" at the lowest cost: tests of the services never sign in with it.
PASSWORD_HASH = "$2b$04$abcdefghijklmnopqrstuu3Y6y8Gq7dC3wZ0Wb0w0uD1J6m1J0m7W"


@dataclass
class World:
    """Ids by a short name: agencies ``tax``, ``works``, ``bureau``; units and people below."""

    agencies: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    source_id: int = 0

    def actor(self, name: str, now: datetime = NOW) -> Actor:
        """Return the person called ``name`` acting at ``now``."""
        with reading() as db:
            account = load_account(db, self.accounts[name])
            assert account is not None
            return as_actor(account, now)

    def row(self, who: str, when: datetime, **overrides: Any) -> dict[str, Any]:
        """Return one usage record of ``who`` at ``when``, ready for `add_records`."""
        return self._rows(who, [when], overrides)[0]

    def _rows(
        self, who: str, moments: Sequence[datetime], overrides: dict[str, Any]
    ) -> list[dict[str, Any]]:
        with reading() as db:
            account = load_account(db, self.accounts[who])
            assert account is not None
            unit, agency = account.unit, account.unit.agency
        same = {
            "source_id": self.source_id,
            "source_key": None,
            "import_id": None,
            "account_id": account.id,
            "person_key": str(account.id),
            "username": account.username,
            "person_name": account.name,
            "unit_id": unit.id,
            "unit_name": unit.name,
            "agency_id": agency.id,
            "agency_name": agency.name,
            "item": Item.LAND_OWNERSHIP.value,
            "item_authorised": True,
            "action": "query",
            "section_code": "AD0609",
            "number": "00180001",
            "target": "延吉段一小段18-1地號",
            "case_no": "",
            "document_no": "府授地資字第1136012388號",
            "reason": "",
            "flags": "",
            "address": "10.1.2.3",
            "session_id": "",
        }
        return [
            same
            | {"occurred_at": when, "local_month": local_month(when), "stored_at": when}
            | overrides
            for when in moments
        ]

    def use(self, who: str, *moments: datetime, **overrides: Any) -> None:
        """Store one usage record of ``who`` for every moment."""
        rows = self._rows(who, moments, overrides)
        with transaction() as db:
            add_records(db, rows)


_PEOPLE: tuple[tuple[str, str, Role, tuple[tuple[Duty, str], ...]], ...] = (
    # name, unit, role, duties with "unit", "agency" or "all"
    ("clerk", "tax1", Role.GENERAL_USER, ()),
    ("clerk2", "tax1", Role.GENERAL_USER, ()),
    ("head", "tax1", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)),
    ("auditor", "tax1", Role.GENERAL_USER, ((Duty.AUDITOR, "unit"),)),
    ("unit_manager", "tax1", Role.UNIT_MANAGER, ()),
    ("agency_manager", "tax1", Role.AGENCY_MANAGER, ()),
    ("ethics", "tax2", Role.GENERAL_USER, ((Duty.ETHICS_OFFICER, "agency"),)),
    ("agency_head", "tax2", Role.GENERAL_USER, ((Duty.AGENCY_HEAD, "agency"),)),
    ("clerk_tax2", "tax2", Role.GENERAL_USER, ()),
    ("works_clerk", "works1", Role.GENERAL_USER, ()),
    ("works_head", "works1", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)),
    ("works_manager", "works1", Role.AGENCY_MANAGER, ()),
    ("system_manager", "bureau1", Role.SYSTEM_MANAGER, ()),
    ("reviewer", "bureau1", Role.GENERAL_USER, ((Duty.BUREAU_REVIEWER, "all"),)),
)
_NO_ITEMS = {"head", "auditor", "ethics", "agency_head", "system_manager", "reviewer"}
EVERYBODY = tuple(person[0] for person in _PEOPLE)


def build_world() -> World:
    """Fill the configured database and return the ids."""
    world = World()
    with transaction() as db:
        for key, code, name, bureau in (
            ("tax", "TAX", "臺北市稅捐稽徵處", False),
            ("works", "PWD", "臺北市政府工務局", False),
            ("bureau", "LAND", "臺北市政府地政局", True),
        ):
            agency = Agency(code=code, name=name, is_bureau=bureau)
            db.add(agency)
            db.flush()
            world.agencies[key] = agency.id
        for key, agency_key, code, name in (
            ("tax1", "tax", "TAX-DAAN", "大安分處"),
            ("tax2", "tax", "TAX-ZS", "中山分處"),
            ("works1", "works", "PWD-LAND", "用地科"),
            ("bureau1", "bureau", "LAND-INFO", "資訊室"),
        ):
            unit = Unit(agency_id=world.agencies[agency_key], code=code, name=name)
            db.add(unit)
            db.flush()
            world.units[key] = unit.id
        source = UsageSource(code="local", name="臺北地政雲", created_at=CREATED)
        db.add(source)
        for code, office, district, name in (
            ("AD0609", "AD", "松山區", "延吉段一小段"),
            ("AA0010", "AA", "大安區", "學府段三小段"),
        ):
            db.add(Section(code=code, office=office, district=district, name=name))
        db.flush()
        world.source_id = source.id
        for number, (name, unit_key, role, duties) in enumerate(_PEOPLE, 1):
            add_person(db, world, number, name, unit_key, role, duties)
    return world


def add_person(
    db: Any,
    world: World,
    number: int,
    name: str,
    unit_key: str,
    role: Role,
    duties: tuple[tuple[Duty, str], ...],
) -> None:
    unit = db.get(Unit, world.units[unit_key])
    account = Account(
        username=name,
        staff_no=f"T{number:05d}",
        name=f"測試{number:03d}",
        email=f"{name}@example.gov.taipei",
        unit_id=unit.id,
        role=role.value,
        password_hash=PASSWORD_HASH,
        created_at=CREATED,
    )
    db.add(account)
    db.flush()
    world.accounts[name] = account.id
    if name not in _NO_ITEMS:
        for item in (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.BUILDING_DESCRIPTION):
            db.add(AccountItem(account_id=account.id, item=item.value, granted_at=CREATED))
    for duty, where in duties:
        db.add(
            AccountDuty(
                account_id=account.id,
                duty=duty.value,
                unit_id=unit.id if where == "unit" else None,
                agency_id=unit.agency_id if where == "agency" else None,
                granted_at=CREATED,
            )
        )


def at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    """A moment given in Taipei hours."""
    from zoneinfo import ZoneInfo

    return datetime.combine(
        date(year, month, day), datetime.min.time(), ZoneInfo("Asia/Taipei")
    ).replace(hour=hour)
