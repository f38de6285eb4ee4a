"""Destroying a document: one manager proposes, another confirms, and the entry stays (clause 6.1)."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Destruction
from services import events
from services.actor import Actor
from services.documents import file_store
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.papers.concerned import Found, load_document
from services.papers.viewing import altered, require_there, sound_content
from services.papers.words import DestructionAct
from services.regulation.purpose import tidy
from services.rocdate import roc_date

REASON_MIN, REASON_MAX = 2, 200
CHANGED = "這份文件的銷毀案剛剛已由其他人辦理；請重新檢視後再辦理。"


@guarded(Action.KEEP_DOCUMENTS)
def propose_destruction(actor: Actor, document_id: int, reason: str) -> None:
    """Propose to destroy a document; nothing is destroyed until another manager confirms.

    Raises Conflict before the lawful day, naming it, and when a proposal waits already.
    """
    with transaction() as db:
        one = load_document(db, actor, document_id, lock=True)
        require_there(one.document)
        _require_lawful(one, actor.today)
        if _waiting(db, document_id) is not None:
            raise Conflict(CHANGED)
        why = checked_reason(reason)
        _add_step(db, actor, one, DestructionAct.PROPOSED, why)
        events.write(
            db,
            actor,
            EventType.DESTRUCTION_PROPOSED,
            about=("document", document_id),
            reason=why,
            sha256=one.document.sha256,
        )


@guarded(Action.KEEP_DOCUMENTS)
def withdraw_destruction(actor: Actor, document_id: int, reason: str, *, proposal_id: int) -> None:
    """Take the proposal that was on screen back; the document is kept on."""
    with transaction() as db:
        one = load_document(db, actor, document_id, lock=True)
        require_there(one.document)
        _require_proposal(db, document_id, proposal_id)
        why = checked_reason(reason)
        _add_step(db, actor, one, DestructionAct.WITHDRAWN, why)
        events.write(
            db,
            actor,
            EventType.DESTRUCTION_WITHDRAWN,
            about=("document", document_id),
            reason=why,
            sha256=one.document.sha256,
        )


@guarded(Action.KEEP_DOCUMENTS)
def confirm_destruction(actor: Actor, document_id: int, *, proposal_id: int) -> None:
    """Destroy a document's content for good; its entry keeps the hash, who and when (clause 6.1).

    ``proposal_id`` is the proposal that was on screen. Whoever proposed cannot confirm (Refused), and
    the lawful day is looked at once more. What does not match its hash is evidence and stays.
    """
    with transaction() as db:
        one = load_document(db, actor, document_id, lock=True)
        require_there(one.document)
        proposal = _require_proposal(db, document_id, proposal_id)
        if proposal.account_id == actor.account_id:
            raise Refused("銷毀由提出者以外的另一位管理者確認；您提出的銷毀請由其他管理者辦理。")
        _require_lawful(one, actor.today)
        sound = sound_content(one.document) is not None
        if sound:
            one.document.destroyed_at = actor.now
            _add_step(db, actor, one, DestructionAct.CONFIRMED, proposal.reason)
            events.write(
                db,
                actor,
                EventType.DOCUMENT_DESTROYED,
                about=("document", document_id),
                kind=one.document.kind,
                reason=proposal.reason,
                sha256=one.document.sha256,
                proposed_by=proposal.account_id,
            )
    if not sound:
        raise altered(one.document)
    # Only now: a file that is gone could not be brought back if the transaction failed. Where another
    # document or an evidence file has the very same bytes, they stay for that one.
    file_store.let_go([one.document.sha256])


def checked_reason(reason: str) -> str:
    """Return a reason as it is stored, or raise Invalid."""
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(f"請敘明原因（{REASON_MIN} 至 {REASON_MAX} 個字），例如「註銷已滿一年」。")
    return why


def _require_lawful(one: Found, today: date) -> None:
    first = one.lawful_from(today)
    if first is None:
        raise Conflict("帳號尚未註銷或申請案尚未結案，這份文件依規定應繼續保管，不能銷毀。")
    if today < first:
        since = "帳號註銷" if one.subject else "申請案結案"
        raise Conflict(f"{since}滿一年後才能銷毀；這份文件自{roc_date(first)}起可以銷毀。")


def _waiting(db: Session, document_id: int) -> Destruction | None:
    last = db.scalar(
        select(Destruction)
        .where(Destruction.document_id == document_id)
        .order_by(Destruction.id.desc())
        .limit(1)
    )
    return last if last is not None and last.act == DestructionAct.PROPOSED else None


def _require_proposal(db: Session, document_id: int, proposal_id: int) -> Destruction:
    proposal = _waiting(db, document_id)
    if proposal is None or proposal.id != proposal_id:
        raise Conflict(CHANGED)
    return proposal


def _add_step(db: Session, person: Actor, one: Found, act: DestructionAct, reason: str) -> None:
    assert person.account_id is not None  # only people with an account keep documents
    db.add(
        Destruction(
            document_id=one.document.id,
            act=act.value,
            at=person.now,
            account_id=person.account_id,
            reason=reason,
            sha256=one.document.sha256,
        )
    )
