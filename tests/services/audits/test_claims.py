"""What is claimed of the whole is never less than what is known, and nothing is inferred where all was seen."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.engine import reading
from services.audits import signing, store
from services.audits.drawing import draw_first, expand
from services.audits.findings import Beside, Findings, said, sentence_of, summarise
from services.audits.freezing import freeze
from services.audits.sampling.claims import beside_the_known, upper_limit
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import SIGN, Ruling
from services.audits.worksheet import judge
from services.errors import Invalid
from tests.services.audits.test_unit_audit import Q3, audited
from tests.world import World

__all__ = ["audited"]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@st.composite
def any_findings(draw: st.DrawFn) -> Findings:
    """Counts of an audit as it can stand: a base sample, what was looked at besides, and what was not."""

    def part(most: int) -> tuple[int, int, int, int]:
        deviating = draw(st.integers(0, most))
        still_open = draw(st.integers(0, most - deviating))
        complying = draw(st.integers(0, most - deviating - still_open))
        return deviating, draw(st.integers(0, deviating)), still_open, complying

    population = draw(st.integers(1, 400))
    in_base = part(draw(st.integers(0, min(population, 60))))
    base = in_base[0] + in_base[2] + in_base[3]
    besides = part(population - base)
    others = besides[0] + besides[2] + besides[3]
    base_limit = upper_limit(population, base, in_base[0])
    known = in_base[0] + besides[0]
    complying = base + others - known
    return Findings(
        population=population,
        to_judge=base + others,
        judged=base + others,
        counts={},
        people=1,
        months=1,
        base=base,
        base_deviations=in_base[0],
        base_major=in_base[1],
        base_open=in_base[2],
        base_limit=base_limit,
        limit=beside_the_known(population, base_limit, known, complying),
        known=known,
        known_major=in_base[1] + besides[1],
        still_open=in_base[2] + besides[2],
        unseen=population - base - others,
        other_deviations=besides[0],
        beside=(Beside("加抽", others, besides[0], besides[2], besides[1]),) if others else (),
        sentence="",
    )


@given(any_findings())
def test_no_limit_is_below_what_is_known_nor_above_what_can_be(found: Findings) -> None:
    complying = found.to_judge - found.known
    assert found.known <= found.limit <= found.population - complying
    if not found.unseen:
        assert found.limit == found.known


@given(any_findings())
def test_no_sentence_says_at_most_less_than_is_known(found: Findings) -> None:
    sentence = sentence_of(found)
    most = [int(n.replace(",", "")) for n in re.findall(r"至多 ([\d,]+) 筆", sentence)]
    if "與已查得的不合" in sentence:
        assert most == [found.base_limit] and found.base_limit < found.known
        assert f"至少 {found.known:,} 筆" in sentence
    else:
        assert all(limit >= found.known for limit in most)
        assert not most or most[-1] == found.limit
    if not found.unseen:
        assert "推論" not in sentence and "%" not in sentence
        if not found.still_open:
            assert sentence.endswith(f"全數查核完畢，{said(found.known, found.known_major)}。")


@given(any_findings(), st.integers(0, 400))
def test_a_better_limit_of_the_base_never_contradicts_it(found: Findings, lower: int) -> None:
    complying = found.to_judge - found.known
    limit = beside_the_known(found.population, min(lower, found.base_limit), found.known, complying)
    assert found.known <= limit <= found.limit
    with pytest.raises(ValueError, match="do not fit"):
        beside_the_known(found.population, 0, found.population - complying + 1, complying)


@pytest.mark.parametrize(
    ("deviations", "major", "words"),
    [
        (0, 0, "缺失 0 筆"),
        (3, 0, "缺失 3 筆"),
        (3, 3, "重大缺失 3 筆"),
        (1203, 1, "缺失 1,202 筆、重大缺失 1 筆"),
    ],
)
def test_the_two_kinds_are_counted_apart(deviations: int, major: int, words: str) -> None:
    assert said(deviations, major) == words


def rule(world: World, audit_id: int, rows: list[SheetRow], ruling: Ruling) -> None:
    seen = {row.record_id: row.judged.sequence for row in rows}
    judge(world.actor("head"), audit_id, seen, ruling, "查核結果", flagged_too=seen)


def findings(audit_id: int) -> Findings:
    with reading() as db:
        return summarise(db, audit_id)


@on_sqlite
def test_an_audit_that_finds_more_than_its_base_said(audited: World) -> None:
    head = audited.actor("head")
    audit_id = freeze(head, audited.units["tax1"], Q3, base_records=5)
    draw_first(head, audit_id)
    rule(audited, audit_id, worksheet_rows(head, audit_id), Ruling.COMPLIANT)
    inferred = findings(audit_id)
    assert inferred.known == 0 and inferred.limit < 150

    expand(head, audit_id, 150, "發現缺失，擴大查核範圍")
    fresh = [row for row in worksheet_rows(head, audit_id) if not row.judged.sequence]
    rule(audited, audit_id, fresh, Ruling.DEFICIENT)
    found = findings(audit_id)
    assert found.limit >= found.known == 150
    assert "缺失（含重大缺失）至少 150 筆" in found.sentence
    assert f"其餘 {found.unseen} 筆未查核" in found.sentence

    expand(head, audit_id, found.unseen, "全數查核以查明範圍")
    fresh = [row for row in worksheet_rows(head, audit_id) if not row.judged.sequence]
    assert findings(audit_id).sentence.endswith(f"{len(fresh)} 筆未定（未判定或請說明）。")
    rule(audited, audit_id, fresh[:1], Ruling.MAJOR)
    rule(audited, audit_id, fresh[1:], Ruling.COMPLIANT)
    found = findings(audit_id)
    assert found.sentence == "母體 260 筆全數查核完畢，缺失 150 筆、重大缺失 1 筆。"
    assert (
        found.limit
        == found.known
        == 151
        == sum(found.counts[ruling.value] for ruling in Ruling if ruling.deviates)
    )
    for count in (1, 0, -1, 10**6):
        with pytest.raises(Invalid, match="260 筆都已抽出，沒有可以加抽的紀錄"):
            expand(head, audit_id, count, "還想再抽一些看看")


@on_sqlite
def test_a_sentence_may_be_worded_better_and_undoes_no_signature(audited: World) -> None:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3)
    draw_first(audited.actor("head"), audit_id)
    with reading() as db:
        audit = store.load_audit(db, audited.actor("head"), audit_id, SIGN)
        found = summarise(db, audit_id)
        other = replace(found, sentence="另一種說法。")
        hashes = {signing.hash_of(signing.signed_content(db, audit, one)) for one in (found, other)}
    assert len(hashes) == 1
