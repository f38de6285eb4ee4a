"""Was a sample drawn again, and what became of what the earlier one had found?"""

from collections.abc import Iterator

from services.audits.words import DrawKind, Ruling
from services.oversight.checks.result import Check, Outcome, numbers, to_look
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield every redraw with its reason, and the records found wanting that it left behind."""
    for draw in audit.draws:
        if draw.kind is DrawKind.REDRAW:
            yield to_look(
                f"{audit.name}：第 {draw.number} 次抽樣是重抽，理由：{draw.reason.rstrip('。')}。",
                audit.audit_id,
            )
    kept = {item.record_id for item in audit.sample}
    drawn = {item.record_id for draw in audit.draws for item in draw.items}
    wanting = {one.record_id for one in audit.verdicts if one.ruling is not Ruling.COMPLIANT}
    if left := sorted((drawn - kept) & wanting):
        yield to_look(
            f"{audit.name}：紀錄 {numbers(left)}曾判定不符，重抽後已不在樣本內。",
            audit.audit_id,
        )


CHECK = Check(
    code="redraws",
    label="抽樣次數",
    clause="7.1.1",
    passed="沒有重抽。",
    of_audit=look,
)
