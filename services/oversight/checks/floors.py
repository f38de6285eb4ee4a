"""Does every sample have as many records as the rule asks for?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed, unreadable
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield a sample that is too small; what was picked by judgement counts for no floor."""
    if audit.frame is None:
        yield unreadable(audit)
        return
    taken = len({item.record_id for item in audit.sample})
    if taken < audit.floors.records:
        yield failed(
            f"{audit.name}：應稽核 {audit.floors.records:,} 筆，樣本只有 {taken:,} 筆。",
            audit.audit_id,
        )


CHECK = Check(
    code="floors",
    label="稽核筆數",
    clause="7.1.1",
    passed="每件稽核的樣本都達規定筆數。",
    of_audit=look,
)
