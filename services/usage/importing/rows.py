"""One row of another system's file: a record that can be stored, or the sentences why it cannot.

Only a row that cannot be a record is rejected. A blank or filler purpose, an unknown section or a
malformed number is stored and flagged: the query did happen, and that is what the audit is for.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, ParamSpec, TypeVar

from services.cadastre import numbers
from services.errors import Invalid
from services.moments import parse_moment
from services.regulation.items import BUILDING_ITEMS, LAND_ITEMS, Item
from services.regulation.purpose import Purpose, flags
from services.rocdate import local_month, roc_time
from services.usage.importing.columns import FIELD_LABELS, FIELD_NAMES
from services.usage.importing.lookups import Lookups, UnknownUnit, action_of, item_of
from services.usage.importing.text import clean, fold, short

P = ParamSpec("P")
R = TypeVar("R")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
NAME_MAX = CODE_MAX = 60
LENGTHS = {"case_no": 60, "document_no": 60, "reason": 200, "address": 60, "target": 120}
_LABELS = FIELD_LABELS | {"target": "標的（行政區、地段與地建號）"}
_RECEIPT = re.compile(r"\d{2,3}年.{1,12}字第\d+號")
_BUILDING = frozenset(item.value for item in BUILDING_ITEMS)
_PARCELS = frozenset(item.value for item in (*LAND_ITEMS, *BUILDING_ITEMS))
_CACHE = 1 << 15


class Cells(NamedTuple):
    """The cells of one row by field, folded; a field without a column is blank."""

    serial: str
    agency: str
    unit: str
    user_code: str
    person_name: str
    occurred_at: str
    item: str
    action: str
    district: str
    section: str
    number: str
    case_or_document_no: str
    case_no: str
    document_no: str
    reason: str
    address: str


class GoodRow(NamedTuple):
    """A row that can be stored; the person is tied to an account only when it is."""

    number: int
    source_key: str
    occurred_at: datetime
    local_month: str
    user_code: str
    person_name: str
    unit_id: int
    item: str
    action: str
    section_code: str | None
    parcel: str | None
    target: str
    case_no: str
    document_no: str
    reason: str
    flags: str
    address: str


class RejectedRow(NamedTuple):
    """A row that cannot be a record: where it stands, why, and what stands in it."""

    number: int
    reason: str
    cells: tuple[str, ...]
    unknown_unit: tuple[str, str] | None
    """The agency and unit texts, when mapping them by hand would help."""


class RowReader:
    """Turns the cells of rows into records; pure but for its memory of texts already seen."""

    def __init__(self, columns: Mapping[str, int], lookups: Lookups, now: datetime) -> None:
        self._lookups = lookups
        self._now = now
        self._width = max(columns.values()) + 1
        # A field without a column points at the blank that `_cells` puts behind the row.
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(
            *(columns.get(name, self._width) for name in FIELD_NAMES)
        )
        self._fold = lru_cache(_CACHE)(fold)
        self._unit_id = lru_cache(_CACHE)(lookups.unit_id)
        self._section_code = lru_cache(_CACHE)(lookups.section_code)
        self._user_code = lru_cache(_CACHE)(_user_code)
        self._item = lru_cache(_CACHE)(item_of)
        self._action = lru_cache(_CACHE)(action_of)
        self._flags = lru_cache(_CACHE)(_purpose_flags)

    def read(self, number: int, row: Sequence[str]) -> GoodRow | RejectedRow:
        """Return the record in row ``number`` of the file, or every reason why there is none."""
        raw = self._pick([*row[: self._width], *[""] * (max(self._width - len(row), 0) + 1)])
        cells = Cells._make(map(self._fold, raw))
        problems: list[str] = []
        unit_id, unknown_unit = 0, None
        try:
            unit_id = self._unit_id(cells.agency, cells.unit)
        except UnknownUnit as problem:
            problems.append(str(problem))
            unknown_unit = (cells.agency, cells.unit)
        user_code = _try(problems, self._user_code, raw[3])
        moment = _try(problems, self._moment, cells.occurred_at)
        item = _try(problems, self._item, cells.item)
        action = _try(problems, self._action, cells.action)
        if len(cells.person_name) > NAME_MAX:
            problems.append(f"姓名有 {len(cells.person_name)} 個字，不可超過 {NAME_MAX} 個字。")
        case_no, document_no = _case_and_document(cells)
        # Kept as the other system wrote it, so not folded.
        target = clean("".join(raw[8:11]))
        for name, value in _too_long(case_no, document_no, cells.reason, cells.address, target):
            problems.append(f"{_LABELS[name]}有 {len(value)} 個字，不可超過 {LENGTHS[name]} 個字。")
        if problems or user_code is None or moment is None or item is None or action is None:
            return RejectedRow(number, "".join(problems), tuple(row), unknown_unit)
        section_code, parcel, target_flags = self._place(item, cells)
        return GoodRow(
            number,
            _source_key(cells, moment, item, action),
            moment,
            local_month(moment),
            user_code,
            cells.person_name,
            unit_id,
            item,
            action,
            section_code,
            parcel,
            target,
            case_no,
            document_no,
            cells.reason,
            " ".join(self._flags(case_no, document_no, cells.reason) + target_flags),
            cells.address,
        )

    def _moment(self, text: str) -> datetime:
        if not text:
            raise Invalid("沒有填查詢時間。")
        if len(text) > 40:
            raise Invalid(f"看不懂時間「{short(text)}」。")
        moment = parse_moment(text)
        if moment > self._now:
            raise Invalid(f"查詢時間 {roc_time(moment)} 晚於現在（{roc_time(self._now)}）。")
        if moment < EARLIEST:
            raise Invalid(
                f"查詢時間 {roc_time(moment)} 早於 {roc_time(EARLIEST)}，不可能是使用紀錄。"
            )
        return moment

    def _place(self, item: str, cells: Cells) -> tuple[str | None, str | None, tuple[str, ...]]:
        """Return section and number in the register's form, or None twice, and what is wrong."""
        needed = item in _PARCELS
        if (not needed and not (cells.section or cells.number)) or item == Item.OWNER_HOLDINGS:
            return None, None, ()
        section_code = self._section_code(cells.district, cells.section)
        parcel = parcel_number(item in _BUILDING, cells.number)
        if section_code and parcel:
            return section_code, parcel, ()
        wrong = [] if section_code else ["section_unknown"]
        if parcel is None and (needed or cells.number):
            wrong.append("target_malformed")
        return None, None, tuple(wrong)


