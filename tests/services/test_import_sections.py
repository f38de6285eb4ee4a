"""Sections are found however other systems write them, and never another one."""

from collections import defaultdict

import pytest

from services.demo.sections import taipei_sections
from services.usage.importing.sections import section_index, section_key

SECTIONS = taipei_sections()
INDEX = section_index((row.code, row.district, row.name) for row in SECTIONS)


def test_every_section_of_the_city_is_found_in_all_its_spellings() -> None:
    numerals = dict(zip("一二三四五六七八九", "123456789", strict=True))
    for row in SECTIONS:
        digits = row.name
        for sign, digit in numerals.items():
            digits = digits.replace(f"{sign}小段", f"{digit}小段")
        spellings = {
            row.name,
            digits,
            f" {row.name} ",
            row.name.replace("一小段", "ㄧ小段"),
            row.name.replace("一小段", "－小段"),
            row.name.replace("一小段", "—小段"),
            row.name.replace("犂", "犁"),
            row.name.replace("灣", "湾").replace("莊", "庄").replace("腳", "脚"),
            f"{row.district}{row.name}",
            f"臺北市{row.district}{row.name}",
            row.code,
            row.code.lower(),
            row.code[2:],
            f"{row.code[2:]}{row.name}",
            f"{row.name}({row.code})",
            f"（{row.code[2:]}）{row.name}",
        }
        for district in (
            row.district,
            f"臺北市{row.district}",
            f"台北市 {row.district}",
            row.district.removesuffix("區"),
            f"105{row.district}",
        ):
            assert {INDEX.find(district, text) for text in spellings} == {row.code}, row
        assert INDEX.find("", f"{row.district}{row.name}") == row.code
        assert INDEX.find("", row.code) == row.code


def test_no_two_sections_fall_together() -> None:
    keys: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in SECTIONS:
        keys[row.district, section_key(row.name)].add(row.code)
    assert {codes for codes in map(frozenset, keys.values()) if len(codes) > 1} == set()


@pytest.mark.parametrize(
    ("district", "section"),
    [
        ("松山區", ""),
        ("松山區", "沒有這一段"),
        ("大安區", "AD0609"),
        ("新北市松山區", "延吉段一小段"),
        ("板橋區", "延吉段一小段"),
        ("松山區", "大安區延吉段一小段"),
        ("松山區", "延吉段一小段(0608)"),
        ("松山區", "AA延吉段一小段"),
        ("松山區", "AD9999"),
        ("松山區", "9999"),
        ("松山區", "18"),
        ("松山區", "延吉段"),
        ("松山區", "延吉段十一小段"),
        ("松山區", "延吉段11小段"),
    ],
)
def test_what_names_no_section_is_not_guessed_at(district: str, section: str) -> None:
    assert INDEX.find(district, section) is None


def test_what_could_be_two_is_neither() -> None:
    two = section_index([("AA0001", "大安區", "光華段"), ("AB0001", "士林區", "光華段")])
    assert two.find("", "光華段") is None
    assert two.find("", "0001") is None
    assert two.find("大安區", "光華段") == two.find("大安", "1".zfill(4)) == "AA0001"
