"""How much an audit must look at: the floors of clauses 7.1.1 and 7.1.2, and their sentences."""

from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from services.regulation import figures

MONTHS_OF_A_QUARTER = 3
MONTHS_OF_A_HALF_YEAR = 6


@dataclass(frozen=True)
class Floors:
    """The three floors that one sample has to meet together (clauses 7.1.1 and 7.1.2)."""

    records: int
    users: int
    months: int
    at_least: int

    def as_dict(self) -> dict[str, int]:
        """Return the floors under the names that ``manage.py floors --json`` prints."""
        return asdict(self)


def unit_floors(records: int, users: int, months: int, on: date) -> Floors:
    """Return the floors for one unit and one quarter (clause 7.1.1).

    ``records`` usage records, ``users`` people counted, ``months`` months that have records, ``on``
    the last day of the period audited. Raises ValueError for counts that no frame can have.
    Without records there is nothing to audit, whoever is counted: all floors are 0 (a nil return).
    """
    if min(records, users, months) < 0:
        raise ValueError("筆數、人數與月數不得為負數。")
    if records and not (users and months):
        raise ValueError("有使用紀錄時，人數與月數至少為 1。")
    if months > min(records, MONTHS_OF_A_QUARTER):
        raise ValueError(
            f"有使用紀錄的月數不得多於使用紀錄筆數，一季也只有 {MONTHS_OF_A_QUARTER} 個月。"
        )
    if not records:
        return Floors(0, 0, 0, 0)
    people = ceil(Fraction(figures.UNIT_PEOPLE_RATE.on(on)) * users)
    must = _records_floor(records, on)
    return Floors(must, people, months, max(must, people, months))


def _records_floor(records: int, on: date) -> int:
    if records >= figures.UNIT_RECORDS_THRESHOLD.on(on):
        return int(figures.UNIT_RECORDS_AT_THRESHOLD.on(on))
    share = ceil(Fraction(figures.UNIT_RECORDS_RATE.on(on)) * records)
    return min(records, max(int(figures.UNIT_RECORDS_MINIMUM.on(on)), share))


def explain_unit_floors(records: int, users: int, months: int, on: date) -> list[str]:
    """Return the arithmetic of `unit_floors` as Chinese sentences, one a floor and one for the size."""
    floors = unit_floors(records, users, months, on)
    if records == 0:
        return ["本季沒有使用紀錄：免抽樣，仍須作成無使用紀錄的稽核紀錄並簽核。"]
    return [
        _explain_records(records, floors.records, on),
        f"人數：{users:,} 人的 {_percent(figures.UNIT_PEOPLE_RATE, on)}，"
        f"無條件進位為 {floors.users:,} 人。",
        f"月份：有使用紀錄的 {months} 個月都要抽到。",
        _explain_size(floors),
    ]


def _explain_records(records: int, floor: int, on: date) -> str:
    threshold = int(figures.UNIT_RECORDS_THRESHOLD.on(on))
    minimum = int(figures.UNIT_RECORDS_MINIMUM.on(on))
    percent = _percent(figures.UNIT_RECORDS_RATE, on)
    share = ceil(Fraction(figures.UNIT_RECORDS_RATE.on(on)) * records)
    if records >= threshold:
        return f"筆數：{records:,} 筆，達 {threshold:,} 筆，應稽核 {floor:,} 筆。"
    if records < minimum:
        return f"筆數：只有 {records:,} 筆，未達 {minimum} 筆，全數稽核。"
    if share < minimum:
        return (
            f"筆數：{records:,} 筆的 {percent} 無條件進位為 {share:,} 筆，"
            f"不足 {minimum} 筆，至少稽核 {floor} 筆。"
        )
    return (
        f"筆數：{records:,} 筆，未達 {threshold:,} 筆；"
        f"{percent} 無條件進位為 {share:,} 筆，應稽核 {floor:,} 筆。"
    )


def _explain_size(floors: Floors) -> str:
    sentence = f"樣本同時滿足三項，至少 {floors.at_least:,} 筆"
    if floors.users > floors.records:
        return f"{sentence}：雖然筆數只要 {floors.records:,} 筆，要查到 {floors.users:,} 人就至少要 {floors.users:,} 筆。"
    # A quarter's months never decide: their floor is at most 3, and the records' is 5 or all there are.
    return f"{sentence}；抽出的人數或月份若不足，再依籤號補抽。"


def _percent(rate: figures.Figure, on: date) -> str:
    return f"{float(100 * rate.on(on)):g}%"


