"""One query of the register: the usage record is committed first, then the data is read.

Rule 3 of the house: if the record cannot be written, there is no data (clauses 2 and 6.3.2).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, UsageSource
from services import events
from services.actor import Actor
from services.cadastre.numbers import Kind, parse, written
from services.errors import Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.people import load_account
from services.identity.permissions import Action, permit
from services.parcels.register import Block, read_register
from services.parcels.sections import SectionInfo, find_section
from services.regulation.items import BUILDING_ITEMS, LAND_ITEMS, Item, UsageAction
from services.regulation.purpose import Purpose, problems, tidy
from services.regulation.roles import AccountStatus
from services.rocdate import local_month, roc_date
from services.usage.records import LOCAL_SOURCE, add_numbered_records

ITEMS_OF = {Kind.LAND: LAND_ITEMS, Kind.BUILDING: BUILDING_ITEMS}
"""Which authorised items a number of each kind can be asked about."""

SECRECY = "您對查得的資料負有保密責任，只能用於本次公務；不當蒐集、處理或利用，須負相關法律責任。"
"""Clause 2, shown with every result."""


@dataclass(frozen=True)
class ParcelRequest:
    """What is asked for, as the official typed it."""

    section_code: str
    kind: Kind
    number: str
    items: tuple[Item, ...]
    purpose: Purpose


@dataclass(frozen=True)
class ParcelResult:
    """What the query brought, with the numbers of the usage records it left."""

    section: SectionInfo
    kind: Kind
    number: str
    queried_at: datetime
    purpose: Purpose
    records: dict[Item, int]
    found: bool
    transferred_on: date | None
    blocks: tuple[Block, ...]

    @property
    def target(self) -> str:
        """``延吉段一小段18-1地號``."""
        return self.section.name + written(self.kind, self.number)

    @property
    def source(self) -> str:
        """Where the data comes from, its date, and what prevails (clause 8)."""
        if self.transferred_on is None:
            return (
                f"查無資料，指本系統未收到{self.section.office_name}傳送的這一筆；"
                "實際登記以各地政事務所地籍資料庫為準。"
            )
        return (
            f"資料由{self.section.office_name}於{roc_date(self.transferred_on)}傳送；"
            "正確內容仍以各地政事務所地籍資料庫為準。"
        )


@guarded(Action.QUERY_PARCEL)
def query(actor: Actor, request: ParcelRequest) -> ParcelResult:
    """Look up one parcel or building for a stated purpose (clauses 2, 6.3.2 and 8).

    One usage record an item is committed before the register is opened; 查無資料 leaves one too.
    """
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    purpose = _checked_purpose(actor, request.purpose)
    items = _checked_items(actor.items, request)
    section = find_section(actor, request.section_code)
    number = parse(request.kind, request.number)

    with transaction() as db:
        account = _querying_account(db, actor)
        # What was granted a moment ago may be gone by now: the stored items decide.
        _refuse_missing(items, frozenset(Item(row.item) for row in account.items))
        records = _record(db, actor, account, section, request.kind, number, items, purpose)

    with reading() as db:
        sheet = read_register(db, section.code, request.kind, number, items)
    return ParcelResult(
        section=section,
        kind=request.kind,
        number=number,
        queried_at=actor.now,
        purpose=purpose,
        records=records,
        found=sheet is not None,
        transferred_on=sheet.transferred_on if sheet else None,
        blocks=sheet.blocks if sheet else (),
    )


def _checked_purpose(actor: Actor, given: Purpose) -> Purpose:
    if found := problems(given, actor.today):
        raise Invalid("".join(found))
    return Purpose(
        case_no=re.sub(r"\s+", "", tidy(given.case_no)),
        document_no=re.sub(r"\s+", "", tidy(given.document_no)),
        reason=tidy(given.reason),
    )


def _checked_items(authorised: frozenset[Item], request: ParcelRequest) -> tuple[Item, ...]:
    items = tuple(dict.fromkeys(request.items))
    if not items:
        raise Invalid("請至少選擇一個查詢項目。")
    _refuse_missing(items, authorised)
    if unfit := [item.label for item in items if item not in ITEMS_OF[request.kind]]:
        raise Invalid(
            f"「{'、'.join(unfit)}」不能用{request.kind.suffix}查詢；請改選{request.kind.label}的項目。"
        )
    return items


def _refuse_missing(items: tuple[Item, ...], authorised: frozenset[Item]) -> None:
    if missing := [item.label for item in items if item not in authorised]:
        raise Refused(f"您沒有「{'、'.join(missing)}」的授權；請改選已授權的項目，或申請權限異動。")


def _querying_account(db: Session, actor: Actor) -> Account:
    """Mark the account as used now and return it; the row stays locked until the commit."""
    used = db.execute(
        update(Account)
        .where(Account.id == actor.account_id, Account.status == AccountStatus.ACTIVE.value)
        .values(last_used_at=actor.now)
        .returning(Account.id)
    ).scalar()
    account = load_account(db, used) if used is not None else None
    if account is None:
        raise Refused("您的帳號目前不是使用中，不能查詢；請洽您的管理者。")
    return account


def _record(
    db: Session,
    actor: Actor,
    account: Account,
    section: SectionInfo,
    kind: Kind,
    number: str,
    items: tuple[Item, ...],
    purpose: Purpose,
) -> dict[Item, int]:
    """Write one usage record an item, with who was where at this moment, and the event."""
    agency = account.unit.agency
    source_id = db.scalars(select(UsageSource.id).where(UsageSource.code == LOCAL_SOURCE)).one()
    common = {
        "source_id": source_id,
        "source_key": None,
        "import_id": None,
        "occurred_at": actor.now,
        "local_month": local_month(actor.now),
        "stored_at": actor.now,
        "account_id": account.id,
        "person_key": str(account.id),
        "username": account.username,
        "person_name": account.name,
        "unit_id": account.unit_id,
        "unit_name": account.unit.name,
        "agency_id": agency.id,
        "agency_name": agency.name,
        "item_authorised": True,
        "action": UsageAction.QUERY.value,
        "section_code": section.code,
        "number": number,
        "target": section.name + written(kind, number),
        "case_no": purpose.case_no,
        "document_no": purpose.document_no,
        "reason": purpose.reason,
        "flags": "",
        "address": actor.address[:60],
        "session_id": actor.session_id,
    }
    numbers = add_numbered_records(db, [common | {"item": item.value} for item in items])
    events.write(
        db,
        actor,
        EventType.PARCEL_QUERIED,
        about=("usage_record", numbers[0]),
        records=numbers,
        items=[item.value for item in items],
    )
    return dict(zip(items, numbers, strict=True))
