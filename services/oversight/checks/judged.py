"""Was every record judged, and is nothing left to be explained?"""

from collections.abc import Iterator

from services.audits.words import Ruling
from services.oversight.checks.result import Check, Outcome, failed, numbers, to_look
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield records without a verdict, and those that were sent while an explanation was awaited."""
    verdicts = audit.in_force
    if left := [record for record in audit.held if record not in verdicts]:
        yield failed(f"{audit.name}：紀錄 {numbers(left)}沒有判定。", audit.audit_id)
    asked = [
        record
        for record in audit.held
        if record in verdicts and verdicts[record].ruling is Ruling.EXPLAIN
    ]
    if asked:
        yield to_look(f"{audit.name}：紀錄 {numbers(asked)}仍判定為「請說明」。", audit.audit_id)


CHECK = Check(
    code="judged",
    label="逐筆判定",
    clause="7.1.1",
    passed="每一筆抽出的紀錄都已判定，沒有待說明的。",
    of_audit=look,
)
