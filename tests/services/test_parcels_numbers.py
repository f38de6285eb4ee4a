"""Land and building numbers: every way of writing one comes to the same eight digits, or a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cadastre.numbers import Kind, names_several, parse, short, written
from services.errors import Invalid

LAND = [
    ("18-1", "00180001"),
    ("0018-0001", "00180001"),
    ("00180001", "00180001"),
    ("18之1", "00180001"),
    ("18 - 1", "00180001"),
    ("18–1", "00180001"),
    ("18─1", "00180001"),
    ("１８－１", "00180001"),
    ("０００８０００１", "00080001"),
    ("18", "00180000"),
    ("675-0", "06750000"),
    ("18-1地號", "00180001"),
    ("18之1號", "00180001"),
    ("　18-1　地號 ", "00180001"),
    ("9999-9999", "99999999"),
]
BUILDING = [
    ("123", "00123000"),
    ("00123-000", "00123000"),
    ("00123000", "00123000"),
    ("123-1", "00123001"),
    ("１２３建號", "00123000"),
    ("123號", "00123000"),
    ("99999-999", "99999999"),
]
WRONG_LAND = [
    "", " ", "　", "地號", "-", "18-", "-1", "18-1-2", "18.1", "18/1", "18+1", "一八", "abc", "18-a",
    "12345", "123456", "1234567", "123456789", "18-12345", "0", "0000", "0-1", "00000001",
    "18-1建號", "延吉段一小段18-1", "'; DROP TABLE properties; --", "1" * 500, "٣", "18\x0018-1-9",
]  # fmt: skip
WRONG_BUILDING = ["", "0", "00000-001", "123456", "1234567", "123-1234", "18-1地號", "A123"]


@pytest.mark.parametrize(("text", "digits"), LAND)
def test_a_land_number_is_read(text: str, digits: str) -> None:
    assert parse(Kind.LAND, text) == digits


@pytest.mark.parametrize(("text", "digits"), BUILDING)
def test_a_building_number_is_read(text: str, digits: str) -> None:
    assert parse(Kind.BUILDING, text) == digits


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Kind.LAND, text) for text in WRONG_LAND] + [(Kind.BUILDING, text) for text in WRONG_BUILDING],
)
def test_a_wrong_number_gets_one_short_sentence(kind: Kind, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(kind, text)
    sentence = str(caught.value)
    assert kind.suffix in sentence
    assert sentence.endswith("。")
    assert len(sentence) < 100


@pytest.mark.parametrize(
    ("kind", "digits", "text"),
    [
        (Kind.LAND, "00180001", "18-1地號"),
        (Kind.LAND, "00180000", "18地號"),
        (Kind.BUILDING, "00123000", "123建號"),
        (Kind.BUILDING, "00123001", "123-1建號"),
    ],
)
def test_a_number_is_written_as_people_write_it(kind: Kind, digits: str, text: str) -> None:
    assert written(kind, digits) == text


@given(kind=st.sampled_from(Kind), data=st.data())
def test_every_way_of_writing_a_number_comes_back_to_it(kind: Kind, data: st.DataObject) -> None:
    main_digits, sub_digits = kind.digits
    main = data.draw(st.integers(1, 10**main_digits - 1))
    sub = data.draw(st.integers(0, 10**sub_digits - 1))
    stored = f"{main:0{main_digits}d}{sub:0{sub_digits}d}"
    padded = f"{main:0{main_digits}d}-{sub:0{sub_digits}d}"
    wide = padded.translate({ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789-"})
    for text in (
        stored,
        padded,
        wide,
        short(kind, stored),
        written(kind, stored),
        f"{main}之{sub}號",
        f" {main} - {sub} {kind.suffix}",
    ):
        assert parse(kind, text) == stored


@given(kind=st.sampled_from(Kind), text=st.text(max_size=30))
def test_any_text_is_eight_digits_or_a_sentence(kind: Kind, text: str) -> None:
    try:
        digits = parse(kind, text)
    except Invalid:
        return
    assert len(digits) == 8
    assert digits.isascii() and digits.isdigit()
    assert parse(kind, written(kind, digits)) == digits


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("18-1、18-2", True),
        ("18-1,18-2,18-3", True),
        ("18-1；18-2", True),
        ("18-1 18-2", True),
        ("１８－１，１８－２", True),
        ("18-1地號、18-2地號", True),
        ("18-1/18-2", True),
        ("18-1及19", True),
        ("18-1至18-5", True),
        ("18-1～18-5", True),
        ("18之1、18之2", True),
        ("18-1\n18-2", True),
        ("延吉段一小段18-1、學府段三小段2", True),
        ("18-1等7筆", True),
        ("18地號等十二筆土地", True),
        ("00180001、00180002", True),
        ("18-1", False),
        ("18 - 1", False),
        ("18-1 地號", False),
        ("18-1;DROP", False),
        ("十八、十九", False),
        ("", False),
        ("、", False),
        ("1" * 9999, False),
    ],
)
def test_a_list_is_told_from_a_wrong_number(text: str, several: bool) -> None:
    assert names_several(text) is several
