"""The draw's invariants, by property and against the published sampler."""

import random
from collections import Counter
from hashlib import sha256
from math import comb

import numpy as np
import pytest
from consistent_sampler import sampler
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from services.audits.sampling import tickets
from services.audits.sampling.claims import upper_limit
from services.audits.sampling.draw import Basis, draw_sample, expand_sample
from services.audits.sampling.frame import Frame, build_frame, read_frame
from services.audits.sampling.tickets import seed_text
from services.regulation.floors import unit_floors
from services.regulation.periods import Quarter

QUARTER = Quarter(2026, 3)


@st.composite
def frames(draw: st.DrawFn, least: int = 1, most: int = 250) -> Frame:
    """Frames with skewed persons and months, ids with gaps."""
    count = draw(st.integers(least, most))
    rng = random.Random(draw(st.integers(0, 2**32)))
    ids = rng.sample(range(1, 10 * most), count)
    people, months = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    return build_frame(
        (
            record,
            str(1 + int(people * rng.random() ** 3)),
            QUARTER.months[min(int(months * rng.random() ** 4), months - 1)],
        )
        for record in ids
    )


def lawful(frame: Frame, seed: str, extra: int = 0) -> list:  # type: ignore[type-arg]
    floors = unit_floors(len(frame), len(frame.persons), len(frame.months), QUARTER.last_day)
    base = min(floors.records + extra, len(frame))
    return draw_sample(frame, seed, base, floors.users, floors.months)


@given(frames(), st.text(max_size=20))
def test_floors_are_met_without_duplicates(frame: Frame, seed: str) -> None:
    floors = unit_floors(len(frame), len(frame.persons), len(frame.months), QUARTER.last_day)
    sample = lawful(frame, seed)
    assert len({d.record_id for d in sample}) == len(sample)
    assert len({d.person for d in sample}) >= floors.users
    assert {d.month for d in sample} == set(frame.months)
    assert sum(d.basis is Basis.BASE for d in sample) == floors.records
    assert len(sample) >= floors.at_least


@given(frames(), st.text(max_size=20))
def test_coverage_adds_only_what_was_missing(frame: Frame, seed: str) -> None:
    floors = unit_floors(len(frame), len(frame.persons), len(frame.months), QUARTER.last_day)
    months: set[str] = set()
    people: set[str] = set()
    for drawn in lawful(frame, seed):
        if drawn.basis is Basis.MONTH:
            assert drawn.month not in months
        if drawn.basis is Basis.PERSON:
            assert drawn.person not in people
            assert len(people) < floors.users
        months.add(drawn.month)
        people.add(drawn.person)


@given(frames(), st.text(max_size=20))
def test_coverage_takes_the_lowest_tickets(frame: Frame, seed: str) -> None:
    sample = lawful(frame, seed)
    prefix = tickets.seed_prefix(seed_text(seed, frame.hash))
    everything = [frame.row(i) for i in range(len(frame))]
    seen = {d.person for d in sample if d.basis is not Basis.PERSON}
    by_person = [d for d in sample if d.basis is Basis.PERSON]
    for drawn in by_person:
        own = [tickets.ticket(prefix, r) for r, person, _ in everything if person == drawn.person]
        assert drawn.ticket == min(own)
    left_out = {p for _, p, _ in everything} - seen - {d.person for d in by_person}
    best_left_out = [tickets.ticket(prefix, r) for r, person, _ in everything if person in left_out]
    assert all(d.ticket < t for d in by_person for t in best_left_out)
    for drawn in (d for d in sample if d.basis is Basis.MONTH):
        own = [tickets.ticket(prefix, r) for r, _, month in everything if month == drawn.month]
        assert drawn.ticket == min(own)


@given(frames(), st.text(max_size=20), st.integers(0, 30))
def test_a_larger_base_begins_with_the_smaller_one(frame: Frame, seed: str, extra: int) -> None:
    small = [d.record_id for d in lawful(frame, seed) if d.basis is Basis.BASE]
    large = [d.record_id for d in lawful(frame, seed, extra) if d.basis is Basis.BASE]
    assert large[: len(small)] == small


@given(frames(), st.text(max_size=20))
def test_same_input_same_sample_and_ranks_are_true(frame: Frame, seed: str) -> None:
    shuffled = [frame.row(i) for i in range(len(frame))]
    random.Random(1).shuffle(shuffled)
    sample = lawful(frame, seed)
    assert lawful(build_frame(shuffled), seed) == sample
    assert lawful(read_frame(frame.content), seed) == sample
    prefix = tickets.seed_prefix(seed_text(seed, frame.hash))
    ordered = sorted(tickets.ticket(prefix, int(record)) for record in frame.ids)
    assert [ordered.index(d.ticket) + 1 for d in sample] == [d.rank for d in sample]


