"""Reading an application for an act, and writing the act down."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from data.models import Account, Application, ApplicationAct
from services import events
from services.actor import Actor
from services.applications.parties import is_concerned, workflow_of
from services.errors import Conflict, NotFound
from services.events import EventType
from services.identity.permissions import Action, permit
from services.regulation.application_states import Act, State

GONE = "查無此申請案。"


def load_application(
    db: Session, actor: Actor, action: Action, application_id: int, revision: int | None = None
) -> Application:
    """Return the application, locked, if ``actor`` may do ``action`` to it.

    ``revision`` is what was on screen; raises Conflict when somebody acted on it meanwhile. One that
    is not there and one of other people get the same answer.
    """
    application = db.get(Application, application_id, with_for_update={"key_share": True})
    permit(actor, action, **place_of(application))
    if application is None or not is_concerned(actor, application):
        raise NotFound(GONE)
    if revision is not None:
        require_unchanged(application, revision)
    return application


def require_unchanged(application: Application, revision: int) -> None:
    """Raise Conflict when somebody acted on the application since it was shown."""
    if application.revision != revision:
        raise Conflict("這一案剛剛已由其他人辦理；請重新檢視後再辦理。")


def place_of(application: Application | None) -> dict[str, int | None]:
    """Return the unit, agency and account that `permit` asks for; none for one that is not there."""
    if application is None:
        return {"unit_id": None, "agency_id": None}
    return {"unit_id": application.unit_id, "agency_id": application.unit.agency_id}


def write_act(
    db: Session,
    person: Actor,
    application: Application,
    act: Act,
    *,
    note: str = "",
    on_paper: bool = False,
    decided_by: Account | None = None,
    letter: tuple[str, date] | None = None,
    channel: str = "",
    **detail: Any,
) -> ApplicationAct:
    """Add an act to the application, with its event, in the caller's transaction."""
    written = ApplicationAct(
        application_id=application.id,
        step=application.step,
        act=act.value,
        at=person.now,
        account_id=person.account_id,
        actor_name=person.name[:60],
        decided_by=decided_by.id if decided_by else None,
        on_paper=on_paper,
        note=note,
        letter_no=letter[0] if letter else "",
        letter_date=letter[1] if letter else None,
        channel=channel,
        detail=detail,
    )
    application.acts.append(written)
    application.revision += 1
    steps = workflow_of(application).steps
    events.write(
        db,
        person,
        EventType.APPLICATION_ACTED,
        about=("application", application.id),
        number=application.number,
        act=act.value,
        step=steps[min(application.step, len(steps) - 1)].deed.value,
        note=note,
    )
    return written


def close(application: Application, state: State, person: Actor) -> None:
    """End an application; its link works for looking only."""
    application.state = state.value
    application.closed_at = person.now
