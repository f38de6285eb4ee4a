"""Does every sample reach as many people, and every month, as the rule asks for?"""

from collections.abc import Iterator

from services import rocdate
from services.oversight.checks.result import Check, Outcome, failed, unreadable
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield a sample with too few people, or without a month that has records."""
    if audit.frame is None:
        yield unreadable(audit)
        return
    sample = audit.sample
    people = len({item.person_key for item in sample})
    if people < audit.floors.users:
        yield failed(
            f"{audit.name}：應稽核 {audit.floors.users:,} 人，樣本只有 {people:,} 人。",
            audit.audit_id,
        )
    if absent := sorted(set(audit.frame.months) - {item.local_month for item in sample}):
        named = "、".join(rocdate.roc_month(month) for month in absent)
        yield failed(f"{audit.name}：{named}有使用紀錄，樣本沒有抽到。", audit.audit_id)


CHECK = Check(
    code="coverage",
    label="人數與月份",
    clause="7.1.1",
    passed="每件稽核的樣本都達規定人數，有使用紀錄的月份都抽到。",
    of_audit=look,
)