@pytest.mark.parametrize("number", range(60))
def test_base_sample_equals_the_published_sampler(number: int) -> None:
    rng = random.Random(number)
    count = rng.choice([1, 4, 5, 99, 480, 3_000])
    frame = build_frame(
        (record, str(rng.randint(1, 30)), rng.choice(QUARTER.months))
        for record in rng.sample(range(1, 10**7), count)
    )
    seed = rng.randbytes(32).hex()
    sample = [d for d in lawful(frame, seed) if d.basis is Basis.BASE]
    published = sampler(
        frame.ids.tolist(), seed_text(seed, frame.hash), take=len(sample), digits=100
    )
    assert [(d.ticket, d.record_id) for d in sample] == [(t[0], t[1]) for t in published]


@given(frames(least=2), st.data())
def test_an_expansion_takes_only_undrawn_records(frame: Frame, data: st.DataObject) -> None:
    first = lawful(frame, "first")
    drawn = {d.record_id for d in first}
    left = len(frame) - len(drawn)
    if left == 0:
        with pytest.raises(ValueError, match="都已抽出，沒有可以加抽"):
            expand_sample(frame, "second", 1, drawn)
        return
    count = data.draw(st.integers(1, left))
    more = expand_sample(frame, "second", count, drawn)
    assert len({d.record_id for d in more}) == count
    assert not drawn & {d.record_id for d in more}
    assert [d.ticket for d in more] == sorted(d.ticket for d in more)


@pytest.mark.parametrize("count", [0, -1, 3])
def test_an_impossible_expansion_is_refused(count: int) -> None:
    frame = build_frame([(1, "1", "2026-07"), (2, "1", "2026-07"), (3, "1", "2026-07")])
    with pytest.raises(ValueError, match="加抽筆數應為 1 至 2 筆"):
        expand_sample(frame, "s", count, {1})


def test_the_base_sample_is_uniform() -> None:
    frame = build_frame((n, str(n % 7), QUARTER.months[n % 3]) for n in range(1, 41))
    hits: Counter[int] = Counter()
    for number in range(4_000):
        sample = draw_sample(frame, f"seed-{number}", 5, 0, 3)
        hits.update(d.record_id for d in sample if d.basis is Basis.BASE)
    assert chisquare([hits[n] for n in range(1, 41)]).pvalue > 0.001


def test_equal_keys_are_ordered_by_the_whole_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys of no digits at all every record ties, and the whole text decides alone."""
    everything = np.arange(199)

    def told(order: tickets.TicketOrder) -> tuple[list[int], ...]:
        firsts = order.lowest_of_each(everything % 7, everything)
        return order.lowest(50), order.ranks(everything.tolist()), firsts

    want = told(tickets.TicketOrder("s", np.arange(1, 200)))
    monkeypatch.setattr(tickets, "_keys_of_digests", lambda d: np.zeros(len(d) // 32, np.int64))
    assert told(tickets.TicketOrder("s", np.arange(1, 200))) == want


def test_frame_hash_is_that_of_the_written_rule() -> None:
    frame = build_frame([(12, "7", "2026-08"), (3, "S2:ab", "2026-07")])
    assert frame.content == b"3,S2:ab,2026-07\n12,7,2026-08"
    assert frame.hash == sha256(b"3,S2:ab,2026-07\n12,7,2026-08").hexdigest()


def test_a_record_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        build_frame([(1, "1", "2026-07"), (1, "2", "2026-07")])


@pytest.mark.parametrize(
    ("population", "sample", "deviations", "limit"),
    [(10, 10, 0, 0), (10, 10, 3, 3), (1, 1, 0, 0), (100, 0, 0, 100), (20, 19, 0, 0)],
)
def test_upper_limits_that_can_be_told_by_hand(
    population: int, sample: int, deviations: int, limit: int
) -> None:
    assert upper_limit(population, sample, deviations) == limit


@given(st.integers(1, 120), st.data())
def test_upper_limit_against_counting_subsets(population: int, data: st.DataObject) -> None:
    sample = data.draw(st.integers(0, population))
    deviations = data.draw(st.integers(0, min(sample, 5)))

    def chance(bad: int) -> float:
        total = comb(population, sample)
        return (
            sum(comb(bad, x) * comb(population - bad, sample - x) for x in range(deviations + 1))
            / total
        )

    possible = [
        d for d in range(deviations, population - sample + deviations + 1) if chance(d) > 0.05
    ]
    assert upper_limit(population, sample, deviations) == max(possible)
