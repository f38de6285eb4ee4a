"""The engine: the due step is taken by whom the table names, written down, and the next one is due."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from data.models import Account, Application
from services.actor import Actor
from services.applications.parties import due_step, problem, workflow_of
from services.applications.store import write_act
from services.applications.telling import tell_whose_turn
from services.errors import Conflict, Refused
from services.papers.keeping import Belongs
from services.regulation.application_states import Act, State
from services.regulation.workflows import Deed, Step
from services.rocdate import local_date


def due(application: Application, deed: Deed) -> Step:
    """Return the due step if it is ``deed``; raise Conflict, naming what is due, when it is not."""
    step = due_step(application)
    if step is None:
        raise Conflict(
            f"這一案目前是「{State(application.state).label}」，不能辦理「{deed.label}」。"
        )
    if step.deed is not deed:
        raise Conflict(f"這一案目前應辦理「{step.deed.label}」，還不能辦理「{deed.label}」。")
    return step


def take(person: Actor, application: Application, deed: Deed) -> Step:
    """Return the due step if it is ``deed`` and the person may take it; else Conflict or Refused."""
    step = due(application, deed)
    if found := problem(person, application, step):
        raise Refused(found)
    return step


def pass_step(
    db: Session,
    person: Actor,
    application: Application,
    *,
    note: str = "",
    on_paper: bool = False,
    decided_by: Account | None = None,
    letter: tuple[str, date] | None = None,
    channel: str = "",
    **detail: Any,
) -> None:
    """Write the due step down as passed and go on to the next, in the caller's transaction.

    Whose turn it is now is told by e-mail.
    """
    write_act(
        db,
        person,
        application,
        Act.PASSED,
        note=note,
        on_paper=on_paper,
        decided_by=decided_by,
        letter=letter,
        channel=channel,
        **detail,
    )
    application.step += 1
    if application.step < len(workflow_of(application).steps):
        tell_whose_turn(db, person, application)


def belongs_to(application: Application) -> Belongs:
    """Return what a document of the application is about."""
    return Belongs(application.unit_id, application.id, application.account_id)


def submitted_on(application: Application) -> date:
    """Return the Taipei date on which the application came in."""
    return local_date(application.submitted_at)


def corrected_at(application: Application) -> datetime | None:
    """Return when it last came in again after it was put right; None when it never was sent back.

    What was signed before shows what stood there before.
    """
    again = (act.at for act in application.acts if act.act == Act.CORRECTED)
    return max(again, default=None)


def stands_since(application: Application) -> date:
    """Return the Taipei date since which the application says what it says now."""
    return local_date(corrected_at(application) or application.submitted_at)
