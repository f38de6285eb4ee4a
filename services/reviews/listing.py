"""The lines of a review: filtered and paged in SQL within a person's reach, and one whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, ReviewCampaign, ReviewLine, Unit
from services.accounts.directory import mentioning
from services.actor import Actor
from services.errors import NotFound
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, permit, reach
from services.identity.scoping import within
from services.regulation.access_review import Choice, Facts, Flag, flags_of, suggest
from services.regulation.items import Item
from services.regulation.roles import Duty, Role
from services.reviews.facts import facts_of
from services.reviews.overview import owed_by
from services.reviews.store import (
    authority_problem,
    label_of,
    load_campaign,
    state_of,
)
from services.rocdate import local_date


@dataclass(frozen=True)
class LineFilters:
    """What to keep; the defaults keep everything."""

    unit_id: int | None = None
    mine: bool = False
    """Only those that wait for the person who looks (`overview.owed_by`)."""
    undecided: bool = False
    put_forward: bool = False
    """Only those with a suggestion other than keep."""
    text: str = ""


@dataclass(frozen=True)
class Ruled:
    """What somebody prepared or decided for a line."""

    choice: Choice
    items: frozenset[Item] | None
    note: str
    by: str
    at: datetime | None


@dataclass(frozen=True)
class LineRow:
    """One account of a review as the table and its card show it."""

    account_id: int
    label: str
    staff_no: str
    unit: str
    role: Role
    duties: tuple[Duty, ...]
    facts: Facts
    used: Mapping[Item, int]
    flags: tuple[Flag, ...]
    suggested: Choice
    because: str
    suggested_items: frozenset[Item] | None
    prepared: Ruled | None
    decided: Ruled | None
    outcome: str
    state: str
    """What whoever prepares or decides it has to have seen (`store.state_of`)."""
    prepare_problem: str | None
    decide_problem: str | None
    keep_problem: str | None
    """Why this person may not even decide that the account is kept (`store.authority_problem`)."""


@dataclass(frozen=True)
class LinePage:
    """Some lines, how many match in all, and where the next page starts."""

    rows: tuple[LineRow, ...]
    total: int
    next_after: int | None


@guarded(Action.VIEW_REVIEWS)
def list_lines(
    actor: Actor, campaign_id: int, filters: LineFilters, after_id: int | None, limit: int
) -> LinePage:
    """Return the matching lines within reach, by unit and account, after the account named."""
    reached = reach(actor, Action.VIEW_REVIEWS)
    with reading() as db:
        campaign = load_campaign(db, actor, campaign_id, Action.VIEW_REVIEWS)
        if filters.unit_id is not None:
            place = {"unit_id": filters.unit_id, "agency_id": campaign.agency_id}
            permit(actor, Action.VIEW_REVIEWS, **place)
        where = [
            ReviewLine.campaign_id == campaign_id,
            within(reached, unit=ReviewLine.unit_id, agency=Unit.agency_id),
            *_conditions(filters),
            *([owed_by(actor)] if filters.mine else []),
        ]
        order = (Unit.code, ReviewLine.account_id)
        page = _placed(select(ReviewLine)).where(*where).order_by(*order).limit(limit + 1)
        if after_id is not None:
            last = db.execute(
                _placed(select(*order)).where(
                    ReviewLine.campaign_id == campaign_id, ReviewLine.account_id == after_id
                )
            ).first()
            if last is not None:
                page = page.where(tuple_(*order) > tuple_(*last))
        counting = _placed(select(func.count()).select_from(ReviewLine)).where(*where)
        total = db.scalar(counting) or 0
        found = db.scalars(page).all()
        rows = _rows(db, actor, campaign, found[:limit])
    return LinePage(rows, total, rows[-1].account_id if len(found) > limit else None)


@guarded(Action.VIEW_REVIEWS)
def line_detail(actor: Actor, campaign_id: int, account_id: int) -> LineRow:
    """Return one line; a look at somebody else's account is recorded first."""
    with reading() as db:
        campaign = load_campaign(db, actor, campaign_id, Action.VIEW_REVIEWS)
        line = db.get(ReviewLine, (campaign_id, account_id))
        place = {"unit_id": line.unit_id, "agency_id": campaign.agency_id} if line else {}
        permit(actor, Action.VIEW_REVIEWS, **place)
        if line is None:
            raise NotFound("這次清查沒有這個帳號。")
        row = _rows(db, actor, campaign, [line])[0]
    if account_id != actor.account_id:
        looks.record_look(EventType.ACCOUNT_VIEWED, actor, ("account", account_id))
    return row


def _placed(statement: Any) -> Any:
    return statement.join(Unit, Unit.id == ReviewLine.unit_id).join(
        Account, Account.id == ReviewLine.account_id
    )


def _conditions(filters: LineFilters) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if filters.unit_id is not None:
        parts.append(ReviewLine.unit_id == filters.unit_id)
    if filters.undecided:
        parts.append(ReviewLine.decided == "")
    if filters.put_forward:
        parts.append(ReviewLine.suggested != Choice.KEEP.value)
    return parts + mentioning(filters.text)


def _rows(db: Session, actor: Actor, campaign: ReviewCampaign, lines: Any) -> tuple[LineRow, ...]:
    ids = {line.prepared_by for line in lines} | {line.decided_by for line in lines}
    people = select(Account.id, Account.name, Account.username).where(Account.id.in_(ids - {None}))
    names = {id_: f"{name}（{username}）" for id_, name, username in db.execute(people)}
    opened = local_date(campaign.opened_at)
    closed = "這次清查已結案。" if campaign.closed_at is not None else None
    return tuple(_row(actor, campaign, line, names, opened, closed) for line in lines)


def _row(
    actor: Actor,
    campaign: ReviewCampaign,
    line: ReviewLine,
    names: dict[int, str],
    opened: date,
    closed: str | None,
) -> LineRow:
    facts, seen = facts_of(line.seen), line.seen
    role = Role(seen["role"])

    def problem(action: Action, choice: Choice | None = None) -> str | None:
        if not reach(actor, action).covers(line.unit_id, campaign.agency_id):
            return f"您沒有此帳號的「{action.label}」權限。"
        return authority_problem(actor, line.account_id, role, choice)

    return LineRow(
        account_id=line.account_id,
        label=label_of(line),
        staff_no=seen["staff_no"],
        unit=seen["unit"],
        role=role,
        duties=tuple(Duty(duty) for duty in seen["duties"]),
        facts=facts,
        used={Item(item): number for item, number in seen["used"].items() if item in set(Item)},
        flags=flags_of(facts, opened),
        suggested=Choice(line.suggested),
        because=line.because,
        suggested_items=suggest(facts, opened).items_left,
        prepared=_ruled(line, "prepared", names),
        decided=_ruled(line, "decided", names),
        outcome=line.outcome,
        state=state_of(line),
        prepare_problem=closed or problem(Action.PREPARE_REVIEW),
        decide_problem=closed or problem(Action.DECIDE_REVIEW),
        keep_problem=closed or problem(Action.DECIDE_REVIEW, Choice.KEEP),
    )


def _ruled(line: ReviewLine, what: str, names: dict[int, str]) -> Ruled | None:
    chosen = getattr(line, what)
    if not chosen:
        return None
    items = getattr(line, f"{what}_items")
    return Ruled(
        Choice(chosen),
        None if items is None else frozenset(Item(item) for item in items),
        getattr(line, f"{what}_note"),
        names.get(getattr(line, f"{what}_by"), ""),
        getattr(line, f"{what}_at"),
    )
