"""The parts of a record about what was found: every audited record, and every incident (7.1.3)."""

from collections.abc import Iterable

from services.audits.forms.facts import AuditFacts, IncidentFact
from services.audits.forms.lines import NOT_YET
from services.audits.forms.shared_parts import NONE, stacked
from services.documents.paper import Align, Column, Line, Part, Table
from services.rocdate import roc_date, roc_time


def record_parts(facts: AuditFacts) -> Iterable[Part]:
    """Yield the list of the audited records, or the sentence of a nil return."""
    if facts.nil:
        yield Line("稽核紀錄明細", strong=True)
        yield Line(nil_sentence(facts))
        return
    yield Line(f"稽核紀錄明細（{len(facts.lines):,} 筆）", strong=True)
    yield Table(_columns(facts), tuple(_record_rows(facts)), small=True)


def nil_sentence(facts: AuditFacts) -> str:
    """Return what a nil return says."""
    return (
        f"{facts.agency}{facts.unit}於{facts.period.label}沒有使用紀錄，依規定免抽樣，"
        "作成本無使用紀錄之稽核紀錄。"
    )


def _columns(facts: AuditFacts) -> tuple[Column, ...]:
    beside = "\n單位判定" if facts.of_agency else ""
    return (
        Column("序號\n紀錄編號", 4, Align.CENTER),
        Column("使用者\n單位" if facts.of_agency else "使用者", 7),
        Column("使用時間", 7, Align.CENTER),
        Column("項目\n作業", 6),
        Column("查詢標的", 7),
        Column("案件號、公文號\n或查詢原因", 9),
        Column("抽出方式", 5),
        Column("佐證資料", 6),
        Column(f"判定{beside}", 5, Align.CENTER),
        Column("說明", 8),
    )


def _record_rows(facts: AuditFacts) -> Iterable[tuple[str, ...]]:
    for number, line in enumerate(facts.lines, 1):
        unit = line.unit if facts.of_agency else ""
        beside = f"單位：{line.unit_ruling or '未稽核'}" if facts.of_agency else ""
        changed = f"更改判定：{line.change_reason}" if line.change_reason else ""
        yield (
            f"{number}\n{line.record_id}",
            stacked(line.user, unit),
            roc_time(line.at).replace(" ", "\n"),
            stacked(line.item, line.action),
            line.target,
            line.purpose or "（未填）",
            stacked(line.basis, f"理由：{line.reason}" if line.reason else ""),
            "\n".join(line.evidence) or NONE,
            stacked(line.ruling, f"（{line.judge}）" if line.judge else "", line.in_bulk, beside),
            stacked(line.note, changed),
        )


def incident_parts(facts: AuditFacts) -> Iterable[Part]:
    """Yield abnormal uses and deficiencies with every step taken (7.1.3), or say that there are none."""
    yield Line("異常使用、缺失及處理情形", strong=True)
    if not facts.incidents:
        yield Line(no_incident_sentence(facts))
        return
    columns = (
        Column("事件編號", 5, Align.CENTER),
        Column("情節", 4, Align.CENTER),
        Column("使用者", 6),
        Column("事由", 9),
        Column("紀錄編號", 5, Align.CENTER),
        Column("提報及處理情形", 16),
        Column("辦理狀態", 4, Align.CENTER),
    )
    yield Table(
        columns,
        tuple(
            (
                one.number,
                one.gravity,
                one.person,
                one.title,
                "、".join(str(record) for record in one.records),
                "\n".join(step_lines(one)) or "尚未辦理",
                one.status,
            )
            for one in facts.incidents
        ),
        small=True,
    )


def no_incident_sentence(facts: AuditFacts) -> str:
    """Return what stands in the place of incidents where there is none."""
    if left := sum(line.ruling == NOT_YET for line in facts.lines):
        return f"尚有 {left:,} 筆未判定。"
    deviating = sum(count for label, count in facts.rulings if "缺失" in label)
    if deviating:
        return f"判定為缺失者 {deviating:,} 筆，尚未成立事件辦理。"
    return "未發現異常使用或重大缺失。"


def step_lines(incident: IncidentFact) -> list[str]:
    """Return a line for every step: what, when, with which letter, by whom."""
    return [
        f"{roc_date(step.on)} {step.label}"
        + (f"（{step.letter_no}）" if step.letter_no else "")
        + (f"：{step.note}" if step.note else "")
        + f"　登錄：{step.by}"
        for step in incident.steps
    ]
