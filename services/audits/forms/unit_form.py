"""單位查詢使用地籍資料稽核紀錄表（附件二） of one unit and quarter (7.1.1), and the record of a spot check."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from data.models import Audit
from services.audits.forms import finding_parts, trace_parts
from services.audits.forms import shared_parts as parts
from services.audits.forms.facts import AuditFacts
from services.audits.forms.gathering import facts_of
from services.documents.application_form import FOOTER, SYSTEM
from services.documents.paper import Box, Facts, Field, Line, Paper, Signatures, Table
from services.regulation.audit_kinds import AuditKind
from services.regulation.clauses import clause_words

UNIT_TITLE, SPOT_TITLE = "單位查詢使用地籍資料稽核紀錄表", "不定期檢查紀錄表"


def unit_paper(db: Session, audit: Audit) -> Paper:
    """Return the record of a unit audit, or of a spot check, as a paper."""
    return unit_form(facts_of(db, audit))


def unit_form(facts: AuditFacts) -> Paper:
    """Return the form of what was gathered."""
    spot = facts.kind is AuditKind.SPOT
    clause = clause_words(facts.kind.rule.clause)
    annex = facts.kind.rule.annex
    return Paper(
        title=SPOT_TITLE if spot else UNIT_TITLE,
        above=f"{facts.agency}　{SYSTEM}",
        number=parts.record_number(facts),
        corner=parts.corner(facts, annex),
        qr_code=parts.check_code(facts),
        footer=f"{FOOTER}{clause}",
        watermark="" if facts.content_hash else parts.DRAFT,
        landscape=True,
        parts=(
            Facts(tuple(_facts(facts))),
            Line("應稽核與實際稽核", strong=True),
            _tally(facts),
            Line("稽核結果", strong=True),
            Facts(tuple(_results(facts))),
            *finding_parts.incident_parts(facts),
            *finding_parts.record_parts(facts),
            *trace_parts.draw_parts(facts),
            Signatures("簽章欄", tuple(_boxes(facts))),
            parts.notes(facts, clause, annex),
        ),
    )


def _facts(facts: AuditFacts) -> Iterable[Field]:
    yield Field("機關名稱", facts.agency)
    yield Field("單位名稱", facts.unit)
    yield Field("稽核期間", parts.period_words(facts))
    yield Field("稽核日期", parts.audited_on(facts))
    yield Field("稽核人員", auditors(facts))
    if facts.supplements is not None:
        said = f"母體凍結後始匯入之紀錄，補充稽核-{facts.supplements}"
        yield Field("補充稽核", said, wide=True)
    if facts.kind is AuditKind.SPOT:
        yield Field("檢查理由", facts.reason)
        return
    # A signed record is the manager's to receive from that moment; when it was received stands in its box.
    yield Field("送機關管\n理者日期", parts.audited_on(facts))


def auditors(facts: AuditFacts) -> str:
    """Return who judged and, of a nil return, who signed."""
    signers = (one.name for one in facts.signatures)
    return "、".join(dict.fromkeys([*facts.judges, *signers])) or parts.NOT_SIGNED


def _tally(facts: AuditFacts) -> Table:
    if facts.kind is AuditKind.SPOT:
        return _spot_tally(facts)
    people, records = facts.people, facts.records
    counted = f"{facts.people_counted:,} 人"
    if facts.people_counted != people.total:
        counted += f"\n（有紀錄者 {people.total:,} 人）"
    months = sum(month in facts.months_covered for month in facts.months)
    return parts.tally_table(
        facts,
        "期間總數",
        (
            (
                "使用人數",
                counted,
                f"{people.required:,} 人",
                f"{people.audited:,} 人",
                parts.result(people.met),
                parts.explained(facts, "人數"),
            ),
            (
                "使用紀錄筆數",
                f"{records.total:,} 筆",
                f"{records.required:,} 筆",
                f"{records.audited:,} 筆",
                parts.result(records.met),
                parts.explained(facts, "筆數"),
            ),
            (
                "有使用紀錄之月份",
                f"{len(facts.months)} 個月\n{parts.month_words(facts.months)}",
                f"{len(facts.months)} 個月",
                f"{months} 個月\n{parts.month_words(facts.months_covered)}",
                parts.result(months == len(facts.months)),
                parts.explained(facts, "月份"),
            ),
        ),
    )


def _spot_tally(facts: AuditFacts) -> Table:
    """Return what was there and what was looked at, picks too: clause 7.1.4 asks for no number of it."""
    said = facts.explanation[0]
    people = len({line.person_key for line in facts.lines})
    looked_at = parts.month_words(sorted({line.month for line in facts.lines}))
    rows = (
        ("使用人數", f"{facts.people.total:,} 人", f"{people:,} 人"),
        ("使用紀錄筆數", f"{facts.records.total:,} 筆", f"{len(facts.lines):,} 筆"),
        ("有使用紀錄之月份", parts.month_words(facts.months), looked_at),
    )
    return parts.tally_table(
        facts,
        "期間總數",
        tuple((what, total, "－", audited, "－", said) for what, total, audited in rows),
    )


def _results(facts: AuditFacts) -> Iterable[Field]:
    more = len(facts.lines) - facts.records.audited
    audited = f"{len(facts.lines):,} 筆"
    if more > 0:
        audited += f"（抽樣 {facts.records.audited:,} 筆，判斷抽查及前次抽樣保留 {more:,} 筆）"
    yield Field("查核紀錄", audited)
    yield Field("判定", parts.ruling_words(facts))
    yield Field("推論", facts.sentence, wide=True)
    yield from parts.conclusions(facts)
    if facts.evidence:
        yield Field("佐證資料", "、".join(facts.evidence), wide=True)


def _boxes(facts: AuditFacts) -> Iterable[Box]:
    if facts.kind is AuditKind.SPOT:
        yield parts.signature_box("機關管理者", "簽核", facts.signature("agency_manager"))
        return
    yield parts.signature_box("指派稽核人員", "簽核", facts.signature("auditor"))
    yield parts.signature_box("單位主管", "簽核", facts.signature("unit_head"))
    yield parts.act_box("機關管理者", "收存", facts.received)
