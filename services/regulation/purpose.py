"""The purpose every query must state (clause 6.3.2): its form and its filler can be checked,
its truth cannot; that is what the audit is for."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

_DOCUMENT = re.compile(
    r"(?=[()（）]*[一-鿿][一-鿿()（）]*字第)[一-鿿()（）]{1,20}字第([0-9]{10,11})號"
)
_RECEIPT = re.compile(r"([0-9]{2,3})年[一-鿿]{1,6}字第([0-9]{4,8})號")
_BARE = re.compile(r"[0-9]{10,11}")
_STOCK = re.compile(
    "測試|查詢|資料|地籍|公務|業務|工作|辦公|辦案|承辦|辦理|處理|需要|需求|使用|用途|其他|沒有|不詳|同上"
    "|原因|理由|案件|公文|相關|一般|了解|瞭解|一下|因公|洽公|交辦|長官|主管|個人|私人|因素|事項"
    "|查|看|用|無|略"
)
"""Words that say nothing by themselves, however they are put together."""
_STOCK_LATIN = frozenset(
    [
        "test",
        "testing",
        "query",
        "none",
        "null",
        "asdf",
        "asdfgh",
        "qwer",
        "qwerty",
        "zxcv",
        "abcd",
        "lorem",
        "ipsum",
    ]
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN_WORD = re.compile("[a-z]{3,}")
_PUNCTUATION = re.compile("([，：；！？（）])")
REASON_MIN, REASON_MAX = 4, 200
SHOWN = 40
"""How much of a wrong text an error sentence repeats."""


@dataclass(frozen=True)
class Purpose:
    """What the official gives as the ground of a query; at least one part must be usable."""

    case_no: str = ""
    document_no: str = ""
    reason: str = ""


def tidy(text: str | None) -> str:
    """Return ``text`` in NFKC, with control characters and the spaces around it taken away.

    Full-width punctuation stays: it is how Chinese sentences are written.
    """
    if text and text.isprintable() and unicodedata.is_normalized("NFKC", text):
        return text.strip()  # nearly every text; a million of them are imported at a time
    # Control characters go first: taken from between two others they could let these compose.
    kept = "".join(ch for ch in text or "" if unicodedata.category(ch)[0] != "C")
    parts = _PUNCTUATION.split(kept)
    folded = "".join(
        part if _PUNCTUATION.fullmatch(part) else unicodedata.normalize("NFKC", part)
        for part in parts
    )
    return folded.strip()


def is_filler(reason: str) -> bool:
    """Whether a stated reason says nothing: blank, digits, one repeated character, stock words only.

    What is left without the stock words must hold two different Han characters or Latin words.
    """
    bare = re.sub(r"[\W_]+", "", tidy(reason)).lower()
    han = set(_HAN.findall(_STOCK.sub("", bare)))
    words = set(_LATIN_WORD.findall(tidy(reason).lower())) - _STOCK_LATIN
    return len(han) + sum(len(set(word)) > 1 for word in words) < 2


def document_number_problem(text: str, today: date | None = None) -> str | None:
    """Return what is wrong with a case, receipt or document number, or None when its form is right.

    With ``today`` a number of a later year is wrong too: no such document exists yet.
    """
    bare = re.sub(r"\s+", "", tidy(text))
    if receipt := _RECEIPT.fullmatch(bare):
        return _year_problem(receipt[1], today) or _zero_problem(receipt[2])
    document = _DOCUMENT.fullmatch(bare)
    digits = document[1] if document else bare if _BARE.fullmatch(bare) else None
    if digits is None:
        return (
            f"「{tidy(text)[:SHOWN]}」不是公文號或案件號的寫法；請輸入如「府授地資字第1136012388號」"
            "、「113年大安字第012340號」，或 10 至 11 位數字。"
        )
    if len(set(digits)) == 1:
        return f"「{tidy(text)}」是重複的數字，不是公文號；請輸入公文上的完整字號。"
    year = digits[:3] if digits[0] == "1" else digits[:2]
    return _year_problem(year, today) or _zero_problem(digits[len(year) :])


def _year_problem(year: str, today: date | None) -> str | None:
    latest = today.year - 1911 if today else 199
    if 80 <= int(year) <= latest:
        return None
    if today and int(year) > latest:
        return f"字號的年度「{year}」還沒有到；請核對公文上的完整字號。"
    return f"字號的年度「{year}」不是合理的民國年；公文號以民國年開頭，例如 1136012388。"


def _zero_problem(serial: str) -> str | None:
    return None if int(serial) else "字號的流水號不可全為 0；請輸入公文或收件上的完整字號。"


def problems(purpose: Purpose, today: date | None = None) -> list[str]:
    """Return every reason why ``purpose`` cannot carry a query, as sentences; empty when it can.

    Clause 6.3.2: a correct case number, a document number, or the reason for needing the system.
    Each part that is filled in must be right; at least one must be there.
    """
    case_no, document_no, reason = map(tidy, (purpose.case_no, purpose.document_no, purpose.reason))
    if not (case_no or document_no or reason):
        return ["請輸入案件號、公文號，或敘明查詢原因（三者至少一項）。"]
    found = []
    for label, value in (("案件號", case_no), ("公文號", document_no)):
        if value and (problem := document_number_problem(value, today)):
            found.append(f"{label}：{problem}")
    if reason and (problem := _reason_problem(reason)):
        found.append(problem)
    return found


def _reason_problem(reason: str) -> str | None:
    if is_filler(reason):
        return f"查詢原因「{reason[:SHOWN]}」看不出是哪一件公務；請寫明業務與對象，例如「地價稅稽徵查核」。"
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        return f"查詢原因請寫 {REASON_MIN} 至 {REASON_MAX} 個字，目前 {len(reason)} 個字。"
    return None


def flags(purpose: Purpose) -> tuple[str, ...]:
    """Return the flags a record imported with this purpose carries; the audit looks at them.

    The query did happen, so nothing is refused here (clause 9).
    """
    case_no, document_no, reason = map(tidy, (purpose.case_no, purpose.document_no, purpose.reason))
    if not (case_no or document_no or reason):
        return ("purpose_missing",)
    numbers = [number for number in (case_no, document_no) if number]
    if any(document_number_problem(number) is None for number in numbers):
        return ()
    if reason and _reason_problem(reason) is None:
        return ("number_malformed",) if numbers else ()
    return ("number_malformed",) if numbers and not reason else ("purpose_filler",)


FLAG_LABELS = {
    "purpose_missing": "未填案件號或原因",
    "purpose_filler": "查詢原因空泛",
    "number_malformed": "案件號格式不符",
    "section_unknown": "地段不在官方清冊",
    "target_malformed": "地建號格式不符",
    "target_list": "一格列了多筆地建號",
}