def _try(
    problems: list[str], parser: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R | None:
    try:
        return parser(*args, **kwargs)
    except (Invalid, ValueError) as problem:
        problems.append(str(problem))
        return None


def _user_code(raw: str) -> str:
    """Return the user's code in the other system; it becomes part of the frame's lines."""
    code = fold(raw)
    if not code:
        raise Invalid("沒有填使用者代號。")
    if any(mark in code for mark in ",，") or any(
        unicodedata.category(ch) == "Cc" for ch in raw.strip()
    ):
        raise Invalid(f"使用者代號「{short(code)}」含有逗號或控制字元。")
    if len(code) > CODE_MAX:
        raise Invalid(f"使用者代號有 {len(code)} 個字，不可超過 {CODE_MAX} 個字。")
    return code


def _too_long(*values: str) -> list[tuple[str, str]]:
    """Return the values longer than their column, with their names in the order of `LENGTHS`."""
    if max(map(len, values)) <= min(LENGTHS.values()):
        return []
    pairs = zip(LENGTHS, values, strict=True)
    return [(name, value) for name, value in pairs if len(value) > LENGTHS[name]]


def _case_and_document(cells: Cells) -> tuple[str, str]:
    """Return case number and document number; a column that holds either is told by its form."""
    either = cells.case_or_document_no
    if not either:
        return cells.case_no, cells.document_no
    if _RECEIPT.fullmatch(either):
        return cells.case_no or either, cells.document_no
    return cells.case_no, cells.document_no or either


def _purpose_flags(case_no: str, document_no: str, reason: str) -> tuple[str, ...]:
    return flags(Purpose(case_no, document_no, reason))


@lru_cache(_CACHE)
def parcel_number(building: bool, text: str) -> str | None:
    """Return a land or building number as eight digits, or None when it has another form.

    Other systems pad buildings like parcels (``0131-0024``), so the zeros of the sub number go.
    """
    try:
        kind = numbers.Kind.BUILDING if building else numbers.Kind.LAND
        return numbers.parse(kind, re.sub(r"-0+(?=\d)", "-", text)[:40])
    except Invalid:
        return None


def _source_key(cells: Cells, moment: datetime, item: str, action: str) -> str:
    """Return what makes the row one and the same, whatever the file's format and spelling.

    The name is left out: a person is their code, and exports carry the name of the day.
    """
    parts: tuple[Any, ...] = (
        *(cells.serial, cells.agency, cells.unit, cells.user_code),
        *(moment.isoformat(), item, action, cells.district, cells.section, cells.number),
        *(cells.case_or_document_no, cells.case_no, cells.document_no),
        *(cells.reason, cells.address),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
