"""Was everything signed and sent in time?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import AuditFacts, PackageFacts
from services.regulation.audit_kinds import AuditKind
from services.rocdate import local_date, roc_date


def look_at_audit(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield an audit that was signed late; a supplement has no day of its own."""
    if audit.signed_at is None or audit.kind is AuditKind.SUPPLEMENT:
        return
    day = local_date(audit.signed_at)
    if audit.due.is_past(day):
        late = (day - audit.due.effective).days
        yield failed(
            f"{audit.name}：{roc_date(day)}簽核，逾 {roc_date(audit.due.effective)} 期限 {late:,} 天。",
            audit.audit_id,
        )


def look_at_package(package: PackageFacts) -> Iterator[Outcome]:
    """Yield a package that was first sent late: the system's own moment counts (domain.md §7, 9)."""
    day = local_date(package.sent_at)
    if package.due.is_past(day):
        late = (day - package.due.effective).days
        yield failed(
            f"{package.half}函送：{roc_date(day)}送達，"
            f"逾 {roc_date(package.due.effective)} 期限 {late:,} 天。"
        )


CHECK = Check(
    code="timing",
    label="期限",
    clause="7.1.2",
    passed="單位稽核、機關稽核與函送都在期限內。",
    of_audit=look_at_audit,
    of_package=look_at_package,
)
