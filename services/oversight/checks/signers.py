"""Was every audit signed by the persons the rule names, different ones where it names two?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed, to_look
from services.oversight.facts import AuditFacts
from services.regulation.roles import Duty


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
        if one.entitled is False:
            yield failed(f"{audit.name}：{one.name} 簽核時沒有該項職務。", audit.audit_id)
        elif one.entitled is None:
            yield to_look(
                f"{audit.name}：{one.name} 現在沒有簽核時的角色，請確認當時的身分。", audit.audit_id
            )
    if head := audit.kind.rule.approved_by:
        yield from _approval(audit, head)


def _approval(audit: AuditFacts, head: Duty) -> Iterator[Outcome]:
    """Yield a record that its head has not approved, or that a signer approved (7.1.2)."""
    if audit.approver is None:
        yield failed(f"{audit.name}：目前簽核的內容沒有{head.label}的核定。", audit.audit_id)
    elif audit.approver.account_id in {one.account_id for one in audit.signers}:
        yield failed(f"{audit.name}：核定的 {audit.approver.name} 也是簽核的人。", audit.audit_id)
    elif not audit.approver.entitled:
        yield failed(
            f"{audit.name}：{audit.approver.name} 核定時不是{head.label}。", audit.audit_id
        )


CHECK = Check(
    code="signers",
    label="簽核人員",
    clause="7.1.2",
    passed="每件稽核都由規定的人員簽核，應由兩人簽核的為不同的人，機關稽核經首長核定。",
    of_audit=look,
)
