"""What the sample says: the base's claim in one sentence, and what stands beside it counted apart."""

import re
from typing import Any

import pytest

from data.engine import reading
from services.audits import store
from services.audits.drawing import draw_first, expand
from services.audits.findings import Findings, summarise
from services.audits.freezing import freeze
from services.audits.frozen import unpack_frame
from services.audits.sampling.claims import upper_limit
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge, pick
from tests.services.audits.test_unit_audit import Q3, audited
from tests.world import World

__all__ = ["audited"]


def findings(audit_id: int) -> Findings:
    with reading() as db:
        return summarise(db, audit_id)


def rows_of(world: World, audit_id: int, *bases: str) -> list[SheetRow]:
    rows = worksheet_rows(world.actor("head"), audit_id)
    return [row for row in rows if row.basis in bases]


def say(world: World, audit_id: int, rows: list[SheetRow], ruling: Ruling) -> None:
    seen = {row.record_id: row.judged.sequence for row in rows}
    judge(world.actor("head"), audit_id, seen, ruling, "查核結果", flagged_too=seen)


@pytest.fixture
def drawn(audited: World) -> int:
    """A base of five of 260 records, and an expansion by seven."""
    head = audited.actor("head")
    audit_id = freeze(head, audited.units["tax1"], Q3, base_records=5)
    draw_first(head, audit_id)
    expand(head, audit_id, 7, "發現缺失，擴大查核範圍")
    return audit_id


def test_the_base_s_claim_is_exact_and_in_plain_words(audited: World, drawn: int) -> None:
    base = rows_of(audited, drawn, "base")
    before = findings(drawn).sentence
    assert before == "基本樣本 5 筆都還沒有結論；判定後在此推論母體 260 筆的情形。"
    say(audited, drawn, base[:1], Ruling.DEFICIENT)
    say(audited, drawn, base[1:], Ruling.COMPLIANT)
    found = findings(drawn)
    limit = upper_limit(260, 5, 1)
    assert (found.base_deviations, found.limit) == (1, limit)
    assert found.sentence.startswith(
        "從母體 260 筆隨機抽出的基本樣本 5 筆中有缺失 1 筆。"
        f"以 95% 信心水準推論，母體 260 筆中的缺失（含重大缺失）至多 {limit} 筆（{limit / 260:.1%}）"
    )
    assert "機會不超過 5%" in found.sentence


def test_what_is_beside_the_base_is_counted_apart_and_claims_nothing(
    audited: World, drawn: int
) -> None:
    head = audited.actor("head")
    with reading() as db:
        frame = unpack_frame(store.load_frame_row(db, drawn))
    taken = {row.record_id for row in worksheet_rows(head, drawn)}
    free = [int(record) for record in frame.ids if int(record) not in taken][:2]
    pick(head, drawn, free, "夜間查詢，無法說明")
    say(audited, drawn, rows_of(audited, drawn, "base"), Ruling.COMPLIANT)
    limit = findings(drawn).limit
    expanded = rows_of(audited, drawn, "expansion")
    say(audited, drawn, expanded[:3], Ruling.MAJOR)
    say(audited, drawn, expanded[3:], Ruling.COMPLIANT)
    say(audited, drawn, rows_of(audited, drawn, "judgement")[:1], Ruling.EXPLAIN)
    found = findings(drawn)
    assert (found.limit, found.base_deviations) == (limit, 0)
    covered = len(rows_of(audited, drawn, "month", "person"))
    wanted: list[Any] = [("加抽", 7, 3, 0), ("判斷抽查", 2, 0, 2)]
    if covered:
        wanted.insert(0, ("補足月份與人數", covered, 0, covered))
    assert [(b.label, b.records, b.deviations, b.still_open) for b in found.beside] == wanted
    assert found.other_deviations == 3
    assert "加抽 7 筆（重大缺失 3 筆）、判斷抽查 2 筆（缺失 0 筆，未定 2 筆）" in found.sentence
    assert found.sentence.endswith("另發現重大缺失 3 筆，不列入推論。")
    parts = sum(kind.records for kind in found.beside)
    assert found.to_judge == found.base + parts


def test_nothing_found_beside_is_said_too(audited: World, drawn: int) -> None:
    say(audited, drawn, worksheet_rows(audited.actor("head"), drawn), Ruling.COMPLIANT)
    assert re.search("加抽 7 筆（缺失 0 筆）.*沒有另外發現缺失", findings(drawn).sentence)
