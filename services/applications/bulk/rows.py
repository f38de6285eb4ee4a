"""One row of a list of people: read, judged, and what becomes of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from services.accounts.person import Person, checked_person
from services.applications.applying import Wanted
from services.applications.bulk.columns import EXAMPLE, Head
from services.applications.checks import checked_items, checked_reason
from services.errors import Invalid
from services.identity.organisation import UnitInfo
from services.regulation.items import Item
from services.regulation.roles import Role
from services.usage.importing.lookups import ITEMS
from services.usage.importing.text import fold, match_key, short

Made = TypeVar("Made")
_BETWEEN_ITEMS = re.compile(r"[、，,;；/\s]+")


class Fate(StrEnum):
    """What becomes of a row when the list is sent in."""

    SEND = "send"
    ERROR = "error"
    ACCOUNT = "account"
    APPLICATION = "application"
    TWICE = "twice"

    @property
    def label(self) -> str:
        return {
            "send": "將送出",
            "error": "有錯誤",
            "account": "已有帳號",
            "application": "申請辦理中",
            "twice": "檔案內重複",
        }[self.value]


@dataclass(frozen=True)
class Row:
    """One row of the file (1 is the file's first) as far as it could be read."""

    number: int
    cells: tuple[str, ...]
    """Name, staff number, account name and unit as they stand in the file, to find the row again."""
    person: Person | None
    wanted: Wanted | None
    problem: str = ""


@dataclass(frozen=True)
class RowFate:
    """What becomes of a row, and in words why it is not sent in."""

    row: Row
    fate: Fate
    why: str = ""


class Units:
    """The units that rows may name: those in the importer's charge and no other."""

    def __init__(self, units: Sequence[UnitInfo]) -> None:
        self._by_key: dict[str, set[int]] = {}
        for unit in units:
            for words in (unit.name, unit.code, unit.agency_name + unit.name):
                self._by_key.setdefault(match_key(words), set()).add(unit.id)

    def find(self, text: str) -> int:
        """Return the unit of that name or code; another agency's is as unknown as none at all."""
        found = self._by_key.get(match_key(text), set())
        if len(found) > 1:
            raise Invalid(f"單位：不只一個單位叫「{short(text)}」；請填單位代碼。")
        if not found:
            said = f"查無「{short(text)}」" if text else "沒有填"
            raise Invalid(f"單位：{said}；請填您職責範圍內使用中單位的名稱或代碼。")
        return next(iter(found))


def read_row(number: int, cells: Sequence[str], head: Head, units: Units) -> Row:
    """Read a row; everything that is wrong with it stands in ``problem``, column by column."""
    texts = {field: fold(head.cell(cells, field)) for field in head.places}
    known = tuple(short(texts[field]) for field in ("name", "staff_no", "username", "unit"))
    if texts["name"].startswith(EXAMPLE):
        return Row(number, known, None, None, "這是範本的範例列，不會送出；請刪除。")
    typed = Person(
        name=texts["name"],
        staff_no=texts["staff_no"],
        username=texts["username"],
        email=texts["email"],
        phone=texts["phone"],
        title=texts.get("title", ""),
    )
    problems: list[str] = []
    person = _try(problems, lambda: checked_person(typed))
    unit_id = _try(problems, lambda: units.find(texts["unit"]))
    items = _try(problems, lambda: _items(texts["items"]))
    reason = _try(problems, lambda: _named("原因", lambda: checked_reason(texts["reason"])))
    if person is None or unit_id is None or items is None or reason is None:
        return Row(number, known, None, None, " ".join(problems))
    return Row(number, known, person, Wanted(Role.GENERAL_USER, unit_id, items, reason))


def repeated(rows: Sequence[Row]) -> Mapping[int, str]:
    """Return, by row, what it shares with an earlier row of the file, and with which."""
    seen: dict[tuple[str, str], int] = {}
    found: dict[int, str] = {}
    for row in rows:
        if row.person is None:
            continue
        for what, value in (
            ("員工編號", row.person.staff_no.lower()),
            ("帳號", row.person.username),
            ("公務電子郵件", row.person.email),
        ):
            first = seen.setdefault((what, value), row.number)
            if first != row.number:
                found.setdefault(
                    row.number, f"{what}「{short(value)}」與第 {first} 列相同；請只留一列或更正。"
                )
    return found


def _items(text: str) -> tuple[Item, ...]:
    words = [word for word in _BETWEEN_ITEMS.split(text) if word]
    unknown = [word for word in words if match_key(word) not in ITEMS]
    if unknown or not words:
        said = f"「{short(unknown[0])}」不是授權項目" if unknown else "沒有填"
        labels = "、".join(item.label for item in Item)
        raise Invalid(f"授權項目：{said}；請填下列項目，以「、」分隔：{labels}。")
    return checked_items(Role.GENERAL_USER, [Item(ITEMS[match_key(word)]) for word in words])


def _named(column: str, read: Callable[[], Made]) -> Made:
    try:
        return read()
    except Invalid as wrong:
        raise Invalid(f"{column}：{wrong}") from None


def _try(problems: list[str], read: Callable[[], Made]) -> Made | None:
    try:
        return read()
    except Invalid as wrong:
        problems.append(str(wrong))
        return None
