"""Replacing the key of stored secrets: everything is encrypted anew with the first of DATA_KEYS."""

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import files
from data.engine import transaction
from data.models import Evidence, KeptDocument, OutgoingMail, SecondFactor
from services import events
from services.actor import Actor
from services.documents import file_store
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
        factors, mail, documents = _second_factors(db), _mail(db), _files(db)
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


def _files(db: Session) -> int:
    """Encrypt the files that rows name anew, never more than one of them in memory.

    No transaction takes them back, so all are opened before the first one is written; and whatever stops
    it halfway, each file opens with a key of DATA_KEYS.
    """
    hashes = sorted(file_store.named(db))
    for sha256 in hashes:
        if not file_store.opens(sha256):
            raise _lost(_owner(db, sha256))
    try:
        return sum(map(file_store.encrypt_anew, hashes))
    except OSError as error:
        raise Conflict(
            f"檔案無法寫入 {files.folder()}（{error.strerror}），資料庫沒有變更，部分檔案已改用新金鑰；"
            "請保留 DATA_KEYS 中的每一把金鑰，排除後再執行一次。"
        ) from error


def _owner(db: Session, sha256: str) -> str:
    document = db.scalar(select(KeptDocument.id).where(KeptDocument.sha256 == sha256).limit(1))
    if document is not None:
        return f"編號 {document} 的文件"
    return f"編號 {db.scalar(select(Evidence.id).where(Evidence.sha256 == sha256).limit(1))} 的佐證資料"


def _anew(stored: str, what: str) -> str:
    try:
        return keys.data_cipher().rotate(stored.encode()).decode()
    except InvalidToken:
        raise _lost(what) from None


def _lost(what: str) -> Conflict:
    return Conflict(
        f"{what}無法以 DATA_KEYS 中的任何金鑰解開，沒有變更任何資料；"
        "請把原來的金鑰加在新金鑰之後（以逗號分隔）再執行。"
    )
