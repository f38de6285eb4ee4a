"""What applicants with an account do with an application of their own (clause 5)."""

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Application
from services.actor import Actor
from services.applications.applicant import (
    Correction,
    put_right,
    take_back,
)
from services.applications.printing import hand_paper
from services.applications.store import require_unchanged
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.errors import NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.papers.keeping import PaperKind


@guarded(Action.APPLY)
def print_own(actor: Actor, application_id: int, kind: FileFormat = FileFormat.PDF) -> Paper:
    """Return the application form to print, as it stands, once that is on record.

    The first time passes the step 列印申請表.
    """
    with transaction() as db:
        application = _own(db, actor, application_id)
        permit(actor, Action.APPLY, account_id=application.account_id)
        return hand_paper(db, actor, application, PaperKind.FORM, kind)


@guarded(Action.APPLY)
def correct_own(actor: Actor, application_id: int, revision: int, correction: Correction) -> None:
    """Put an application right that was sent back, and send it in again (補正)."""
    with transaction() as db:
        application = _own(db, actor, application_id)
        permit(actor, Action.APPLY, account_id=application.account_id)
        require_unchanged(application, revision)
        put_right(db, actor, application, correction)


@guarded(Action.APPLY)
def withdraw_own(actor: Actor, application_id: int, revision: int, reason: str) -> None:
    """Take an application back that is not over (撤回)."""
    with transaction() as db:
        application = _own(db, actor, application_id)
        permit(actor, Action.APPLY, account_id=application.account_id)
        require_unchanged(application, revision)
        take_back(db, actor, application, reason)


def _own(db: Session, actor: Actor, application_id: int) -> Application:
    found = db.get(Application, application_id, with_for_update={"key_share": True})
    if found is None or found.account_id != actor.account_id:
        raise NotFound("查無此申請案。")
    return found
