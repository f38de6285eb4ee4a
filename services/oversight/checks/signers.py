"""Was every audit signed by the persons the rule names, different ones where it names two?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield places that nobody has signed at, one person at two of them, and who was not entitled to."""
    signed = {one.capacity for one in audit.signers}
    for place in audit.kind.rule.signatures:
        if not signed & {capacity.value for capacity in place}:
            who = "或".join(capacity.label for capacity in place)
            yield failed(f"{audit.name}：缺{who}的簽核。", audit.audit_id)
    people = [one.account_id for one in audit.signers]
    for one in audit.signers:
        if people.count(one.account_id) > 1:
            yield failed(f"{audit.name}：{one.name} 一人簽核兩處。", audit.audit_id)
            break
    for one in audit.signers:
        if not one.entitled:
            yield failed(f"{audit.name}：{one.name} 簽核時沒有該項職務或角色。", audit.audit_id)


CHECK = Check(
    code="signers",
    label="簽核人員",
    clause="7.1.2",
    passed="每件稽核都由規定的人員簽核，應由兩人簽核的為不同的人。",
    of_audit=look,
)
