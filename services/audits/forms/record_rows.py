"""The audited records as rows, and beside them what the paper says above: for ODS and CSV."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from data.models import Audit
from services.audits.forms import finding_parts
from services.audits.forms import shared_parts as parts
from services.audits.forms.codes import short_code
from services.audits.forms.facts import AuditFacts
from services.audits.forms.gathering import facts_of
from services.documents.ods import Sheet
from services.rocdate import roc_month, roc_time

COLUMNS = (
    "序號",
    "紀錄編號",
    "使用者",
    "單位",
    "使用時間",
    "月份",
    "項目",
    "作業",
    "查詢標的",
    "案件號、公文號或查詢原因",
    "系統提示",
    "抽出方式",
    "理由",
    "抽出說明",
    "佐證資料",
    "判定",
    "單位判定",
    "說明",
    "判定人員",
    "整批判定",
    "更改判定理由",
)
Row = tuple[Any, ...]


def record_table(db: Session, audit: Audit) -> list[Row]:
    """Return the audited records of an audit, a row each, under `COLUMNS`."""
    return record_rows(facts_of(db, audit))


def record_rows(facts: AuditFacts) -> list[Row]:
    """Return the records of what was gathered; texts as they are, made neutral by the writers."""
    return [
        (
            number,
            line.record_id,
            line.user,
            line.unit,
            roc_time(line.at),
            roc_month(line.month),
            line.item,
            line.action,
            line.target,
            line.purpose,
            "、".join(line.checks),
            line.basis,
            line.reason,
            line.why,
            "、".join(line.evidence),
            line.ruling,
            (line.unit_ruling or "未稽核") if facts.of_agency else "",
            line.note,
            line.judge,
            line.in_bulk,
            line.change_reason,
        )
        for number, line in enumerate(facts.lines, 1)
    ]


def sheets(facts: AuditFacts) -> tuple[Sheet, ...]:
    """Return the sheets of the ODS: records, what the audit is, its draws, incidents and units."""
    rows = record_rows(facts)
    about = tuple(_about(facts))
    made = [
        Sheet("稽核紀錄明細", COLUMNS, rows, len(rows)),
        Sheet("稽核資料", ("欄位", "內容"), about, len(about)),
    ]
    for name, columns, lines in (
        (
            "抽樣",
            ("抽樣", "種類", "筆數", "種子", "種子來源", "時間", "人員", "理由"),
            _draws(facts),
        ),
        (
            "事件",
            ("事件編號", "情節", "使用者", "事由", "紀錄編號", "處理情形", "狀態"),
            _incidents(facts),
        ),
        (
            "單位稽核",
            (
                "單位",
                "季別",
                "單位稽核人數",
                "機關稽核人數",
                "單位稽核筆數",
                "機關稽核筆數",
                "月份",
            ),
            _units(facts),
        ),
    ):
        held = tuple(lines)
        if held:
            made.append(Sheet(name, columns, held, len(held)))
    return tuple(made)


def _about(facts: AuditFacts) -> Iterable[tuple[str, Any]]:
    yield "紀錄編號", parts.record_number(facts)
    yield "稽核種類", facts.kind.label
    yield "狀態", facts.status.label if facts.content_hash else parts.DRAFT
    yield "機關名稱", facts.agency
    yield "單位名稱", facts.unit
    yield "稽核期間", parts.period_words(facts)
    yield "稽核日期", parts.audited_on(facts)
    for name, tally in (("人數", facts.people), ("筆數", facts.records)):
        yield f"母體{name}", tally.total
        yield f"應稽核{name}", tally.required
        yield f"實際稽核{name}", tally.audited
    yield "有紀錄月份", parts.month_words(facts.months)
    yield "稽核月份", parts.month_words(facts.months_covered)
    yield "判定", parts.ruling_words(facts)
    yield "推論", facts.sentence
    if facts.nil:
        yield "無使用紀錄", finding_parts.nil_sentence(facts)
    yield "母體雜湊值", facts.frame_hash
    yield "簽核內容雜湊值", facts.content_hash
    yield "核對碼", short_code(facts.content_hash)
    for name, sealed in (("母體", facts.frame_checkpoint), ("簽核時", facts.signed_checkpoint)):
        yield f"帳本檢查點（{name}）", sealed.sentence if sealed else "尚未封存"
    for signed in facts.signatures:
        yield f"{signed.label}簽核", f"{signed.name} {roc_time(signed.at)}"
        if signed.conclusion:
            yield f"{signed.label}結論", signed.conclusion
    for name, act in (("收存", facts.received), ("核定", facts.approved), ("函送", facts.sent)):
        if act:
            letter = f" {act.letter_no}" if act.letter_no else ""
            yield name, f"{act.name} {roc_time(act.at)}{letter}"


def _draws(facts: AuditFacts) -> Iterable[Row]:
    for draw in facts.draws:
        at = roc_time(draw.at)
        yield (
            draw.words,
            draw.kind,
            draw.size,
            draw.seed,
            draw.seed_source,
            at,
            draw.by,
            draw.reason,
        )


def _incidents(facts: AuditFacts) -> Iterable[Row]:
    for one in facts.incidents:
        records = "、".join(str(record) for record in one.records)
        steps = "\n".join(finding_parts.step_lines(one))
        yield one.number, one.gravity, one.person, one.title, records, steps, one.status


def _units(facts: AuditFacts) -> Iterable[Row]:
    for one in facts.of_agency.units if facts.of_agency else ():
        counts = (one.people, one.taken_people, one.records, one.taken_records)
        yield one.unit, one.quarter, *counts, parts.month_words(one.months)
