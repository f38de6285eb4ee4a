"""Has every record that was found wanting something that shows it?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, numbers, to_look
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield deficiencies without a file."""
    bare = [
        one.record_id
        for one in audit.in_force.values()
        if one.ruling.deviates and one.record_id not in audit.evidenced
    ]
    if bare:
        yield to_look(f"{audit.name}：紀錄 {numbers(bare)}判定缺失而沒有佐證資料。", audit.audit_id)


CHECK = Check(
    code="evidence",
    label="佐證資料",
    clause="7.2.2",
    passed="判定缺失的紀錄都有佐證資料。",
    of_audit=look,
)
