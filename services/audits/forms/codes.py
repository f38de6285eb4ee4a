"""The short code by which a printed record is checked against the system, and the look-up of it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from data.engine import reading
from data.models import Audit, Signature
from services.actor import Actor
from services.audits.forms.signed import held_by
from services.audits.overview import WHOLE_AGENCY
from services.errors import Invalid, NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, permit, reach
from services.regulation.audit_kinds import AuditKind
from services.regulation.periods import Period, parse_period

DIGITS, GROUP = 12, 4
_BETWEEN = re.compile(r"[\s\-‐‑–—－]+")


@dataclass(frozen=True)
class Found:
    """The audit that a code stands on, and whether what it stands for is still in force."""

    audit_id: int
    kind: AuditKind
    agency: str
    agency_code: str
    unit: str
    period: Period
    signed_at: datetime
    signer: str
    content_hash: str
    in_force: bool
    """False when the audit was opened again after this signature."""
    within_reach: bool
    """Whether the person may open the audit itself."""


def short_code(content_hash: str) -> str:
    """Return the first digits of a signed hash in groups: ``3fa9-0c21-77be``; empty for none."""
    digits = content_hash[:DIGITS]
    return "-".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def read_code(text: str) -> str:
    """Return the digits of a code as somebody types it; raise Invalid for anything else."""
    bare = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).lower()
    if not re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", bare):
        raise Invalid(
            f"「{text.strip()[:40]}」不是核對碼；核對碼是 {DIGITS} 個 0 至 9、a 至 f 的字元，"
            "例如 3fa9-0c21-77be。"
        )
    return bare


@guarded(Action.VERIFY_PAPER)
def find_by_code(actor: Actor, code: str) -> Found:
    """Return the signed audit whose printed record carries ``code``.

    Whoever holds a paper may ask what it is: the answer says no more than its head does, and nobody
    guesses twelve digits. Raises Invalid for what is no code, NotFound where no audit has it.
    """
    permit(actor, Action.VERIFY_PAPER, account_id=actor.account_id)
    digits = read_code(code)
    with reading() as db:
        found = find_signed(db, actor, Signature.content_hash.startswith(digits))
    if found is None:
        raise NotFound("沒有這個核對碼的稽核紀錄；請確認紙本右上角的核對碼。")
    return found


def find_signed(db: Session, actor: Actor, where: ColumnElement[bool]) -> Found | None:
    """Return the newest signature that fulfils ``where`` with its audit, or None."""
    row = db.execute(
        select(Signature, Audit)
        .join(Audit, Audit.id == Signature.audit_id)
        .options(joinedload(Audit.agency), joinedload(Audit.unit))
        .where(where)
        .order_by(Signature.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    signature, audit = row
    return Found(
        audit.id,
        AuditKind(audit.kind),
        audit.agency.name,
        audit.agency.code,
        audit.unit.name if audit.unit else WHOLE_AGENCY,
        parse_period(audit.period),
        signature.signed_at,
        signature.signer_name,
        signature.content_hash,
        any(one.content_hash == signature.content_hash for one in held_by(db, audit)),
        reach(actor, Action.VIEW_AUDIT).covers(unit_id=audit.unit_id, agency_id=audit.agency_id),
    )
