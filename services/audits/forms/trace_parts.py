"""The parts of a record by which it is checked: draws with their seeds, hashes, checkpoints, reopenings."""

from collections.abc import Iterable

from services.audits.forms.codes import short_code
from services.audits.forms.facts import AuditFacts
from services.audits.forms.shared_parts import NONE, NOT_SIGNED, stacked
from services.documents.paper import Align, Column, Facts, Field, Line, Part, Table
from services.rocdate import roc_time


def draw_parts(facts: AuditFacts) -> Iterable[Part]:
    """Yield every draw with its seed and reason, and the hashes by which the record is checked."""
    yield Line("抽樣及查驗資料", strong=True)
    if facts.draws:
        columns = (
            Column("抽樣", 6, Align.CENTER),
            Column("種類", 5, Align.CENTER),
            Column("種子", 13),
            Column("種子來源", 6),
            Column("時間與人員", 7),
            Column("理由", 8),
        )
        yield Table(columns, tuple(_draw_rows(facts)), small=True)
    yield Facts(tuple(_traces(facts)))
    if facts.reopenings:
        rows = ((roc_time(one.at), one.by, one.reason) for one in facts.reopenings)
        yield Line("重新開啟", strong=True)
        yield Table(
            (Column("時間", 2), Column("人員", 2), Column("理由", 6)), tuple(rows), small=True
        )


def _draw_rows(facts: AuditFacts) -> Iterable[tuple[str, ...]]:
    for draw in facts.draws:
        kept = "" if draw.current else "（已由重抽取代，保留供查）"
        yield (
            draw.words,
            stacked(f"{draw.kind} {draw.size:,} 筆", kept),
            draw.seed,
            stacked(draw.seed_source, facts.public_figure if draw.number == 1 else ""),
            stacked(roc_time(draw.at), draw.by),
            draw.reason or NONE,
        )


def _traces(facts: AuditFacts) -> Iterable[Field]:
    yield Field("母體\n雜湊值", facts.frame_hash, wide=True)
    yield Field("母體凍結", roc_time(facts.frozen_at))
    yield Field("核對碼", short_code(facts.content_hash) or NOT_SIGNED)
    yield Field("簽核內容\n雜湊值", facts.content_hash or NOT_SIGNED, wide=True)
    sealed = [
        f"{words}{one.sentence}"
        for words, one in (
            ("母體：", facts.frame_checkpoint),
            ("簽核時：", facts.signed_checkpoint),
        )
        if one
    ]
    yield Field("帳本檢查點", "\n".join(sealed) or "尚未封存", wide=True)
