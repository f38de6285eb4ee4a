"""Reads what the checks look at: every audit of a package anew from what is stored (7.2.1)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    Account,
    AccountDuty,
    Audit,
    AuditDraw,
    AuditFrame,
    Signature,
    Unit,
    UsageRecord,
    Verdict,
)
from services.audits import ledger_proofs, store
from services.audits.agency.comparison import unit_verdicts
from services.audits.evidence.in_force import evidence_of
from services.audits.forms.signed import act_in_force, held_by
from services.audits.held import records_held
from services.audits.late import late_counts
from services.audits.overview import WHOLE_AGENCY
from services.audits.sampling.frame import build_frame
from services.audits.signing import content_now
from services.audits.store import Sampled
from services.audits.words import DrawKind, Ruling
from services.errors import Conflict
from services.identity.terms import is_held
from services.ledger.checkpoints import LedgerFault
from services.oversight.facts import AuditFacts, DrawFact, SignerFact, VerdictFact
from services.oversight.recounting import floors_now, frame_now, frozen_frame
from services.regulation.audit_kinds import AuditKind
from services.regulation.deadlines import DueDay, agency_audit, unit_audit
from services.regulation.floors import Floors
from services.regulation.periods import HalfYear, Quarter, parse_period
from services.regulation.roles import Duty
from services.usage.flags import ANY, flagged
from services.working_days import OFFICES

_AT_ONCE = 10_000
"""A statement takes so many ids at most."""
_NOTHING = build_frame(())
_NO_FLOORS = Floors(0, 0, 0, 0)


def audits_of(db: Session, ids: Sequence[int], *, sealed: bool = True) -> Iterator[AuditFacts]:
    """Yield the facts of these audits one at a time; each is let go before the next is read.

    ``sealed`` says that their records have to be under a checkpoint: before the sending they need not be yet.
    """
    late = _late(db, ids)
    for audit_id in ids:
        audit = db.get(Audit, audit_id)
        if audit is not None:
            yield _facts(db, audit, late.get((audit.unit_id, audit.period), 0), sealed)
        db.expunge_all()


def name_of(audit: Audit) -> str:
    """Return how sentences call an audit."""
    whose = audit.unit.name if audit.unit else WHOLE_AGENCY
    return f"{whose} {parse_period(audit.period).label}{AuditKind(audit.kind).label}"


def _facts(db: Session, audit: Audit, late: int, sealed: bool) -> AuditFacts:
    kind = AuditKind(audit.kind)
    row = db.scalar(select(AuditFrame).where(AuditFrame.audit_id == audit.id))
    frame = frozen_frame(row) if row else None
    rows = store.load_draws(db, audit.id)
    held = records_held(db, (audit.id,))[audit.id]
    signed = held_by(db, audit)
    signers, approver = _signers(db, audit, signed)
    return AuditFacts(
        audit_id=audit.id,
        kind=kind,
        name=name_of(audit),
        frame_hash=row.frame_hash if row else "",
        frame=frame,
        stored=frame_now(db, audit, frame) if frame else _NOTHING,
        late=late if kind is AuditKind.UNIT else 0,
        floors=floors_now(db, audit, row, frame) if row and frame else _NO_FLOORS,
        draws=_draws(db, audit, rows),
        held=tuple(held),
        verdicts=_verdicts(db, audit),
        owners=_owners(db, held),
        flagged=_flagged(db, audit).intersection(frame.ids.tolist() if frame else ()),
        evidenced=frozenset(
            one.record_id for one in evidence_of(db, [audit.id]) if one.record_id is not None
        ),
        signers=signers,
        approver=approver,
        signed_hash=signed[-1].content_hash if signed else "",
        content_hash=_content(db, audit),
        signed_at=max((one.signed_at for one in signed), default=None),
        due=_due(audit),
        unit_rulings={
            record: judged.ruling
            for record, judged in (unit_verdicts(db, audit) if row else {}).items()
            if judged.ruling is not None
        },
        unproved=_unproved(db, audit, sealed),
    )


def _draws(db: Session, audit: Audit, rows: Sequence[AuditDraw]) -> tuple[DrawFact, ...]:
    current = {draw.id for draw in store.current_draws(rows)}
    items: dict[int, list[Sampled]] = {draw.id: [] for draw in rows}
    for item in store.load_sample(db, rows):
        items[item.draw_id].append(item)
    return tuple(
        DrawFact(
            draw.number,
            DrawKind(draw.kind),
            draw.reason,
            draw.seed,
            draw.frame_hash,
            draw.base_records,
            draw.users_floor,
            draw.months_floor,
            tuple(items[draw.id]),
            draw.id in current,
        )
        for draw in rows
    )


def _verdicts(db: Session, audit: Audit) -> tuple[VerdictFact, ...]:
    rows = db.execute(
        select(
            Verdict.record_id,
            Verdict.sequence,
            Verdict.verdict,
            Verdict.judged_by,
            Verdict.judge_name,
        )
        .where(Verdict.audit_id == audit.id)
        .order_by(Verdict.record_id, Verdict.sequence)
    ).all()
    newest = {record: sequence for record, sequence, *_ in rows}
    return tuple(
        VerdictFact(record, Ruling(ruling), judge_id, judge, newest[record] == sequence)
        for record, sequence, ruling, judge_id, judge in rows
    )


def _owners(db: Session, held: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for start in range(0, len(held), _AT_ONCE):
        rows = db.execute(
            select(UsageRecord.id, UsageRecord.account_id).where(
                UsageRecord.id.in_(held[start : start + _AT_ONCE])
            )
        )
        found |= {record: owner for record, owner in rows if owner is not None}
    return found


def _flagged(db: Session, audit: Audit) -> frozenset[int]:
    """Return the flagged records of a unit's period; the agency's frame rests on those of its units."""
    if audit.unit_id is None:
        return frozenset()
    return frozenset(
        db.scalars(
            select(UsageRecord.id).where(
                UsageRecord.unit_id == audit.unit_id,
                UsageRecord.local_month.in_(parse_period(audit.period).months),
                flagged(ANY),
            )
        )
    )


def _signers(
    db: Session, audit: Audit, signed: Sequence[Signature]
) -> tuple[tuple[SignerFact, ...], SignerFact | None]:
    """Return who signed, and who approved what they signed, with whether each was entitled to."""
    act = act_in_force(db, audit, "approved", signed)
    ids = {one.signed_by for one in signed} | ({act.account_id} if act else set())
    duties = db.scalars(select(AccountDuty).where(AccountDuty.account_id.in_(ids))).all()
    posts = {
        account: (role, agency)
        for account, role, agency in db.execute(
            select(Account.id, Account.role, Unit.agency_id)
            .join(Unit, Unit.id == Account.unit_id)
            .where(Account.id.in_(ids))
        )
    }

    def held(account_id: int | None, duty: str, at: datetime) -> bool:
        return any(
            one.duty == duty
            and is_held(one, at)
            and (one.unit_id == audit.unit_id if one.unit_id else one.agency_id == audit.agency_id)
            for one in duties
            if one.account_id == account_id
        )

    def entitled(one: Signature) -> bool | None:
        if one.capacity in set(Duty):
            return held(one.signed_by, one.capacity, one.signed_at)
        # Which role somebody had before is not on record: who has another one by now may have had it.
        return posts.get(one.signed_by) == (one.capacity, audit.agency_id) or None

    signers = tuple(
        SignerFact(one.capacity, one.signed_by, one.signer_name, one.signed_at, entitled(one))
        for one in signed
    )
    if act is None or act.account_id is None:
        return signers, None
    head = Duty.AGENCY_HEAD.value
    return signers, SignerFact(
        head, act.account_id, act.actor_name, act.at, held(act.account_id, head, act.at)
    )


def _content(db: Session, audit: Audit) -> str:
    """Return the hash of what an audit holds now; empty where its frame cannot be read."""
    try:
        return content_now(db, audit)
    except Conflict:
        return ""


def _due(audit: Audit) -> DueDay:
    if audit.kind == AuditKind.AGENCY:
        return agency_audit(HalfYear.parse(audit.period), OFFICES).day
    return unit_audit(Quarter.parse(audit.period), OFFICES).day


def _unproved(db: Session, audit: Audit, sealed: bool) -> str:
    try:
        ledger_proofs.files(db, audit.id)
    except (LedgerFault, Conflict) as fault:
        return str(fault)
    if sealed and not ledger_proofs.are_sealed(db, audit.id):
        return "有紀錄尚未封存於帳本。"
    return ""


def _late(db: Session, ids: Sequence[int]) -> Mapping[tuple[Any, str], int]:
    rows = db.execute(
        select(Audit.unit_id, Audit.period, Audit.kind).where(Audit.id.in_(ids))
    ).all()
    units = {unit for unit, _, kind in rows if kind == AuditKind.UNIT}
    quarters = sorted({period for _, period, kind in rows if kind == AuditKind.UNIT})
    found = late_counts(db, Unit.id.in_(units), [Quarter.parse(one) for one in quarters])
    return {(one.unit_id, str(one.quarter)): one.records for one in found}
