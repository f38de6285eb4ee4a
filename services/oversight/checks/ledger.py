"""Does the ledger prove every record that was drawn or picked?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield an audit with a record that is not what was sealed, or that is not sealed."""
    if audit.unproved:
        yield failed(f"{audit.name}：{audit.unproved}", audit.audit_id)


CHECK = Check(
    code="ledger",
    label="帳本證明",
    clause="7.1.5",
    passed="抽出的紀錄都與封存於帳本的相同。",
    of_audit=look,
)
