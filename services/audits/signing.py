"""Signing an audit, and the recorded reopening that is the only way to change a signed one."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import AccountDuty, Audit, Reopening, Signature
from services import events
from services.actor import Actor
from services.audits import first_format, signatures, store
from services.audits.counted import why_final
from services.audits.evidence.lines import evidence_of
from services.audits.findings import Findings, nothing_to_say, summarise
from services.audits.holdings import Holdings, holdings_of
from services.audits.words import REOPEN, SIGN
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.terms import held_at
from services.ledger import proofs
from services.regulation.audit_kinds import AuditKind, Capacity
from services.regulation.audit_states import AuditStatus
from services.regulation.purpose import tidy
from services.regulation.roles import Duty

CONCLUSION_MAX = 500
FORMAT = 2
"""In which form what is signed is hashed now; `first_format` is how the findings were before."""


@guarded(*SIGN.values())
def sign(actor: Actor, audit_id: int, shown: str, conclusion: str = "") -> None:
    """Sign an audit: a unit's as its head or appointed auditor (7.1.1), an agency's as one of two (7.1.2).

    ``shown`` is the hash of what the signer had on screen (`AuditView.content_hash`); when the
    audit is no longer that, nothing is signed and Conflict says so. The signature names the newest
    checkpoint of the ledger, and keeps the signer's ``conclusion`` in their own words, if there is one;
    its hash is in the event, which is sealed.

    Needs every record judged; a frame without records is signed as a nil return. An agency audit takes
    the agency manager and an ethics officer, two persons, and is signed when both signatures stand for
    the same content. Afterwards nothing changes except by `reopen`.
    """
    concluded = tidy(conclusion)
    if len(concluded) > CONCLUSION_MAX:
        raise Invalid(f"結論最多 {CONCLUSION_MAX} 個字，目前 {len(concluded)} 個字。")
    with transaction() as db:
        audit = store.load_audit(db, actor, audit_id, SIGN, lock=True)
        if actor.account_id is None:
            raise Refused("簽核必須由有帳號的人員辦理。")
        nil_return = store.load_frame_row(db, audit.id).records == 0
        store.require_status(audit, AuditStatus.FROZEN if nil_return else AuditStatus.JUDGING)
        findings = summarise(db, audit.id)
        if left := findings.to_judge - findings.judged:
            raise Conflict(f"還有 {left:,} 筆紀錄未判定；全部判定後才能簽核。")
        if not (nil_return or findings.to_judge):
            raise Conflict("還沒有查核任何紀錄；請先加抽或加入判斷抽查，判定後才能簽核。")
        content_hash = hash_of(signed_content(db, audit, findings))
        if content_hash != shown:
            raise Conflict("稽核內容剛剛有變動；請重新看過後再簽核。")
        given = signatures.in_force(db, audit.id, content_hash)
        capacity = _capacity(actor, audit, given)
        signature = _signature(db, actor, audit, capacity, content_hash, findings, concluded)
        db.add(signature)
        if not signatures.open_places(AuditKind(audit.kind), [*given, signature]):
            audit.status = AuditStatus.SIGNED.value
        events.write(
            db,
            actor,
            EventType.AUDIT_SIGNED,
            about=("audit", audit.id),
            content_hash=content_hash,
            nil_return=nil_return,
            **({"conclusion_sha256": _sha256(concluded)} if concluded else {}),
        )


def _capacity(actor: Actor, audit: Audit, given: list[Signature]) -> Capacity:
    """In which of the places still open the person signs; nobody signs at two."""
    kind = AuditKind(audit.kind)
    held = set(signatures.capacities(actor, audit))
    still_open = signatures.open_places(kind, given)
    mine = next((one for place in still_open for one in place if one in held), None)
    own = next((row for row in given if row.signed_by == actor.account_id), None)
    awaited = f"還缺{signatures.words(still_open)}的簽核。"
    if own is not None:
        as_what = f"您已經以{signatures.capacity_of(own.capacity).label}身分簽核"
        if mine is not None:
            raise Refused(f"{as_what}；{kind.label}由{kind.signers}兩人簽核，一人不能兼任。")
        raise Conflict(f"{as_what}；{awaited}")
    if mine is None:
        by = "、".join(row.signer_name for row in given)
        raise Conflict(f"剛剛已由{by}簽核；{awaited}")
    return mine


def _signature(
    db: Session,
    actor: Actor,
    audit: Audit,
    capacity: Capacity,
    content_hash: str,
    findings: Findings,
    conclusion: str,
) -> Signature:
    checkpoint = proofs.newest(db)
    return Signature(
        audit_id=audit.id,
        capacity=capacity.value,
        signed_at=actor.now,
        signed_by=actor.account_id,
        signer_name=actor.name,
        content_hash=content_hash,
        summary=asdict(findings)
        | {
            "checkpoint": checkpoint and checkpoint.as_dict(),
            "generation": signatures.generation(db, audit.id),
            "format": FORMAT,
            "conclusion": conclusion,
        }
        | _ethics_kind(db, actor, audit, capacity),
    )


def _ethics_kind(db: Session, actor: Actor, audit: Audit, capacity: Capacity) -> dict[str, str]:
    """In what office an ethics officer signs, which the form prints (domain.md §7.4)."""
    if capacity is not Duty.ETHICS_OFFICER:
        return {}
    kind = db.scalar(
        select(AccountDuty.kind)
        .where(
            AccountDuty.account_id == actor.account_id,
            AccountDuty.duty == capacity,
            AccountDuty.agency_id == audit.agency_id,
            held_at(actor.now),
        )
        .order_by(AccountDuty.id.desc())
        .limit(1)
    )
    return {"ethics_kind": kind} if kind else {}


def content_now(db: Session, audit: Audit) -> str:
    """Return the hash of what the audit holds at this moment: what a signature would stand for."""
    return hash_of(signed_content(db, audit, summarise(db, audit.id)))


def signed_content(
    db: Session,
    audit: Audit,
    findings: Findings,
    held: Holdings | None = None,
    given: Sequence[Signature] | None = None,
) -> dict[str, Any]:
    """Return everything a signature stands for: frame, draws, verdicts in force, findings, evidence.

    Also what its floors rest on; units' frames of before the reading was kept have nothing there, so that
    signatures given long ago still stand for the same. ``held`` and ``given``, the signatures since the
    last reopening, are read now unless the caller has just read them.
    """
    content = _content(db, audit, findings, held or holdings_of(db, audit.id))
    given = signatures.since_reopening(db, audit.id) if given is None else given
    if old := {row.content_hash for row in given if "format" not in row.summary}:
        # Those stand as long as it is the same in the words of their time; so does one given beside them.
        words = first_format.findings_of(findings, nothing_to_say(db, audit.id))
        if hash_of(first := content | {"findings": words}) in old:
            return first
    return content


def _content(db: Session, audit: Audit, findings: Findings, held: Holdings) -> dict[str, Any]:
    frame = held.frame
    # As counts, so that no better wording undoes a signature.
    counts = {name: value for name, value in asdict(findings).items() if name != "sentence"}
    files = [
        [line.id, line.record_id, line.sha256]
        for line in evidence_of(db, audit.id)
        if line.in_force
    ]
    return (
        ({"evidence": files} if files else {})
        | {
            "audit": audit.id,
            "unit": audit.unit_id,
            "period": audit.period,
            "frame_hash": frame.frame_hash,
            "draws": [[draw.number, draw.kind, draw.seed, draw.size] for draw in held.draws],
            "verdicts": [
                [record, judged.sequence, judged.ruling, judged.note, *judged.failed]
                + ([{"together": judged.together}] if judged.in_bulk else [])
                for record, judged in sorted(held.verdicts.items())
            ],
            "findings": counts,
        }
        | ({"scope": audit.scope, "basis": frame.basis} if frame.basis else {})
    )


def hash_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the content in one canonical JSON form."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _sha256(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@guarded(*REOPEN.values())
def reopen(actor: Actor, audit_id: int, reason: str) -> None:
    """Open a signed audit again for a stated reason; the signatures and verdicts before it stay.

    A unit's by its head, also when the agency manager has received it, until the agency's audit counts it;
    an agency's by the agency manager, until it is sent (`counted.why_final`).
    """
    why = store.require_reason(reason, "重新開啟的理由")
    with transaction() as db:
        audit = store.load_audit(db, actor, audit_id, REOPEN, lock=True)
        if actor.account_id is None:
            raise Refused("重新開啟必須由有帳號的人員辦理。")
        if final := why_final(db, audit):
            raise Conflict(final)
        store.require_status(audit, *AuditKind(audit.kind).rule.reopened_from)
        open_again(db, actor, audit, why)
        events.write(db, actor, EventType.AUDIT_REOPENED, about=("audit", audit.id), reason=why)


def open_again(db: Session, actor: Actor, audit: Audit, reason: str) -> None:
    """Put a signed audit back to where it was judged; who may, and its event, are the caller's."""
    nil_return = store.load_frame_row(db, audit.id).records == 0
    audit.status = (AuditStatus.FROZEN if nil_return else AuditStatus.JUDGING).value
    db.add(
        Reopening(
            audit_id=audit.id,
            reason=reason,
            reopened_at=actor.now,
            reopened_by=actor.account_id,
        )
    )
