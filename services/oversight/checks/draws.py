"""Does every draw, repeated, take the very records that are stored?"""

from collections.abc import Iterator, Sequence

from services.audits.sampling.draw import Drawn, draw_sample, expand_sample
from services.audits.sampling.frame import Frame
from services.audits.words import DrawKind
from services.oversight.checks.result import Check, Outcome, failed, unreadable
from services.oversight.facts import AuditFacts, DrawFact


def look(audit: AuditFacts) -> Iterator[Outcome]:
    """Yield draws that come out otherwise; without the frame there is nothing to repeat one over."""
    if audit.frame is None:
        yield unreadable(audit)
        return
    if len(audit.frame) and not audit.draws:
        yield failed(f"{audit.name}：沒有抽樣紀錄。", audit.audit_id)
    drawn: list[int] = []
    for draw in audit.draws:
        if draw.kind is not DrawKind.EXPANSION:
            drawn = []
        if not _comes_out(audit.frame, draw, drawn):
            yield failed(
                f"{audit.name}：以種子重做第 {draw.number} 次抽樣，結果與保存的樣本不同。",
                audit.audit_id,
            )
        drawn += [item.record_id for item in draw.items]


def _comes_out(frame: Frame, draw: DrawFact, drawn: Sequence[int]) -> bool:
    if draw.frame_hash != frame.hash:
        return False
    try:
        again = _repeat(frame, draw, drawn)
    except ValueError:  # floors that the frame cannot meet, or more than is left of it
        return False
    stored = sorted(draw.items, key=lambda item: item.position)
    return [
        (one.record_id, one.person, one.month, one.ticket, one.rank, one.basis) for one in again
    ] == [
        (item.record_id, item.person_key, item.local_month, item.ticket, item.rank, item.basis)
        for item in stored
    ]


def _repeat(frame: Frame, draw: DrawFact, drawn: Sequence[int]) -> list[Drawn]:
    if draw.kind is DrawKind.EXPANSION:
        return expand_sample(frame, draw.seed, draw.base_records, drawn)
    return draw_sample(frame, draw.seed, draw.base_records, draw.users_floor, draw.months_floor)


CHECK = Check(
    code="draws",
    label="重做抽樣",
    clause="7.1.1",
    passed="以種子重做每一次抽樣，結果都與保存的樣本相同。",
    of_audit=look,
)
