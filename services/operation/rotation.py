"""Replacing the key of stored secrets: everything is encrypted anew with the first of DATA_KEYS."""

from cryptography.fernet import InvalidToken
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import DocumentContent, EvidenceContent, OutgoingMail, SecondFactor
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import keys


@guarded(Action.CHANGE_SETTINGS)
def rotate_secrets(actor: Actor) -> dict[str, int]:
    """Encrypt every stored secret with the first of DATA_KEYS; return how many of each kind.

    All or none: raises Conflict, naming the first one, when no key opens it.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    with transaction() as db:
        factors, mail, documents = _second_factors(db), _mail(db), _documents(db)
        events.write(
            db,
            actor,
            EventType.SECRETS_ROTATED,
            second_factors=factors,
            mail=mail,
            documents=documents,
        )
    return {"second_factors": factors, "mail": mail, "documents": documents}


def _second_factors(db: Session) -> int:
    factors = db.scalars(select(SecondFactor).with_for_update()).all()
    for factor in factors:
        factor.secret = _anew(factor.secret, f"帳號編號 {factor.account_id} 的雙因子密鑰")
    return len(factors)


def _mail(db: Session) -> int:
    waiting = db.scalars(
        select(OutgoingMail).where(OutgoingMail.body != "").with_for_update()
    ).all()
    for mail in waiting:
        mail.body = _anew(mail.body, f"編號 {mail.id} 的待寄郵件")
    return len(waiting)


def _documents(db: Session) -> int:
    """Encrypt kept documents and evidence files anew, never more than one of them in memory."""
    # In one order, so that somebody who destroys several meanwhile waits, and none waits in a ring.
    ids = db.scalars(
        select(DocumentContent.document_id).order_by(DocumentContent.document_id)
    ).all()
    files = db.scalars(
        select(EvidenceContent.evidence_id).order_by(EvidenceContent.evidence_id)
    ).all()
    return sum(_document(db, one) for one in ids) + sum(_evidence(db, one) for one in files)


def _evidence(db: Session, evidence_id: int) -> bool:
    one = EvidenceContent.evidence_id == evidence_id
    stored = db.scalar(select(EvidenceContent.content).where(one).with_for_update())
    if stored is None:
        return False
    anew = _rotated(stored, f"編號 {evidence_id} 的佐證資料")
    db.execute(update(EvidenceContent).where(one).values(content=anew))
    return True


def _document(db: Session, document_id: int) -> bool:
    """Encrypt one content anew; return whether it is still there and was not destroyed meanwhile."""
    one = DocumentContent.document_id == document_id
    stored = db.scalar(select(DocumentContent.content).where(one).with_for_update())
    if stored is None:
        return False
    anew = _rotated(stored, f"編號 {document_id} 的文件")
    db.execute(update(DocumentContent).where(one).values(content=anew))
    return True


def _anew(stored: str, what: str) -> str:
    return _rotated(stored.encode(), what).decode()


def _rotated(stored: bytes, what: str) -> bytes:
    try:
        return keys.data_cipher().rotate(stored)
    except InvalidToken:
        raise Conflict(
            f"{what}無法以 DATA_KEYS 中的任何金鑰解開，沒有變更任何資料；"
            "請把原來的金鑰加在新金鑰之後（以逗號分隔）再執行。"
        ) from None
