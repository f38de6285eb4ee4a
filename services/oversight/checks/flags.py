"""Were the records that the machine had noticed looked at?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, numbers, to_look
from services.oversight.facts import AuditFacts
from services.regulation.audit_kinds import AuditKind


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield flagged records of a unit's frame that nobody judged; the agency's frame rests on those frames."""
    if audit.kind is AuditKind.AGENCY:
        return
    if left := sorted(audit.flagged - set(audit.held)):
        yield to_look(f"{audit.name}：系統有提示的紀錄 {numbers(left)}沒有查核。", audit.audit_id)


CHECK = Check(
    code="flags",
    label="系統提示",
    clause="7.1.4",
    passed="系統有提示的紀錄都已查核。",
    of_audit=look,
)
