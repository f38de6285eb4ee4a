"""Did the agency find otherwise than its units, on the same records?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, numbers, to_look
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield records on which the two differ."""
    verdicts = audit.in_force
    apart = [
        record
        for record, ruling in audit.unit_rulings.items()
        if record in verdicts and verdicts[record].ruling is not ruling
    ]
    if apart:
        yield to_look(f"{audit.name}：紀錄 {numbers(apart)}的判定與單位不同。", audit.audit_id)


CHECK = Check(
    code="disagreement",
    label="機關與單位的判定",
    clause="7.1.2",
    passed="機關與單位對相同紀錄的判定一致。",
    of_audit=look,
)
