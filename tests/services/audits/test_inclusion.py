"""The probability of coming into the sample, held against every possible order of small frames."""

import re
from collections import Counter
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.inclusion import in_words, inclusion_of
from services.audits.sampling.draw import Basis, draw_sample, take_sample
from services.audits.sampling.frame import Frame, build_frame
from services.audits.sampling.inclusion import (
    FEWEST_DRAWS,
    Inclusion,
    RandomOrder,
    inclusion_probability,
)
from services.audits.sampling.tickets import TicketOrder, seed_text
from services.audits.sheet import worksheet_rows
from services.errors import Conflict, Invalid
from tests.services.audits.test_unit_audit import Q3, audited
from tests.world import World

__all__ = ["audited"]

FRAMES = {
    "one person a record": [(n, f"p{n}", "2026-07") for n in range(1, 7)],
    "one with nearly all": [
        *((n, "a", "2026-07") for n in range(1, 6)),
        (6, "b", "2026-07"),
        (7, "c", "2026-08"),
    ],
    "three months": [
        *((n, "a", "2026-07") for n in range(1, 4)),
        (4, "a", "2026-08"),
        (5, "b", "2026-08"),
        (6, "b", "2026-09"),
        (7, "c", "2026-07"),
    ],
}


def by_brute_force(frame: Frame, base: int, users: int) -> dict[int, tuple[Fraction, Fraction]]:
    """Return the probabilities of base and coverage of every record, over all orders there are."""
    of_base, of_coverage, orders = Counter[int](), Counter[int](), 0
    for places in permutations(range(len(frame))):
        orders += 1
        for index, basis in take_sample(frame, RandomOrder(np.array(places)), base, users, 1):
            (of_base if basis is Basis.BASE else of_coverage)[int(frame.ids[index])] += 1
    return {
        record: (Fraction(of_base[record], orders), Fraction(of_coverage[record], orders))
        for record in frame.ids.tolist()
    }


@pytest.mark.parametrize("name", sorted(FRAMES))
@pytest.mark.parametrize(("base", "users"), [(1, 1), (2, 2), (3, 3)])
def test_it_is_what_all_orders_together_give(name: str, base: int, users: int) -> None:
    frame = build_frame(FRAMES[name])
    users = min(users, len(frame.persons))
    for record, (of_base, of_coverage) in by_brute_force(frame, base, users).items():
        found = inclusion_probability(frame, base, users, len(frame.months), record)
        assert found.base == of_base == Fraction(base, len(frame))
        assert found.draws >= FEWEST_DRAWS
        # Five standard errors; where none of the re-draws differ there is nothing to allow for.
        assert abs(found.coverage - float(of_coverage)) <= 5 * found.error + 1e-12
        assert found.total == pytest.approx(float(of_base + of_coverage), abs=0.06)


def test_the_parts_of_all_records_add_up_to_the_sample() -> None:
    frame = build_frame(FRAMES["one with nearly all"])
    every = [inclusion_probability(frame, 2, 2, 2, int(record)) for record in frame.ids]
    sizes = [
        len(take_sample(frame, RandomOrder(np.array(places)), 2, 2, 2))
        for places in permutations(range(len(frame)))
    ]
    assert sum(one.total for one in every) == pytest.approx(sum(sizes) / len(sizes), abs=0.05)


def test_a_base_of_everything_is_certain_and_needs_no_draw() -> None:
    frame = build_frame(FRAMES["three months"])
    found = inclusion_probability(frame, 7, 3, 3, 4)
    assert (found.base, found.coverage, found.draws) == (Fraction(1), 0.0, 0)


def test_it_says_the_same_twice_and_how_far_it_is() -> None:
    frame, told = build_frame(FRAMES["three months"]), list[float]()
    first = inclusion_probability(frame, 2, 2, 3, 6, tell=told.append)
    assert first == inclusion_probability(frame, 2, 2, 3, 6)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("record", "base", "users", "months"), [(99, 2, 2, 3), (0, 2, 2, 3), (1, 9, 2, 3), (1, 2, 9, 3)]
)
def test_what_is_not_in_the_frame_has_no_probability(
    record: int, base: int, users: int, months: int
) -> None:
    with pytest.raises(ValueError, match=r"母體|基本樣本"):
        inclusion_probability(build_frame(FRAMES["three months"]), base, users, months, record)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["2026-07", "2026-08"])),
             min_size=1, max_size=30),
    st.integers(0, 10**6),
    st.data(),
)  # fmt: skip
def test_the_draw_itself_takes_what_its_order_takes(
    rows: list[tuple[str, str]], seed: int, data: st.DataObject
) -> None:
    """Both orders are of one kind: by ranks of the tickets the random order takes the very sample."""
    frame = build_frame((n, person, month) for n, (person, month) in enumerate(rows, 1))
    base = data.draw(st.integers(1, len(frame)))
    users = data.draw(st.integers(1, len(frame.persons)))
    drawn = draw_sample(frame, str(seed), base, users, len(frame.months))
    tickets = TicketOrder(seed_text(str(seed), frame.hash), frame.ids)
    places = np.array(tickets.ranks(list(range(len(frame)))))
    taken = take_sample(frame, RandomOrder(places), base, users, len(frame.months))
    assert [(int(frame.ids[index]), basis) for index, basis in taken] == [
        (one.record_id, one.basis) for one in drawn
    ]


def test_an_audit_s_record_has_its_probability_in_words(audited: World) -> None:
    head, unit = audited.actor("head"), audited.units["tax1"]
    audit_id = freeze(head, unit, Q3, base_records=13)
    with pytest.raises(Conflict, match="還沒有抽樣"):
        inclusion_of(head, audit_id, 1)
    draw_first(head, audit_id)
    record = worksheet_rows(head, audit_id)[0].record_id
    told = list[float]()
    found = inclusion_of(audited.actor("agency_manager"), audit_id, record, told.append)
    assert (found.base, found.draws) == (Fraction(13, 260), FEWEST_DRAWS)
    assert told[-1] == 1.0
    assert "5.00%（1/20，精確值）" in in_words(found)
    with pytest.raises(Invalid, match="不在凍結的母體內"):
        inclusion_of(head, audit_id, 10**6)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Inclusion(Fraction(1), 0.0, 0.0, 0), "每筆一定抽中"),
        (Inclusion(Fraction(1, 20), 0.0, 0.0, 2_000), "都沒有因補足.*合計約 5.00%"),
        (Inclusion(Fraction(1, 20), 0.1, 0.001, 2_000), "約 10.00%.*標準誤 0.10%.*合計約 15.00%"),
    ],
)
def test_the_words_say_what_is_exact_and_what_an_estimate(found: Inclusion, words: str) -> None:
    assert re.search(words, in_words(found))
