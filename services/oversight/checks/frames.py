"""Is every frozen frame what its hash says?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield a frame that does not hash to what was frozen."""
    if audit.frame is None:
        yield failed(f"{audit.name}：凍結的母體與其雜湊值不符。", audit.audit_id)


CHECK = Check(
    code="frames",
    label="母體雜湊值",
    clause="7.1.1",
    passed="每件稽核凍結的母體都與雜湊值相符。",
    of_audit=look,
)
