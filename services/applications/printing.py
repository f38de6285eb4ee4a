"""An application's papers on their way to its applicant: each on record before it leaves (clauses 5 and 6.1)."""

from sqlalchemy.orm import Session

from data.models import Application
from services import events
from services.actor import Actor
from services.applications.applicant import take_form
from services.applications.papers import form_paper, pledge_paper
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.events import EventType
from services.installation import holding
from services.papers.keeping import PaperKind

_WRITERS = {PaperKind.FORM: form_paper, PaperKind.PLEDGE: pledge_paper}
"""What an applicant prints; letters come from elsewhere."""


def hand_paper(
    db: Session, person: Actor, application: Application, paper: PaperKind, kind: FileFormat
) -> Paper:
    """Return the form or the pledge to print, its event written in the caller's transaction.

    It holds the applicant's number, address and telephone: every time is an event, not one in ten
    minutes. Taking the form passes the step 列印申請表, if that is the one that is due. Raises
    Conflict where no pledge is asked for, and for a PDF on a machine without a Chinese font.
    """
    holding.refuse_while_held()  # most who print have no account, and come through no guard
    made = _WRITERS[paper](application, person.now, kind)
    events.write(
        db,
        person,
        EventType.APPLICATION_PRINTED,
        about=("application", application.id),
        number=application.number,
        kind=paper.value,
        format=kind.value,
        sha256=made.sha256,
    )
    if paper is PaperKind.FORM:
        take_form(db, person, application)
    return made
