"""The acts of an applicant, signed in or with the link: in the caller's transaction, who has checked which."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.models import Application
from services.actor import Actor
from services.applications.checks import checked_items, checked_reason
from services.applications.parties import due_step
from services.applications.steps import pass_step
from services.applications.store import close, write_act
from services.applications.telling import people_to_tell, tell_whose_turn
from services.errors import Conflict
from services.regulation.application_states import LIVE, Act, Channel, State
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Deed, Kind


@dataclass(frozen=True)
class Correction:
    """What an applicant changes when an application was sent back."""

    items: tuple[Item, ...]
    reason: str


def take_form(db: Session, person: Actor, application: Application) -> None:
    """Pass the step 列印申請表, if that is the one that is due."""
    step = due_step(application)
    if step is not None and step.deed is Deed.PRINT:
        pass_step(db, person, application)


def put_right(db: Session, person: Actor, application: Application, correction: Correction) -> None:
    """Change what an application that was sent back says, and send it in again; else Conflict."""
    if application.state != State.RETURNED:
        raise Conflict("這一案沒有退回補正，不能變更內容。")
    why = checked_reason(correction.reason)
    kind = Kind(application.kind)
    items: Collection[Item] = (
        checked_items(Role(application.role), correction.items)
        if kind in (Kind.CREATE, Kind.CHANGE)
        else tuple(Item(value) for value in application.items)
    )
    application.items, application.reason = [item.value for item in items], why
    application.state = State.OPEN.value
    # Everything that was decided rested on what stood there before: it begins behind the application.
    application.step = 1
    write_act(db, person, application, Act.CORRECTED, note=why)
    if kind is Kind.REINSTATE:
        notify_by_mail(db, person, application)


def take_back(db: Session, person: Actor, application: Application, reason: str) -> None:
    """End an application that is not over; else Conflict."""
    if application.state not in LIVE:
        raise Conflict(f"這一案已經是「{State(application.state).label}」，不能撤回。")
    why = checked_reason(reason)
    write_act(db, person, application, Act.WITHDRAWN, note=why)
    close(application, State.WITHDRAWN, person)


def notify_by_mail(db: Session, person: Actor, application: Application) -> None:
    """Tell those whose turn it is of an application for reinstatement that has just come in.

    Where the managers can be told by e-mail, that is the applicant's own notice (5.1.3, 5.2.3), and
    completing is due; otherwise they telephone, and the manager records it.
    """
    step = due_step(application)
    if step is None or step.deed is not Deed.NOTIFY:
        tell_whose_turn(db, person, application)
    elif people_to_tell(db, application, step, person.now):
        pass_step(db, person, application, channel=Channel.EMAIL.value)
