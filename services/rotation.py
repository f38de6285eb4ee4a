"""Replacing the key of stored secrets: everything is encrypted anew with the first of DATA_KEYS."""

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import OutgoingMail, SecondFactor
from services import events, keys
from services.errors import Conflict
from services.events import EventType
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit


@guarded(Action.CHANGE_SETTINGS)
def rotate_secrets(actor: Actor) -> dict[str, int]:
    """Encrypt every stored secret with the first of DATA_KEYS; return how many of each kind.

    All or none: raises Conflict, naming the first one, when no key opens it.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    with transaction() as db:
        factors, mail = _second_factors(db), _mail(db)
        events.write(db, actor, EventType.SECRETS_ROTATED, second_factors=factors, mail=mail)
    return {"second_factors": factors, "mail": mail}


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


def _anew(stored: str, what: str) -> str:
    try:
        return keys.data_cipher().rotate(stored.encode()).decode()
    except InvalidToken:
        raise Conflict(
            f"{what}無法以 DATA_KEYS 中的任何金鑰解開，沒有變更任何資料；"
            "請把原來的金鑰加在新金鑰之後（以逗號分隔）再執行。"
        ) from None
