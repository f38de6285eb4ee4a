"""What the floors of clause 7.1.2 are taken of, under both readings: against a plain recount."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from services.audits.agency.audited import HalfAudited, MissingAudit, share_of
from services.audits.agency.freezing import counts_of
from services.audits.pictures import floors_of
from services.audits.sampling.frame import FrameRow, build_frame
from services.regulation.floors import agency_floors
from services.regulation.periods import HalfYear
from tests.regulation.test_agency_floors import half_of
from tests.regulation.test_floors import clause_people, clause_records

HALF = HalfYear(2026, 1)


@dataclass(frozen=True)
class Quarters:
    """One unit's quarter as it was used, and which places of it were audited; None where its audit is missing."""

    unit: int
    quarter: int
    records: tuple[FrameRow, ...]
    sampled: frozenset[int] | None

    @property
    def looked_at(self) -> list[FrameRow]:
        return [row for n, row in enumerate(self.records) if n in (self.sampled or ())]


@st.composite
def half_years(draw: st.DrawFn) -> list[Quarters]:
    """Some units in both quarters; people move between them, and use the system in either."""
    found: list[Quarters] = []
    record = 0
    for unit in range(draw(st.integers(1, 4))):
        for number, quarter in enumerate(HALF.quarters):
            used = draw(
                st.lists(st.tuples(st.integers(1, 9), st.sampled_from(quarter.months)), max_size=14)
            )
            rows = tuple((record + n, f"P{who}", month) for n, (who, month) in enumerate(used, 1))
            record += len(rows)
            places = (
                st.frozensets(st.sampled_from(range(len(rows)))) if rows else st.just(frozenset())
            )
            found.append(Quarters(unit, number, rows, draw(st.none() | places)))
    return found


def as_audited(half: list[Quarters]) -> HalfAudited:
    """Put it together as the service does."""
    shares, missing = [], []
    rows: dict[int, FrameRow] = {}
    for one in half:
        quarter = HALF.quarters[one.quarter]
        if one.sampled is None:
            people = len({person for _, person, _ in one.records})
            months = len({month for _, _, month in one.records})
            least = floors_of(len(one.records), people, months, quarter, people)
            missing.append(
                MissingAudit(one.unit, f"U{one.unit}", str(quarter), least.at_least, least.users)
            )
        else:
            shares.append(share_of(1, one.unit, f"U{one.unit}", str(quarter), one.looked_at))
            rows |= {row[0]: row for row in one.looked_at}
    return HalfAudited(tuple(shares), tuple(missing), tuple(rows.values()))


def recounted(half: list[Quarters], *, summed: bool) -> tuple[int, int]:
    """Count one by one the records and people of which the clause asks half."""
    records = people = 0
    seen: list[str] = []
    for one in half:
        here: list[str] = []
        for _, person, _ in one.looked_at:
            records += 1
            if person not in (here if summed else seen):
                people += 1
            here.append(person)
            seen.append(person)
    for one in half:
        if one.sampled is None and one.records:
            # 未完成者以最低應稽核計: all three floors of 7.1.1 in one sample.
            wanted = clause_people(len({person for _, person, _ in one.records}))
            months = len({month for _, _, month in one.records})
            records += max(clause_records(len(one.records)), wanted, months)
            people += wanted
    return records, people


@given(half_years(), st.booleans(), st.booleans())
def test_the_floors_against_a_plain_recount(
    half: list[Quarters], summed: bool, everything: bool
) -> None:
    audited = as_audited(half)
    inside = [row for one in half for row in (one.records if everything else one.looked_at)]
    counts = counts_of(audited, build_frame(inside), summed=summed)
    records, people = recounted(half, summed=summed)
    assert (counts.basis_records, counts.basis_people) == (records, people)
    in_frame = {person for _, person, _ in inside}
    try:
        floors = agency_floors(counts, HALF.last_day)
    except ValueError:
        assert half_of(records) > len(inside)
        return
    assert floors.records == half_of(records) <= len(inside)
    assert floors.users == min(half_of(people), len(in_frame))
    assert floors.months == len({month for _, _, month in inside})
    assert floors.at_least == max(floors.records, floors.users, floors.months)


@given(half_years())
def test_all_records_always_meet_the_floors(half: list[Quarters]) -> None:
    """However much is missing: the widest scope can be frozen, under either reading."""
    whole = build_frame([row for one in half for row in one.records])
    sums, once = (
        agency_floors(counts_of(as_audited(half), whole, summed=summed), HALF.last_day)
        for summed in (True, False)
    )
    assert sums.at_least <= len(whole)
    assert once.users <= sums.users and once.records == sums.records
    assert once.at_least <= sums.at_least
