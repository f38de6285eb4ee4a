"""One row of another system's file: a record that can be stored, or the sentences why it cannot.

Only a row that cannot be a record is rejected. A blank or filler purpose, an unknown section or a
malformed number is stored and flagged: the query did happen, and that is what the audit is for.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import ParamSpec, TypeVar

from services.cadastre import numbers
from services.errors import Invalid
from services.moments import join_moment, parse_moment
from services.regulation.items import BUILDING_ITEMS, LAND_ITEMS, Item
from services.regulation.purpose import Purpose, flags
from services.rocdate import local_month, roc_time
from services.usage.importing.cells import Cells, GoodRow, RejectedRow
from services.usage.importing.damage import check_undamaged, unprotected
from services.usage.importing.fields import FIELD_LABELS, FIELD_NAMES
from services.usage.importing.keys import base_key, key_with, spelled_alike
from services.usage.importing.lookups import Lookups, UnknownUnit, action_of, item_of
from services.usage.importing.text import clean, fold, match_key, short

P = ParamSpec("P")
R = TypeVar("R")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
NAME_MAX = CODE_MAX = 60
LENGTHS = {"case_no": 60, "document_no": 60, "reason": 200, "address": 60, "target": 120}
_LABELS = FIELD_LABELS | {"target": "標的（行政區、地段與地建號）"}
_RECEIPT = re.compile(r"\d{2,3}年.{1,12}字第\d+號")
_BUILDING = frozenset(item.value for item in BUILDING_ITEMS)
_PARCELS = frozenset(item.value for item in (*LAND_ITEMS, *BUILDING_ITEMS))
_LATE_IN_SECOND = re.compile(r":\d\d\.[5-9]")
_CACHE = 1 << 15


class RowReader:
    """Turns the cells of rows into records; pure but for its memory of texts already seen."""

    def __init__(
        self,
        columns: Mapping[str, int],
        lookups: Lookups,
        now: datetime,
        headings: Sequence[str] = (),
        *,
        unsaid: frozenset[int] = frozenset(),
        workbook: bool = False,
        sheet: str = "",
        by_headings: "RowReader | None" = None,
    ) -> None:
        """``unsaid`` are columns that say nothing of the record, such as when the file was made.

        ``by_headings`` reads the row by its headings alone, where columns were mapped by hand.
        """
        self._by_headings = by_headings
        self._lookups = lookups
        self._now = now
        self._workbook = workbook
        self._sheet = sheet
        self._mapped = frozenset(columns.values()) | unsaid
        self._headings = tuple(map(match_key, headings))
        self._others = tuple(i for i in range(len(headings)) if i not in self._mapped)
        self._width = max(columns.values()) + 1
        # A field without a column points at the blank that `_cells` puts behind the row.
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(
            *(columns.get(name, self._width) for name in FIELD_NAMES)
        )
        self._fold = lru_cache(_CACHE)(fold)
        self._unit_id = lru_cache(_CACHE)(lookups.unit_id)
        self._section_code = lru_cache(_CACHE)(lookups.section_code)
        self._user_code = lru_cache(_CACHE)(self._checked_code)
        self._item = lru_cache(_CACHE)(item_of)
        self._action = lru_cache(_CACHE)(action_of)
        self._flags = lru_cache(_CACHE)(_purpose_flags)

    def read(self, number: int, row: Sequence[str]) -> GoodRow | RejectedRow:
        """Return the record in row ``number`` of the file, or every reason why there is none."""
        raw = self._pick([*row[: self._width], *[""] * (max(self._width - len(row), 0) + 1)])
        together = "".join(raw)
        marked = "'" in together or "=" in together  # nearly no row is
        given = tuple(map(unprotected, raw)) if marked else raw
        cells = Cells._make(map(self._fold, given))
        problems: list[str] = []
        unit_id, unknown_unit = 0, None
        try:
            unit_id = self._unit_id(cells.agency, cells.unit)
        except UnknownUnit as problem:
            problems.append(str(problem))
            unknown_unit = (cells.agency, cells.unit)
        user_code = _try(problems, self._user_code, raw[3])
        moment = _try(problems, self._moment, cells.occurred_at, cells.time_of_day)
        item = _try(problems, self._item, cells.item)
        action = _try(problems, self._action, cells.action)
        if len(cells.person_name) > NAME_MAX:
            problems.append(f"姓名有 {len(cells.person_name)} 個字，不可超過 {NAME_MAX} 個字。")
        case_no, document_no = _case_and_document(cells)
        # Kept as the other system wrote it, so not folded.
        target = clean("".join(given[8:11]))
        for name, value in _too_long(case_no, document_no, cells.reason, cells.address, target):
            problems.append(f"{_LABELS[name]}有 {len(value)} 個字，不可超過 {LENGTHS[name]} 個字。")
        if problems or user_code is None or moment is None or item is None or action is None:
            return RejectedRow(number, "".join(problems), tuple(row), unknown_unit, self._sheet)
        section_code, parcel, target_flags = self._place(item, cells)
        base = base_key(cells, moment, item, action)
        key = key_with(base, self._said(row))
        earlier = base
        rounded_up = self._workbook and bool(_LATE_IN_SECOND.search(cells.occurred_at))
        if rounded_up or given != raw:
            before = Cells._make(map(self._fold, raw))
            earlier = base_key(before, moment + timedelta(seconds=rounded_up), item, action)
        return GoodRow(
            number,
            key,
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
            self._other_keys(number, row, key, earlier),
            bool(cells.serial),
            self._sheet,
        )

    def _other_keys(
        self, number: int, row: Sequence[str], key: str, earlier: str
    ) -> tuple[str, ...]:
        found = [earlier]
        if self._by_headings is not None:
            plain = self._by_headings.read(number, row)
            if isinstance(plain, GoodRow):
                found += [plain.source_key, *plain.other_keys]
        return tuple(one for one in dict.fromkeys(found) if one != key)

    def _said(self, row: Sequence[str]) -> list[tuple[str, str]]:
        """Return heading and text of the unmapped columns in which this row says something."""
        if not self._others and len(row) <= len(self._headings):
            return []
        beyond = (i for i in range(len(self._headings), len(row)) if i not in self._mapped)
        return [
            (self._headings[i] if i < len(self._headings) else "", spelled_alike(text))
            for i in (*self._others, *beyond)
            if i < len(row) and (text := self._fold(unprotected(row[i])))
        ]

    def _checked_code(self, raw: str) -> str:
        bare = unprotected(raw)
        code = _user_code(bare)
        # A workbook's cell says by itself whether it is a number; protection says that it is text.
        check_undamaged(code, digits_are_text=self._workbook or bare != raw)
        return code

    def _moment(self, text: str, time_of_day: str) -> datetime:
        if not text and not time_of_day:
            raise Invalid("沒有填查詢時間。")
        if len(text) > 40 or len(time_of_day) > 40:
            raise Invalid(f"看不懂時間「{short(text)}」。")
        moment = join_moment(text, time_of_day) if time_of_day else parse_moment(text)
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
            several = numbers.names_several(cells.number)
            wrong.append("target_list" if several else "target_malformed")
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
