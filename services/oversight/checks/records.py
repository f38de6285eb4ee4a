"""Are the frame's usage records still there, of the same person and month?"""

from collections.abc import Iterator

from services.audits.sampling.frame import Frame
from services.oversight.checks.result import Check, Outcome, failed, numbers, to_look, unreadable
from services.oversight.facts import AuditFacts


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield records that are gone, that are other ones now, or that came after the freeze."""
    if audit.frame is None:
        yield unreadable(audit)
    elif audit.frame.content != audit.stored.content:
        before, now = _rows(audit.frame), _rows(audit.stored)
        if gone := [record for record in before if record not in now]:
            yield failed(f"{audit.name}：母體的使用紀錄 {numbers(gone)}已不存在。", audit.audit_id)
        changed = [record for record, row in before.items() if now.get(record, row) != row]
        if changed:
            yield failed(
                f"{audit.name}：使用紀錄 {numbers(changed)}的使用者或月份與凍結時不同。",
                audit.audit_id,
            )
    if audit.late:
        yield to_look(
            f"{audit.name}：凍結後另有 {audit.late:,} 筆使用紀錄匯入，未列入任何母體。",
            audit.audit_id,
        )


def _rows(frame: Frame) -> dict[int, tuple[str, str]]:
    rows = (frame.row(index) for index in range(len(frame)))
    return {record: (person, month) for record, person, month in rows}


CHECK = Check(
    code="records",
    label="母體與使用紀錄",
    clause="7.1.5",
    passed="母體與目前保存的使用紀錄相同，凍結後沒有遺漏的匯入。",
    of_audit=look,
)
