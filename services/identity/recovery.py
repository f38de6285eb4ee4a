"""Recovery codes: for whoever has no authenticator app at hand. Each works once."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from data.models import RecoveryCode

CODES = 10
LENGTH = 16
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Sixteen of these 32 signs are 80 random bits. No 0, 1, 8 or 9, which are taken for letters."""


def new_codes(db: Session, account_id: int) -> tuple[str, ...]:
    """Give the account a new set, void the old one, and return the codes for the only time."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(CODES)]
    db.add_all(
        RecoveryCode(account_id=account_id, code_hash=_hash(account_id, code)) for code in codes
    )
    return tuple("-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes)


def use_code(db: Session, account_id: int, code: str, now: datetime) -> bool:
    """Use a code up; False when it is none of the account's or was used before.

    One statement finds and marks it: of two tries at once, one finds it used.
    """
    used = db.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == _hash(account_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return used.first() is not None


def codes_left(db: Session, account_id: int) -> int:
    """Return how many codes of the account still work."""
    left = select(func.count()).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return db.scalar(left) or 0


def discard_codes(db: Session, account_id: int) -> None:
    """Take all codes of the account away."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _hash(account_id: int, code: str) -> str:
    # A plain hash is enough here: unlike a password, 80 random bits can be neither guessed nor
    # looked up, so there is nothing that a slow or salted hash would slow down.
    return hashlib.sha256(f"{account_id}:{code}".encode()).hexdigest()
