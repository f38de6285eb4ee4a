"""Is what every audit holds still what was signed?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield an audit that is not signed, or that holds something else now."""
    if not audit.signed_hash:
        yield failed(f"{audit.name}：尚未簽核。", audit.audit_id)
    elif audit.signed_hash != audit.content_hash:
        yield failed(f"{audit.name}：目前的內容與簽核時不同。", audit.audit_id)


CHECK = Check(
    code="unchanged",
    label="簽核後未更動",
    clause="7.1.2",
    passed="每件稽核的內容都與簽核時相同。",
    of_audit=look,
)
