"""Sections as other systems write them: with the city in front, by their code, with signs that look alike."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.usage.importing.text import match_key

_DASHES = re.compile("[-‐‒–—―−─━ー㇐_]+(?=小?段)")
_DIGITS = re.compile("(?<![0-9])(10|[1-9])(?=小?段)")
_NUMERALS = {str(number): sign for number, sign in enumerate("一二三四五六七八九十", 1)}
_VARIANTS = (
    "一ㄧ 犂犁 灣湾 溫温 腳脚 岡崗冈 莊庄 里裡裏哩 榮荣栄 踐践 雙双 萬万 劃画划 實实 學学 岩巖 "
    "恒恆 溪渓谿 關关関 豐丰豊 舊旧 寶宝寳 蘭兰 龍龙竜 陽阳 華华 農农 軟软 連连 開开 長长 貿贸 "
    "經经 頂顶 順顺 頭头 麗丽 齡龄 濱滨浜 環环 業业 橋桥 愛爱 懷怀 慶庆 復复 德徳 興兴 "
    "訓训 圓圆円 園园 壽寿 寧宁 富冨 臨临 東东 吳吴 青靑 子仔 "
)
"""Signs that stand for one another in the names of Taipei's sections: variants, and what looks alike.
tests/services/test_import_sections.py holds that no two sections fall together by it."""
_ALIKE = str.maketrans(
    {sign: group[0] for group in _VARIANTS.split() for sign in group[1:]},
)
_CODE = re.compile("A[A-F][0-9]{4}")
_SHORT_CODE = re.compile("[0-9]{3,4}")
_CODE_BESIDE = re.compile(r"^\(?(A[A-F])?([0-9]{4})\)?(?=[^0-9])|\(?(A[A-F])?([0-9]{4})\)?$")
_CITY = re.compile("^(?:[0-9]{3,6})?(?:臺灣省)?臺北市")
_POSTCODE = re.compile("^[0-9]{3,6}")


@dataclass(frozen=True)
class Sections:
    """The official sections, by district and name and by district and code."""

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Codes by the keys of district and name; the district is empty where the name alone will do."""
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Codes by the key of the district and their last four digits, likewise."""
    known: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()

    def find(self, district: str, section: str) -> str | None:
        """Return the code of the section that these two texts of a file mean, or None.

        A text that names one section and carries the code of another means neither.
        """
        wide = unicodedata.normalize("NFKC", section).upper().strip()
        where = district_key(district)
        if where and where not in self.districts:
            return None
        if _CODE.fullmatch(code := re.sub(r"[\s-]", "", wide)):
            return code if code in self.known and self._is_in(code, where) else None
        if _SHORT_CODE.fullmatch(wide):
            return self.codes.get((where, wide.zfill(4)))
        key = section_key(wide)
        where, key = self._split(where, _CITY.sub("", key))
        if found := self.names.get((where, key)):
            return found
        if beside := _CODE_BESIDE.search(wide):
            where, key = self._split(where, _CITY.sub("", section_key(_CODE_BESIDE.sub("", wide))))
            office, digits = beside[1] or beside[3] or "", beside[2] or beside[4]
            found = self.names.get((where, key))
            if found and found.endswith(digits) and found.startswith(office):
                return found
        return None

    def _split(self, where: str, key: str) -> tuple[str, str]:
        """Return district and name where the name has its district in front."""
        for district in self.districts:
            if key.startswith(district) and where in ("", district):
                return district, key.removeprefix(district)
        return where, key

    def _is_in(self, code: str, where: str) -> bool:
        return not where or self.codes.get((where, code[2:])) == code


def district_key(text: str) -> str:
    """Return a district as it is compared: without city and postcode, with its 區."""
    key = _POSTCODE.sub("", _CITY.sub("", match_key(text)))
    return key if not key or key.endswith("區") else f"{key}區"


def section_key(text: str) -> str:
    """Return the name of a section as it is compared: signs that look alike are one."""
    wide = unicodedata.normalize("NFKC", text)
    numbered = _DIGITS.sub(lambda digit: _NUMERALS[digit[0]], _DASHES.sub("一", wide))
    return match_key(numbered).translate(_ALIKE)


def section_index(sections: Iterable[tuple[str, str, str]]) -> Sections:
    """Return what finds sections (code, district, name); what could mean two finds neither."""
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    codes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    known, districts = set(), set()
    for code, district, name in sections:
        known.add(code)
        districts.add(district_key(district))
        for where in (district_key(district), ""):
            names[where, section_key(name)].add(code)
            codes[where, code[2:]].add(code)
    return Sections(_single(names), _single(codes), frozenset(known), frozenset(districts))


def _single(found: Mapping[tuple[str, str], set[str]]) -> dict[tuple[str, str], str]:
    return {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1}
