"""Did anybody judge their own records, or sign an audit that they stand in?"""

from collections.abc import Iterator

from services.oversight.checks.result import Check, Outcome, failed, numbers, to_look
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield records judged by whoever made them, and signers who are among the audited."""
    own: dict[str, list[int]] = {}
    for one in audit.in_force.values():
        if one.judge_id is not None and audit.owners.get(one.record_id) == one.judge_id:
            own.setdefault(one.judge, []).append(one.record_id)
    for judge, records in own.items():
        yield failed(f"{audit.name}：{judge} 判定了本人的紀錄 {numbers(records)}。", audit.audit_id)
    audited = set(audit.owners.values())
    for signer in audit.signers:
        if signer.account_id in audited:
            yield to_look(
                f"{audit.name}：簽核的 {signer.name} 也是受稽核的使用者。", audit.audit_id
            )


CHECK = Check(
    code="own_records",
    label="本人迴避",
    clause="7.1.1",
    passed="沒有人判定本人的紀錄，簽核人員都不在受稽核之列。",
    of_audit=look,
)
