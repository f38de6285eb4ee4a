"""How much an audit must look at: the floors of clause 7.1.1 and the sentences that explain them."""

from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from services.regulation import figures

MONTHS_OF_A_QUARTER = 3


@dataclass(frozen=True)
class Floors:
    """The three floors that one sample has to meet together (clause 7.1.1)."""

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
    # The months never decide: their floor is at most 3, and the records' is 5 or all there are.
    return f"{sentence}；抽出的人數或月份若不足，再依籤號補抽。"


def _percent(rate: figures.Figure, on: date) -> str:
    return f"{float(100 * rate.on(on)):g}%"
