"""The directory of accounts (使用者清冊): listed and searched within a person's reach, in SQL."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager, selectinload

from data.engine import reading
from data.models import Account, AccountItem, Agency, Event, Unit
from services.actor import Actor
from services.errors import NotFound
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.managing import management_problem, place_of
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, permit, reach
from services.identity.scoping import within
from services.identity.terms import is_held
from services.regulation.items import Item
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus, Duty, Role

_HISTORY = 10


@dataclass(frozen=True)
class AccountFilters:
    """What to keep; None and an empty text keep everything."""

    agency_id: int | None = None
    unit_id: int | None = None
    role: Role | None = None
    status: AccountStatus | None = None
    item: Item | None = None
    text: str = ""


@dataclass(frozen=True)
class AccountRow:
    """One account as the list and the exported register of users show it."""

    id: int
    name: str
    username: str
    staff_no: str
    title: str
    agency: str
    unit: str
    role: Role
    duties: tuple[Duty, ...]
    status: AccountStatus
    items: tuple[Item, ...]
    created_at: datetime
    last_used_at: datetime | None
    leaving_on: date | None

    @property
    def label(self) -> str:
        """姓名（帳號）."""
        return f"{self.name}（{self.username}）"


@dataclass(frozen=True)
class AccountPage:
    """Some accounts, how many match in all, and where the next page starts."""

    rows: tuple[AccountRow, ...]
    total: int
    next_after: int | None


@dataclass(frozen=True)
class Change:
    """A recorded change of an account: when, by whom, what, and why."""

    at: datetime
    by: str
    type: EventType
    detail: dict[str, Any]


@dataclass(frozen=True)
class AccountDetail:
    """One account with what only its own page shows."""

    row: AccountRow
    email: str
    phone: str
    status_reason: str
    suspended_at: datetime | None
    cancelled_at: datetime | None
    problem: str | None
    """Why this person may not change the account; None when it may be changed."""
    changes: tuple[Change, ...]


@guarded(Action.VIEW_ACCOUNTS)
def list_accounts(
    actor: Actor, filters: AccountFilters, after_id: int | None, limit: int
) -> AccountPage:
    """Return the accounts that match, by agency and unit, starting after the one named."""
    reached = reach(actor, Action.VIEW_ACCOUNTS)
    where = [
        within(reached, unit=Account.unit_id, agency=Unit.agency_id),
        *_conditions(filters),
    ]
    place = (Agency.code, Unit.code, Account.id)
    page = _placed(select(Account)).where(*where).order_by(*place).limit(limit + 1)
    with reading() as db:
        if after_id is not None:
            last = db.execute(_placed(select(*place)).where(Account.id == after_id)).first()
            if last is not None:
                page = page.where(tuple_(*place) > tuple_(*last))
        total = db.scalar(_placed(select(func.count()).select_from(Account)).where(*where)) or 0
        found = db.scalars(
            page.options(
                contains_eager(Account.unit).contains_eager(Unit.agency),
                selectinload(Account.items),
                selectinload(Account.duties),
            )
        ).all()
    rows = tuple(_row(account, actor.now) for account in found[:limit])
    return AccountPage(rows, total, rows[-1].id if len(found) > limit else None)


@guarded(Action.VIEW_ACCOUNTS)
def account_detail(actor: Actor, account_id: int) -> AccountDetail:
    """Return one account, with its latest changes and whether ``actor`` may change it.

    It holds another person's telephone and address: the look is recorded first.
    """
    with reading() as db:
        account = db.get(Account, account_id)
        permit(actor, Action.VIEW_ACCOUNTS, **place_of(account))
        if account is None:
            raise NotFound("查無此帳號。")
        detail = AccountDetail(
            row=_row(account, actor.now),
            email=account.email,
            phone=account.phone,
            status_reason=account.status_reason,
            suspended_at=account.suspended_at,
            cancelled_at=account.cancelled_at,
            problem=management_problem(actor, account),
            changes=_changes(db, account_id),
        )
    if account_id != actor.account_id:
        looks.record_look(EventType.ACCOUNT_VIEWED, actor, ("account", account_id))
    return detail


@guarded(Action.VIEW_ACCOUNTS)
def visible_units(actor: Actor) -> tuple[UnitInfo, ...]:
    """Return the units whose accounts ``actor`` may see, for the filters."""
    with reading() as db:
        return units_within(db, reach(actor, Action.VIEW_ACCOUNTS))


def _placed(statement: Any) -> Any:
    """Join an account's unit and agency, by which lists are scoped and ordered."""
    return statement.join(Unit, Unit.id == Account.unit_id).join(
        Agency, Agency.id == Unit.agency_id
    )


def _conditions(filters: AccountFilters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.agency_id is not None:
        parts.append(Unit.agency_id == filters.agency_id)
    if filters.unit_id is not None:
        parts.append(Account.unit_id == filters.unit_id)
    if filters.role is not None:
        parts.append(Account.role == filters.role.value)
    if filters.status is not None:
        parts.append(Account.status == filters.status.value)
    if filters.item is not None:
        held = select(AccountItem.account_id).where(AccountItem.item == filters.item.value)
        parts.append(Account.id.in_(held))
    return parts + mentioning(filters.text)


def mentioning(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that an account's name, account name or staff number mentions the text.

    王小明（wang） can be pasted whole: every word has to be found somewhere.
    """
    words = re.split(r"[\s()（）]+", tidy(text).lower())
    return [_mentions(word) for word in words if word]


def _mentions(word: str) -> ColumnElement[bool]:
    columns = (Account.name, Account.username, Account.staff_no)
    return or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))


def _row(account: Account, now: datetime) -> AccountRow:
    duties = (Duty(held.duty) for held in account.duties if is_held(held, now))
    return AccountRow(
        id=account.id,
        name=account.name,
        username=account.username,
        staff_no=account.staff_no,
        title=account.title,
        agency=account.unit.agency.name,
        unit=account.unit.name,
        role=Role(account.role),
        duties=tuple(dict.fromkeys(duties)),
        status=AccountStatus(account.status),
        items=tuple(item for item in Item if item.value in {row.item for row in account.items}),
        created_at=account.created_at,
        last_used_at=account.last_used_at,
        leaving_on=account.leaving_on,
    )


def _changes(db: Session, account_id: int) -> tuple[Change, ...]:
    changing = (EventType.ACCOUNT_STATUS_CHANGED, EventType.ACCOUNT_ITEMS_CHANGED)
    rows = db.execute(
        select(Event, Account.username)
        .outerjoin(Account, Account.id == Event.account_id)
        .where(
            Event.object_type == "account",
            Event.object_id == str(account_id),
            Event.type.in_([type_.value for type_ in changing]),
        )
        .order_by(Event.id.desc())
        .limit(_HISTORY)
    )
    return tuple(
        Change(
            row.at,
            # Work from the command line has a name and no account.
            f"{row.actor_name}（{username}）" if username else row.actor_name,
            EventType(row.type),
            row.detail,
        )
        for row, username in rows
    )
