"""The stated purpose (clause 6.3.2): fillers and malformed numbers are caught, real grounds are not."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.purpose import (
    FLAG_LABELS,
    REASON_MAX,
    Purpose,
    document_number_problem,
    flags,
    is_filler,
    problems,
    tidy,
)

TODAY = date(2026, 11, 23)

FILLERS = [
    "", " ", "　", "\t\n", "\u200b\u200b\u200b\u200b", "。", "....", "－－－－", "★★★★", "😀😀😀😀",
    "查", "案", "a", "1", "1111", "１１１１", "12345678", "1234-5678", "①②③④", "٣٤٥٦",
    "測試", "查詢", "公務", "測 試", "測試測試", "測試測試測試測試", "【測試】", "「查詢」", "查詢。",
    "公務查詢", "公務測試", "查詢公務用", "業務需要", "業務查詢使用", "查詢地籍資料", "公務需要查詢資料",
    "測試中", "查詢1111", "公務ABC", "其他原因", "如公文", "案件查詢", "辦理案件用",
    "test", "ＴＥＳＴ", "Test test", "asdf", "asdf qwer", "aaaa bbbb", "xx yy zz", "na n/a none",
    "了解一下", "因公使用", "洽公查詢", "長官交辦", "主管交辦事項", "個人因素", "私人因素查詢", "lorem ipsum",
    "地地地地", "啊啊啊啊啊啊", "ㄅㄆㄇㄈ", "あああああ", "__測試__", "1a2b3c4d",
]  # fmt: skip
REAL_REASONS = [
    "地價稅稽徵查核", "國賠案件調查", "違章建築查報", "徵收補償作業查對所有權人", "都市更新範圍勘選",
    "核對公共設施保留地", "清查占用市有土地", "辦理道路拓寬用地取得", "查調欠稅人之不動產",
    "瞭解鄰地使用情形", "民眾陳情案件瞭解", "個人綜合所得稅查核", "主管機關函請查復占用戶",
    "房屋稅籍釐正", "GIS 圖資校正", "land tax audit", "地價稅稽徵查核（115年第3季）",
]  # fmt: skip
RIGHT_NUMBERS = [
    "府授地資字第1136012388號", "府授地資字第11360123881號", "北市稽大安乙字第1155554640號",
    "府授地資字第１１３６０１２３８８號", " 府授地資字第 1136012388 號 ", "臺北市（地）字第9912345678號",
    "113年大安字第012340號", "99年松山字第1234號", "１１５年大安字第０１２３４０號", "1136012388", "11360123881",
    "9912345678",
]  # fmt: skip
WRONG_NUMBERS = [
    "", "1", "1111", "測試", "查詢", "1111111111", "0000000000", "00000000000", "7912345678",
    "113601238", "113601238812", "府授地資字第113601238號", "字第1136012388號", "()字第1136012388號",
    "府授地資字第1136012388", "地資字1136012388號", "113年大安字第000000號", "1130000000",
    "50年大安字第012340號", "200年大安字第012340號", "府授地資字第2136012388號", "٣" * 10,
    "府授地資字第1136012388號;DROP TABLE", "<b>1136012388</b>", "A" * 500,
]  # fmt: skip


@pytest.mark.parametrize("reason", FILLERS)
def test_a_filler_carries_no_query(reason: str) -> None:
    assert is_filler(reason)
    found = problems(Purpose(reason=reason))
    assert found
    assert all(sentence.endswith("。") for sentence in found)


@pytest.mark.parametrize("reason", REAL_REASONS)
def test_a_real_reason_carries_a_query(reason: str) -> None:
    assert problems(Purpose(reason=reason)) == []


@pytest.mark.parametrize("number", RIGHT_NUMBERS)
def test_a_well_formed_number_carries_a_query_in_either_field(number: str) -> None:
    assert problems(Purpose(document_no=number)) == []
    assert problems(Purpose(case_no=number), TODAY) == []


@pytest.mark.parametrize("number", WRONG_NUMBERS)
def test_a_malformed_number_gets_a_sentence(number: str) -> None:
    sentence = document_number_problem(number)
    assert sentence is not None
    assert sentence.endswith("。")
    assert len(sentence) < 150


@pytest.mark.parametrize("number", [n for n in WRONG_NUMBERS if n])
def test_a_malformed_number_is_not_saved_by_a_good_reason(number: str) -> None:
    found = problems(Purpose(case_no=number, reason="地價稅稽徵查核"))
    assert len(found) == 1
    assert found[0].startswith("案件號：")


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("1156012388", True),
        ("1166012388", False),
        ("府授地資字第1166012388號", False),
        ("116年大安字第012340號", False),
        ("1234567890", False),
    ],
)
def test_a_number_of_a_later_year_does_not_exist_yet(number: str, right: bool) -> None:
    assert document_number_problem(number) is None
    assert (document_number_problem(number, TODAY) is None) is right


@pytest.mark.parametrize(("reason", "right"), [("查欠稅", False), ("調查欠稅", True)])
def test_a_reason_needs_four_characters(reason: str, right: bool) -> None:
    assert (problems(Purpose(reason=reason)) == []) is right


def test_a_reason_of_the_greatest_length_is_the_last_that_fits() -> None:
    reason = ("地價稅稽徵查核" * REASON_MAX)[:REASON_MAX]
    assert problems(Purpose(reason=reason)) == []
    assert problems(Purpose(reason=reason + "案"))


def test_nothing_at_all_is_told_that_one_of_three_is_needed() -> None:
    assert problems(Purpose()) == ["請輸入案件號、公文號，或敘明查詢原因（三者至少一項）。"]
    assert problems(Purpose(" ", "　", "\u200b")) == problems(Purpose())


def test_every_wrong_part_is_named() -> None:
    found = problems(Purpose(case_no="1", document_no="2", reason="查詢"))
    assert [sentence[:3] for sentence in found] == ["案件號", "公文號", "查詢原"]


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        (Purpose(), ("purpose_missing",)),
        (Purpose(reason="查詢"), ("purpose_filler",)),
        (Purpose(reason="地價稅稽徵查核"), ()),
        (Purpose(document_no="府授地資字第1136012388號"), ()),
        (Purpose(document_no="府授地資字第1136012388號", reason="查詢"), ()),
        (Purpose(case_no="12"), ("number_malformed",)),
        (Purpose(case_no="12", reason="查詢"), ("purpose_filler",)),
        (Purpose(case_no="12", reason="地價稅稽徵查核"), ("number_malformed",)),
    ],
)
def test_an_imported_record_is_flagged_not_refused(
    purpose: Purpose, expected: tuple[str, ...]
) -> None:
    assert flags(purpose) == expected
    assert set(expected) <= set(FLAG_LABELS)


@given(
    st.text(alphabet=string.digits + string.punctuation + "測試查詢公務　 １２３。、", max_size=60)
)
def test_stock_words_digits_and_signs_never_carry_a_query(reason: str) -> None:
    # 試, 詢 and 務 alone can be left over: two of them are no stock word any more.
    left = reason
    for word in ("測試", "查詢", "公務", "查"):
        left = left.replace(word, "")
    if len({ch for ch in left if ch in "測試詢公務"}) < 2:
        assert problems(Purpose(reason=reason))


@given(
    year=st.integers(80, 115),
    serial=st.integers(1, 9999999),
    words=st.text("府授地資產稅北市", min_size=1, max_size=20),
)
def test_every_number_of_the_right_form_passes(year: int, serial: int, words: str) -> None:
    digits = f"{year}{serial:07d}" if year >= 100 else f"{year}{serial:08d}"
    assert document_number_problem(digits, TODAY) is None or len(set(digits)) == 1
    assert document_number_problem(f"{words}字第{digits}號", TODAY) is None or len(set(digits)) == 1


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("　ＡＢＣ１２３　", "ABC123"),
        ("地價稅（１１５年）：查核", "地價稅（115年）：查核"),
        ("a\x00b\u200bc\n", "abc"),
        ("e\u200d\u0301", "\u00e9"),
        (None, ""),
    ],
)
def test_text_is_folded_once_and_for_all(given_: str | None, kept: str) -> None:
    assert tidy(given_) == kept
    assert tidy(tidy(given_)) == kept


@given(st.text(max_size=300))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    purpose = Purpose(text, text, text)
    assert all(sentence.endswith("。") for sentence in problems(purpose, TODAY))
    assert set(flags(purpose)) <= set(FLAG_LABELS)
    assert tidy(tidy(text)) == tidy(text)
