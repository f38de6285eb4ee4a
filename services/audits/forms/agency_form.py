"""機關查詢使用地籍資料稽核紀錄表（附件三） of one agency and half-year (7.1.2)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from data.models import Audit
from services.audits.forms import finding_parts, trace_parts
from services.audits.forms import shared_parts as parts
from services.audits.forms.facts import AgencyFacts, AuditFacts
from services.audits.forms.gathering import facts_of
from services.audits.forms.unit_form import auditors
from services.documents.application_form import FOOTER, SYSTEM
from services.documents.paper import (
    Align,
    Box,
    Column,
    Facts,
    Field,
    Line,
    Paper,
    Part,
    Signatures,
    Table,
)
from services.regulation.clauses import clause_words
from services.rocdate import local_date, roc_date

TITLE = "機關查詢使用地籍資料稽核紀錄表"


def agency_paper(db: Session, audit: Audit) -> Paper:
    """Return the record of an agency audit as a paper."""
    return agency_form(facts_of(db, audit))


def agency_form(facts: AuditFacts) -> Paper:
    """Return the form of what was gathered; raise ValueError for another kind of audit."""
    units = facts.of_agency
    if units is None:
        raise ValueError("only an agency audit has this form")
    rule = facts.kind.rule
    clause = clause_words(rule.clause)
    return Paper(
        title=TITLE,
        above=f"{facts.agency}　{SYSTEM}",
        number=parts.record_number(facts),
        corner=parts.corner(facts, rule.annex),
        qr_code=parts.check_code(facts),
        footer=f"{FOOTER}{clause}",
        watermark="" if facts.content_hash else parts.DRAFT,
        landscape=True,
        parts=(
            Facts(tuple(_facts(facts, units))),
            Line("應稽核與實際稽核", strong=True),
            _tally(facts, units),
            *_units(units),
            Line("稽核結果", strong=True),
            Facts(tuple(_results(facts, units))),
            *finding_parts.incident_parts(facts),
            *finding_parts.record_parts(facts),
            *trace_parts.draw_parts(facts),
            Signatures("簽章欄", tuple(_boxes(facts))),
            parts.notes(facts, clause, rule.annex),
        ),
    )


def _facts(facts: AuditFacts, units: AgencyFacts) -> Iterable[Field]:
    ethics = facts.signature("ethics_officer")
    sent = facts.sent
    yield Field("機關名稱", facts.agency)
    yield Field("稽核期間", parts.period_words(facts))
    yield Field("稽核日期", parts.audited_on(facts))
    yield Field("稽核人員", auditors(facts))
    yield Field("會同\n政風人員", ethics.name if ethics else parts.NOT_SIGNED)
    yield Field("母體範圍", units.scope)
    approved = roc_date(local_date(facts.approved.at)) if facts.approved else "（尚未核定）"
    yield Field("機關首長\n核定日期", approved)
    letter_date = roc_date(sent.letter_date) if sent and sent.letter_date else "（尚未函送）"
    yield Field("函送日期", letter_date)
    yield Field("函送文號", sent.letter_no if sent else "（尚未函送）", wide=True)


def _tally(facts: AuditFacts, units: AgencyFacts) -> Table:
    people, records = facts.people, facts.records
    months = sum(month in facts.months_covered for month in facts.months)
    return parts.tally_table(
        facts,
        "單位稽核總數",
        (
            (
                "稽核人數",
                f"{units.people:,} 人",
                f"{people.required:,} 人",
                f"{people.audited:,} 人",
                parts.result(people.met),
                parts.explained(facts, "人數"),
            ),
            (
                "稽核筆數",
                f"{units.records:,} 筆",
                f"{records.required:,} 筆",
                f"{records.audited:,} 筆",
                parts.result(records.met),
                parts.explained(facts, "筆數"),
            ),
            (
                "有查詢紀錄之月份",
                f"{len(facts.months)} 個月",
                f"{len(facts.months)} 個月\n{parts.month_words(facts.months)}",
                f"{months} 個月\n{parts.month_words(facts.months_covered)}",
                parts.result(months == len(facts.months)),
                parts.explained(facts, "月份"),
            ),
        ),
    )


def _units(units: AgencyFacts) -> Iterable[Part]:
    yield Line("各單位稽核情形", strong=True)
    columns = (
        Column("單位", 8),
        Column("季別", 5, Align.CENTER),
        Column("單位稽核\n人數", 4, Align.RIGHT),
        Column("機關稽核\n人數", 4, Align.RIGHT),
        Column("人數比率", 4, Align.RIGHT),
        Column("單位稽核\n筆數", 4, Align.RIGHT),
        Column("機關稽核\n筆數", 4, Align.RIGHT),
        Column("筆數比率", 4, Align.RIGHT),
        Column("單位稽核月份", 10),
    )
    rows = [
        (
            one.unit,
            one.quarter,
            f"{one.people:,}",
            f"{one.taken_people:,}",
            _share(one.taken_people, one.people),
            f"{one.records:,}",
            f"{one.taken_records:,}",
            _share(one.taken_records, one.records),
            parts.month_words(one.months),
        )
        for one in units.units
    ]
    if rows:
        yield Table(columns, tuple(rows), small=True)
        yield Line("應稽核之比率以全機關單位稽核總人數及總筆數計，各單位之比率供參考。")
    missing = "、".join(units.missing)
    yield Line(
        f"凍結時尚缺單位稽核：{missing}。" if missing else "凍結時各單位兩季之稽核紀錄均已齊備。"
    )


def _share(taken: int, of: int) -> str:
    return f"{taken / of:.0%}" if of else "－"


def _results(facts: AuditFacts, units: AgencyFacts) -> Iterable[Field]:
    more = len(facts.lines) - facts.records.audited
    audited = f"{len(facts.lines):,} 筆"
    if more > 0:
        audited += f"（抽樣 {facts.records.audited:,} 筆，判斷抽查及前次抽樣保留 {more:,} 筆）"
    yield Field("查核紀錄", audited)
    yield Field("單位未稽\n核之紀錄", f"{units.not_audited:,} 筆")
    yield Field("判定", parts.ruling_words(facts))
    differing = sum(
        bool(line.unit_ruling) and line.unit_ruling != line.ruling for line in facts.lines
    )
    yield Field("與單位\n判定不同", f"{differing:,} 筆")
    yield Field("推論", facts.sentence, wide=True)
    yield from parts.conclusions(facts)
    if facts.evidence:
        yield Field("佐證資料", "、".join(facts.evidence), wide=True)


def _boxes(facts: AuditFacts) -> Iterable[Box]:
    yield parts.signature_box("機關管理者", "簽核", facts.signature("agency_manager"))
    ethics = facts.signature("ethics_officer")
    yield parts.signature_box(ethics.label if ethics else "政風單位", "會同稽核", ethics)
    yield parts.act_box("機關首長", "核定", facts.approved)
