"""Which destructions wait for a second manager (clause 6.1)."""

from sqlalchemy import func, select

from data.engine import reading
from data.models import Destruction, KeptDocument
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.papers.concerned import concerned, in_state, joined
from services.papers.words import PaperState

_latest_by = (
    select(Destruction.account_id)
    .where(Destruction.document_id == KeptDocument.id)
    .order_by(Destruction.id.desc())
    .limit(1)
    .correlate(KeptDocument)
    .scalar_subquery()
)
"""Who took the last step: of a document that waits, whoever proposed."""


@guarded(Action.KEEP_DOCUMENTS)
def count_to_confirm(actor: Actor) -> int:
    """Return how many documents wait for this very person's confirmation.

    Whoever proposed a destruction cannot confirm it, so theirs are not counted.
    """
    waiting = joined(select(func.count(KeptDocument.id))).where(
        concerned(actor),
        in_state(PaperState.PROPOSED, actor.today),
        _latest_by != actor.account_id,
    )
    with reading() as db:
        return db.scalar(waiting) or 0
