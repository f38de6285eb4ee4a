"""Land numbers (地號, 4+4 digits) and building numbers (建號, 5+3 digits): read, stored, written.

The forms are those of the Ministry's land data API (domain.md §5): ``延吉段一小段18-1號`` is parcel
``00180001`` of its section.
"""

import re
from enum import StrEnum

from services.errors import Invalid
from services.regulation.purpose import tidy

_DASHES = re.compile(r"[之‐‒–—―−─~]")
_SUFFIX = re.compile(r"(地號|建號|號)$")
_BETWEEN = re.compile(r"[、,，;；/／|及和與至到~～ ]+")
_ONE = re.compile(r"(?:[一-鿿]*段)?[0-9]{1,8}(?:-[0-9]{1,4})?(?:地號|建號|號)?(?:土地|建物)?")
_ET_CETERA = re.compile(r"[0-9](?:地號|建號|號)?等\s*[0-9一二三四五六七八九十百]+\s*[筆棟戶]")
_LIST_SHOWN = 200
_SHOWN = 20
"""How much of a wrong number an error sentence repeats."""


class Kind(StrEnum):
    """What a number names: a parcel of land or a building."""

    LAND = "land"
    BUILDING = "building"

    @property
    def label(self) -> str:
        return {"land": "土地", "building": "建物"}[self.value]

    @property
    def suffix(self) -> str:
        return {"land": "地號", "building": "建號"}[self.value]

    @property
    def digits(self) -> tuple[int, int]:
        """How many digits the main and the sub number have."""
        return {"land": (4, 4), "building": (5, 3)}[self.value]

    @property
    def examples(self) -> str:
        return {
            "land": "18、18-1、0018-0001 或 00180001",
            "building": "123、00123-000 或 00123000",
        }[self.value]


def parse(kind: Kind, text: str) -> str:
    """Return the 8 digits of a number as people write it, or raise Invalid with a sentence.

    Full-width digits, 之 for the dash and the words 地號, 建號, 號 behind are accepted.
    """
    main_digits, sub_digits = kind.digits
    given = re.sub(r"\s+", "", tidy(text))
    if not given:
        raise Invalid(f"請輸入{kind.suffix}，例如 {kind.examples}。")
    suffix = _SUFFIX.search(given)
    if suffix and suffix[1] not in ("號", kind.suffix):
        raise Invalid(
            f"您選的是{kind.label}，輸入的卻是{suffix[1]}；請改選種類或輸入{kind.suffix}。"
        )
    bare = _DASHES.sub("-", _SUFFIX.sub("", given))
    if re.fullmatch(r"[0-9]{8}", bare):
        main, sub = bare[:main_digits], bare[main_digits:]
    elif match := re.fullmatch(rf"([0-9]{{1,{main_digits}}})(?:-([0-9]{{1,{sub_digits}}}))?", bare):
        main, sub = match[1], match[2] or ""
    else:
        raise Invalid(
            f"{kind.suffix}「{_short(given)}」的寫法不正確；母號至多 {main_digits} 位、"
            f"子號至多 {sub_digits} 位，例如 {kind.examples}。"
        )
    if not int(main):
        raise Invalid(f"{kind.suffix}的母號不可為 0；請輸入如 {kind.examples}。")
    return main.zfill(main_digits) + sub.zfill(sub_digits)


def names_several(text: str) -> bool:
    """Whether ``text`` is a list or a range of numbers (18-1、18-2; 18-1 至 18-5; 18-1 等 7 筆)."""
    bare = re.sub(r"\s+(?![、,，;；])", " ", tidy(re.sub(r"[\r\n]+", "、", text[:_LIST_SHOWN])))
    if _ET_CETERA.search(bare):
        return True
    parts = [part.strip() for part in _BETWEEN.split(bare) if part.strip()]
    return len(parts) > 1 and all(_ONE.fullmatch(_DASHES.sub("-", part)) for part in parts)


def short(kind: Kind, number: str) -> str:
    """Return 8 stored digits as people write them: ``18-1``, ``123``."""
    main_digits, _ = kind.digits
    main, sub = int(number[:main_digits]), int(number[main_digits:])
    return f"{main}-{sub}" if sub else str(main)


def written(kind: Kind, number: str) -> str:
    """Return 8 stored digits with their word: ``18-1地號``, ``123建號``."""
    return short(kind, number) + kind.suffix


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
