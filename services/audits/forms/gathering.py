"""Gathers what stands on the form of an audit: one pass over the database, whatever the number of records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    Account,
    Audit,
    AuditAct,
    AuditDraw,
    AuditFrame,
    JudgementPick,
    Reopening,
    Signature,
)
from services.audits import store
from services.audits.counted import counted_audits
from services.audits.evidence.in_force import evidence_of
from services.audits.findings import summarise
from services.audits.forms.facts import (
    ActFact,
    AgencyFacts,
    AuditFacts,
    DrawFact,
    RecordFact,
    ReopeningFact,
    SignatureFact,
    Tally,
    UnitFact,
)
from services.audits.forms.incident_lines import incident_facts
from services.audits.forms.lines import reasons_of, record_facts
from services.audits.forms.signed import act_in_force, held_by
from services.audits.frozen import unpack_frame
from services.audits.overview import WHOLE_AGENCY
from services.audits.pictures import asked_of
from services.audits.signatures import capacity_of
from services.audits.words import DrawKind, FrameScope, Ruling, SeedSource
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.errors import Conflict
from services.ledger import proofs
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter, parse_period
from services.regulation.roles import EthicsKind

OPERATOR = "系統維運"


def facts_of(db: Session, audit: Audit) -> AuditFacts:
    """Return the record of an audit as it stands; raise Conflict before there is one."""
    row = store.load_frame_row(db, audit.id)
    draws = store.load_draws(db, audit.id)
    if row.records and not draws:
        raise Conflict("這件稽核還沒有抽樣，還沒有稽核紀錄表。")
    frame = unpack_frame(row)
    asked = asked_of(db, audit, row, frame)
    current = store.current_draws(draws)
    sample = store.load_sample(db, current)
    picks = db.scalars(
        select(JudgementPick).where(JudgementPick.audit_id == audit.id).order_by(JudgementPick.id)
    ).all()
    evidence = evidence_of(db, [audit.id])
    lines = record_facts(
        db,
        audit,
        records_to_judge(db, audit.id),
        latest_verdicts(db, audit.id),
        reasons_of(current, sample, picks, row.records),
        evidence,
        counted_audits(row.basis),
    )
    findings = summarise(db, audit.id)
    held = held_by(db, audit)
    acts = {
        act: _act(act_in_force(db, audit, act, held))
        for act in ("received", "approved", "sent", "corrected")
    }
    reopenings = db.scalars(
        select(Reopening).where(Reopening.audit_id == audit.id).order_by(Reopening.id)
    ).all()
    names = _names(db, [one.drawn_by for one in draws] + [one.reopened_by for one in reopenings])
    covered = {item.local_month for item in sample}
    return AuditFacts(
        audit_id=audit.id,
        kind=AuditKind(audit.kind),
        status=AuditStatus(audit.status),
        agency=audit.agency.name,
        agency_code=audit.agency.code,
        unit=audit.unit.name if audit.unit else WHOLE_AGENCY,
        unit_code=audit.unit.code if audit.unit else audit.agency.code,
        period=parse_period(audit.period),
        reason=audit.reason,
        supplements=audit.supplements,
        frame_hash=row.frame_hash,
        frozen_at=row.frozen_at,
        people=Tally(row.people, asked.floors.users, len({item.person_key for item in sample})),
        people_counted=row.people_counted,
        records=Tally(row.records, asked.floors.records, len(sample)),
        months=tuple(row.basis.get("months") or sorted(frame.by_month)),
        months_covered=tuple(sorted(covered)),
        explanation=asked.explanation,
        reading=asked.reading,
        public_figure=row.public_figure,
        frame_checkpoint=proofs.covering(db, int(frame.ids[-1])) if len(frame) else None,
        signed_checkpoint=proofs.recall(held[-1].summary.get("checkpoint")) if held else None,
        draws=_draws(draws, current, names),
        lines=lines,
        rulings=_counted(lines),
        sentence=findings.sentence,
        judges=tuple(dict.fromkeys(line.judge for line in lines if line.judge)),
        evidence=tuple(one.file_name for one in evidence if one.record_id is None),
        incidents=incident_facts(db, audit.id),
        content_hash=held[-1].content_hash if held else "",
        signatures=tuple(_signature(one) for one in held),
        reopenings=tuple(
            ReopeningFact(one.reopened_at, names[one.reopened_by], one.reason) for one in reopenings
        ),
        received=acts["received"],
        approved=acts["approved"],
        sent=acts["corrected"] or acts["sent"],  # the letter of the package in force
        of_agency=_agency(audit, row, lines) if audit.kind == AuditKind.AGENCY else None,
    )


def _names(db: Session, ids: Sequence[int | None]) -> dict[int | None, str]:
    rows = db.scalars(select(Account).where(Account.id.in_({id_ for id_ in ids if id_})))
    found: dict[int | None, str] = {row.id: f"{row.name}（{row.username}）" for row in rows}
    return found | {None: OPERATOR}


def _draws(
    draws: Sequence[AuditDraw], current: Sequence[AuditDraw], names: Mapping[int | None, str]
) -> tuple[DrawFact, ...]:
    in_use = {draw.id for draw in current}
    return tuple(
        DrawFact(
            draw.number,
            len(draws),
            DrawKind(draw.kind).label,
            draw.size,
            draw.reason,
            draw.seed,
            SeedSource(draw.seed_source).label,
            draw.drawn_at,
            names[draw.drawn_by],
            draw.id in in_use,
        )
        for draw in draws
    )


def _counted(lines: Sequence[RecordFact]) -> tuple[tuple[str, int], ...]:
    counts = Counter(line.ruling for line in lines)
    return tuple((ruling.label, counts[ruling.label]) for ruling in Ruling)


def _signature(row: Signature) -> SignatureFact:
    label = capacity_of(row.capacity).label
    if kind := row.summary.get("ethics_kind"):
        label += f"（{EthicsKind(kind).label}）"
    concluded = row.summary.get("conclusion", "")
    return SignatureFact(row.capacity, label, row.signer_name, row.signed_at, concluded)


def _act(row: AuditAct | None) -> ActFact | None:
    if row is None:
        return None
    return ActFact(row.actor_name, row.at, row.note, row.letter_no, row.letter_date)


# --- what only an agency audit has ---------------------------------------------------------------


def _agency(audit: Audit, row: AuditFrame, lines: Sequence[RecordFact]) -> AgencyFacts:
    """Return the units' share of an agency audit, as the freeze wrote it down (7.1.2)."""
    basis = row.basis
    return AgencyFacts(
        FrameScope(audit.scope).label if audit.scope else "",
        tuple(_unit(unit, lines) for unit in basis.get("units", ())),
        tuple(_missing(one) for one in basis.get("missing", ())),
        int(basis.get("people", 0)),
        int(basis.get("records", 0)),
        sum(not line.unit_ruling for line in lines),
    )


def _missing(one: Mapping[str, Any]) -> str:
    name = f"{one['unit']} {_quarter(one)}"
    if "reason" not in one:  # frozen before a reason was asked for
        return name
    return (
        f"{name}（以最低應稽核 {one['people']:,} 人、{one['records']:,} 筆計入；{one['reason']}）"
    )


def _unit(unit: Mapping[str, Any], lines: Sequence[RecordFact]) -> UnitFact:
    months = Quarter.parse(unit["quarter"]).months
    taken = [line for line in lines if line.unit_id == unit["unit_id"] and line.month in months]
    return UnitFact(
        unit["unit"],
        _quarter(unit),
        unit["people"],
        unit["records"],
        tuple(unit["months"]),
        len({line.person_key for line in taken}),
        len(taken),
    )


def _quarter(entry: Mapping[str, Any]) -> str:
    return Quarter.parse(entry["quarter"]).label
