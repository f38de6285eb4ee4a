"""The audited records of an audit in a fixed number of queries, each with why it is there."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Audit, AuditDraw, Evidence, JudgementPick, UsageRecord, Verdict
from services.audits.forms.facts import RecordFact
from services.audits.sampling.draw import Basis
from services.audits.sheet import why_drawn
from services.audits.store import Sampled
from services.audits.words import Ruling
from services.audits.worksheet import NOT_JUDGED, Judged
from services.regulation.audit_kinds import AuditKind
from services.regulation.items import Item, UsageAction
from services.usage.flags import noticed

PICKED, LEFT_BEHIND = "判斷抽查", "前次抽樣"
NOT_YET = "未判定"
_LEFT = "前次抽樣的紀錄，重抽時已判定為缺失或請說明，因此保留；不列入推論。"


def record_facts(
    db: Session,
    audit: Audit,
    wanted: Sequence[int],
    verdicts: Mapping[int, Judged],
    reasons: Mapping[int, tuple[str, str, str]],
    evidence: Sequence[Evidence],
    unit_audits: Collection[int],
) -> tuple[RecordFact, ...]:
    """Return the records to judge in their order; ``unit_audits`` are what an agency audit rests on."""
    stored = {
        row.id: row for row in db.scalars(select(UsageRecord).where(UsageRecord.id.in_(wanted)))
    }
    files: dict[int, list[str]] = defaultdict(list)
    for file in evidence:
        if file.record_id is not None:
            files[file.record_id].append(file.file_name)
    of_units = units_found(db, unit_audits, wanted) if audit.kind == AuditKind.AGENCY else {}
    return tuple(
        _fact(
            stored[record],
            reasons.get(record, (LEFT_BEHIND, "", _LEFT)),
            verdicts.get(record, NOT_JUDGED),
            tuple(files[record]),
            of_units.get(record, ""),
        )
        for record in wanted
        if record in stored
    )


def _fact(
    record: UsageRecord,
    taken: tuple[str, str, str],
    judged: Judged,
    files: tuple[str, ...],
    unit_ruling: str,
) -> RecordFact:
    purpose = "／".join(
        part for part in (record.case_no, record.document_no, record.reason) if part
    )
    basis, reason, why = taken
    return RecordFact(
        record.id,
        f"{record.person_name}（{record.username}）",
        record.person_key,
        record.occurred_at,
        record.local_month,
        record.unit_id,
        record.unit_name,
        Item(record.item).label,
        UsageAction(record.action).label,
        record.target,
        purpose,
        basis,
        reason,
        why,
        noticed(record),
        files,
        judged.ruling.label if judged.ruling else NOT_YET,
        _note(judged),
        judged.judge,
        judged.bulk_words,
        judged.change_reason,
        unit_ruling,
    )


def _note(judged: Judged) -> str:
    """Return the auditor's words, after the checks that the record did not pass."""
    failed = "、".join(check.failed_label for check in judged.failed)
    return "。".join(words for words in (failed, judged.note) if words)


def reasons_of(
    draws: Sequence[AuditDraw],
    sample: Sequence[Sampled],
    picks: Sequence[JudgementPick],
    population: int,
) -> dict[int, tuple[str, str, str]]:
    """Return how each record was taken: the word for it, somebody's reason, the whole sentence.

    The reason of a redraw or an expansion is the draw's and stands there; a pick has its own.
    """
    by_id = {draw.id: draw for draw in draws}
    cut_off: dict[int, str] = {}
    for item in sample:
        if item.basis in (Basis.BASE, Basis.EXPANSION):
            cut_off[item.draw_id] = max(item.ticket, cut_off.get(item.draw_id, ""))
    found = {
        pick.record_id: (PICKED, pick.reason, f"判斷抽查，不列入推論。理由：{pick.reason}")
        for pick in picks
    }
    for item in sample:
        draw = by_id[item.draw_id]
        why = why_drawn(item, draw, cut_off.get(item.draw_id, ""), population)
        found[item.record_id] = (Basis(item.basis).label, "", why)
    return found


def units_found(
    db: Session, unit_audits: Collection[int], wanted: Collection[int]
) -> dict[int, str]:
    """Return what the units found about these records, where they had judged them."""
    newest = (
        select(Verdict.audit_id, Verdict.record_id, func.max(Verdict.sequence).label("sequence"))
        .where(Verdict.audit_id.in_(unit_audits), Verdict.record_id.in_(wanted))
        .group_by(Verdict.audit_id, Verdict.record_id)
        .subquery()
    )
    rows = db.execute(
        select(Verdict.record_id, Verdict.verdict).join(
            newest,
            (Verdict.audit_id == newest.c.audit_id)
            & (Verdict.record_id == newest.c.record_id)
            & (Verdict.sequence == newest.c.sequence),
        )
    )
    return {record: Ruling(verdict).label for record, verdict in rows}