@dataclass(frozen=True)
class HalfYearCounts:
    """What the floors of an agency audit are taken of (clause 7.1.2), and the frame that has to meet them."""

    audited_records: int
    """Records that the units audited in the half-year."""
    audited_people: int
    """People that the units audited, under the reading in force."""
    frame_records: int
    frame_people: int
    frame_months: int
    """Months of the frame that have records."""
    missing_records: int = 0
    """What the unit audits that are missing would at least have had to look at, so that none lowers a floor."""
    missing_people: int = 0

    @property
    def basis_records(self) -> int:
        """Records of which the share is taken."""
        return self.audited_records + self.missing_records

    @property
    def basis_people(self) -> int:
        """People of which the share is taken."""
        return self.audited_people + self.missing_people

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 0:
            raise ValueError("筆數、人數與月數不得為負數。")
        if bool(self.audited_records) != bool(self.audited_people):
            raise ValueError("單位稽核的筆數與人數應同時為 0，或都至少為 1。")
        if bool(self.missing_records) != bool(self.missing_people):
            raise ValueError("未完成之單位稽核的最低筆數與人數應同時為 0，或都至少為 1。")
        if self.frame_records and not (self.frame_people and self.frame_months):
            raise ValueError("有使用紀錄時，人數與月數至少為 1。")
        if max(self.frame_people, self.frame_months) > self.frame_records:
            raise ValueError("母體的人數與月數不得多於使用紀錄筆數。")
        if self.frame_months > MONTHS_OF_A_HALF_YEAR:
            raise ValueError(f"半年只有 {MONTHS_OF_A_HALF_YEAR} 個月。")


def agency_floors(counts: HalfYearCounts, on: date, *, wider: bool = False) -> Floors:
    """Return the floors for one agency and one half-year (clause 7.1.2).

    Half of the people and half of the records that the units audited, a missing audit counted with its
    lawful minimum (domain.md §7, 6), and every month with records. People are limited to those the frame has. ``wider`` says that another scope would offer more:
    then a frame too small for the floors is refused with a ValueError that advises it, as is one with
    too few records in any case. ``on`` is the last day of the half-year.
    """
    records = ceil(Fraction(figures.AGENCY_RECORDS_RATE.on(on)) * counts.basis_records)
    people = ceil(Fraction(figures.AGENCY_PEOPLE_RATE.on(on)) * counts.basis_people)
    advice = "；請改選「已稽核與未稽核的紀錄」" if wider else ""
    if records > counts.frame_records:
        raise ValueError(
            f"母體只有 {counts.frame_records:,} 筆，不足應稽核的 {records:,} 筆{advice}。"
        )
    if wider and people > counts.frame_people:
        raise ValueError(
            f"母體只有 {counts.frame_people:,} 人，不足應稽核的 {people:,} 人{advice}。"
        )
    users = min(people, counts.frame_people)
    months = counts.frame_months
    return Floors(records, users, months, max(records, users, months))


def explain_agency_floors(counts: HalfYearCounts, on: date, people_word: str = "人次") -> list[str]:
    """Return the arithmetic of `agency_floors` as Chinese sentences; ``people_word`` is the reading's."""
    if counts.frame_records == 0:
        return ["本半年沒有使用紀錄：免抽樣，仍須作成無使用紀錄的稽核紀錄並簽核。"]
    floors = agency_floors(counts, on)
    people = ceil(Fraction(figures.AGENCY_PEOPLE_RATE.on(on)) * counts.basis_people)
    said = [
        f"人數：單位共稽核 {_with_missing(counts.audited_people, counts.missing_people, people_word)}，其 "
        f"{_percent(figures.AGENCY_PEOPLE_RATE, on)} 無條件進位為 {people:,} 人。",
        f"筆數：單位共稽核 {_with_missing(counts.audited_records, counts.missing_records, '筆')}，其 "
        f"{_percent(figures.AGENCY_RECORDS_RATE, on)} 無條件進位為 {floors.records:,} 筆。",
        f"月份：有使用紀錄的 {floors.months} 個月都要抽到。",
    ]
    if people > floors.users:
        said.append(f"母體只有 {counts.frame_people:,} 人，因此全部抽到即可。")
    if floors.months > max(floors.records, floors.users):
        said.append(
            f"樣本同時滿足三項，至少 {floors.at_least:,} 筆：每個月至少一筆，就要 {floors.months} 筆。"
        )
    else:
        said.append(_explain_size(floors))
    return said


def _with_missing(audited: int, missing: int, word: str) -> str:
    if not missing:
        return f"{audited:,} {word}"
    return f"{audited:,} {word}，加計未完成者最低應稽核的 {missing:,} {word}，合計 {audited + missing:,} {word}"
