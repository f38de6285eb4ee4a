"""Applications as those concerned see them: what waits for whom, and one of them whole."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from data.engine import reading
from data.models import Application, Unit
from services.actor import Actor
from services.applications.parties import is_concerned
from services.applications.shown import (
    ApplicationDetail,
    ApplicationLine,
    detail_of,
    line_of,
)
from services.applications.store import GONE, place_of
from services.errors import NotFound
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action, permit, reach
from services.identity.scoping import within
from services.regulation.application_states import LIVE
from services.regulation.roles import MANAGES, Duty, Role
from services.regulation.workflows import WORKFLOWS, Kind, Party

_LIMIT = 500
"""How many of those that are over are listed; of those that are not, all are: they are work."""


@dataclass(frozen=True)
class ApplicationList:
    """Applications as a list shows them, and how many there are."""

    lines: tuple[ApplicationLine, ...]
    total: int
    """More than ``lines`` where the oldest of those that are over are left out."""


@guarded(Action.VIEW_APPLICATIONS)
def list_applications(actor: Actor, live_only: bool = True) -> ApplicationList:
    """Return the applications that concern this person, what is theirs to do first, oldest first.

    Behind all that are not over come those that are, the last closed first, `_LIMIT` at most.
    """
    reached = reach(actor, Action.VIEW_APPLICATIONS)
    near = within(reached, unit=Application.unit_id, agency=Unit.agency_id)
    mine = and_(near, _concerned(actor))
    is_live = Application.state.in_([state.value for state in LIVE])
    with reading() as db:
        all_live = _whole(select(Application)).where(mine, is_live).order_by(Application.id)
        live = [line_of(actor, one) for one in db.scalars(all_live).unique()]
        closed, total = _closed(db, actor, and_(mine, ~is_live)) if not live_only else ([], 0)
    lines = sorted(live, key=lambda line: not line.is_mine_to_do) + closed
    return ApplicationList(tuple(lines), len(live) + total)


def _closed(
    db: Session, actor: Actor, which: ColumnElement[bool]
) -> tuple[list[ApplicationLine], int]:
    """Return those that are over, the last closed first, `_LIMIT` at most; and how many there are."""
    # The databases disagree where NULL stands.
    order = (Application.closed_at.desc().nulls_last(), Application.id)
    asked = _whole(select(Application)).where(which).order_by(*order).limit(_LIMIT)
    counted = select(func.count(Application.id)).join(Unit, Unit.id == Application.unit_id)
    lines = [line_of(actor, one) for one in db.scalars(asked).unique()]
    return lines, db.scalar(counted.where(which)) or 0


@guarded(Action.APPLY)
def my_applications(actor: Actor) -> tuple[ApplicationLine, ...]:
    """Return the person's own applications, the newest first."""
    permit(actor, Action.APPLY, account_id=actor.account_id)
    own = select(Application).where(Application.account_id == actor.account_id)
    with reading() as db:
        found = db.scalars(_whole(own).order_by(Application.id.desc())).unique()
        return tuple(line_of(actor, one) for one in found)


@guarded(Action.VIEW_APPLICATIONS)
def count_due(actor: Actor) -> int:
    """Return how many applications wait for this person."""
    return sum(line.is_mine_to_do for line in list_applications(actor).lines)


@guarded(Action.VIEW_APPLICATIONS)
def application_detail(actor: Actor, application_id: int) -> ApplicationDetail:
    """Return one application whole; it holds an applicant's address, so the look is recorded first."""
    with reading() as db:
        application = db.get(Application, application_id)
        permit(actor, Action.VIEW_APPLICATIONS, **place_of(application))
        if application is None or not is_concerned(actor, application):
            raise NotFound(GONE)
        detail = detail_of(db, actor, application)
    looks.record_look(EventType.APPLICATION_VIEWED, actor, ("application", application_id))
    return detail


@guarded(Action.APPLY)
def my_application(actor: Actor, application_id: int) -> ApplicationDetail:
    """Return one of the person's own applications whole."""
    with reading() as db:
        application = db.get(Application, application_id)
        permit(actor, Action.APPLY, account_id=application.account_id if application else None)
        if application is None:
            raise NotFound(GONE)
        return detail_of(db, actor, application)


def _whole(statement: Select[Application]) -> Select[Application]:
    return statement.join(Unit, Unit.id == Application.unit_id).options(
        joinedload(Application.unit).joinedload(Unit.agency), selectinload(Application.acts)
    )


def _concerned(actor: Actor) -> ColumnElement[bool]:
    """Say in SQL what `is_concerned` says of one application; a test holds the two together."""
    nobody = actor.account_id is None  # "is NULL" would be every new account's
    own = false() if nobody else Application.account_id == actor.account_id
    return or_(own, *(_flow_concerns(actor, *kind) for kind in WORKFLOWS))


def _flow_concerns(actor: Actor, role: Role, kind: Kind) -> ColumnElement[bool]:
    """Whether an application is of one kind, and is one in which the person has a part, or a charge."""
    parties = {party for step in WORKFLOWS[role, kind].steps for party in step.parties}
    near = [_place_of(actor, party) for party in sorted(parties)]
    if actor.role is not None and role in MANAGES[actor.role]:
        everywhere = actor.role is Role.SYSTEM_MANAGER
        near.append(true() if everywhere else Unit.agency_id == actor.agency_id)
    return and_(Application.role == role.value, Application.kind == kind.value, or_(*near))


def _place_of(actor: Actor, party: Party) -> ColumnElement[bool]:
    """Where the person is one of the party: `parties.is_party` in SQL."""
    match party:
        case Party.APPLICANT:
            return false()  # the own ones are asked for by themselves
        case Party.UNIT_HEAD:
            return Application.unit_id.in_(
                [held.unit_id for held in actor.duties if held.duty is Duty.UNIT_HEAD]
            )
        case Party.AGENCY_HEAD:
            return Unit.agency_id.in_(
                [held.agency_id for held in actor.duties if held.duty is Duty.AGENCY_HEAD]
            )
        case Party.BUREAU_REVIEWER:
            return true() if actor.holds(Duty.BUREAU_REVIEWER) else false()
        case Party.UNIT_MANAGER if actor.role is Role.UNIT_MANAGER:
            return Application.unit_id == actor.unit_id
        case Party.AGENCY_MANAGER if actor.role is Role.AGENCY_MANAGER:
            return Unit.agency_id == actor.agency_id
        case Party.SYSTEM_MANAGER if actor.role is Role.SYSTEM_MANAGER:
            return true()
        case _:
            return false()
