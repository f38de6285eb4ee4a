"""The purpose every query must state (clause 6.3.2): its form and its filler can be checked,
its truth cannot; that is what the audit is for."""

import re
import unicodedata
from dataclasses import dataclass

_DOCUMENT = re.compile(r"[一-鿿()（）]{1,20}字第(\d{10,11})號")
_RECEIPT = re.compile(r"(\d{2,3})年[一-鿿]{1,6}字第(\d{4,8})號")
_BARE = re.compile(r"\d{10,11}")
_FILLERS = frozenset(
    [
        "測試",
        "測試用",
        "測試查詢",
        "查詢",
        "查詢用",
        "查詢資料",
        "資料查詢",
        "公務",
        "公務用",
        "公務查詢",
        "公務使用",
        "業務",
        "業務用",
        "業務需要",
        "業務需求",
        "工作",
        "工作需要",
        "辦公",
        "辦案",
        "承辦",
        "承辦業務",
        "其他",
        "無",
        "沒有",
        "不詳",
        "同上",
        "略",
        "原因",
        "查",
        "看",
        "需要",
        "使用",
        "案件",
        "公文",
        "test",
        "na",
        "none",
        "null",
        "asdf",
        "qwer",
        "xxx",
    ]
)
REASON_MIN, REASON_MAX = 4, 200


@dataclass(frozen=True)
class Purpose:
    """What the official gives as the ground of a query; at least one part must be usable."""

    case_no: str = ""
    document_no: str = ""
    reason: str = ""


def tidy(text: str | None) -> str:
    """Return ``text`` in NFKC, with control characters and the spaces around it taken away."""
    folded = unicodedata.normalize("NFKC", text or "")
    return "".join(ch for ch in folded if unicodedata.category(ch)[0] != "C").strip()


def is_filler(reason: str) -> bool:
    """Whether a stated reason says nothing: blank, one repeated character, digits, a stock word."""
    bare = re.sub(r"[\W_]+", "", tidy(reason)).lower()
    return (
        len(set(bare)) <= 1
        or bare.isdigit()
        or bare in _FILLERS
        or any(bare == word * n for word in _FILLERS if word for n in (2, 3))
    )


def document_number_problem(text: str) -> str | None:
    """Return what is wrong with a case, receipt or document number, or None when its form is right."""
    bare = re.sub(r"\s+", "", tidy(text))
    if receipt := _RECEIPT.fullmatch(bare):
        return _year_problem(receipt[1]) or _zero_problem(receipt[2])
    document = _DOCUMENT.fullmatch(bare.replace("（", "(").replace("）", ")"))
    digits = document[1] if document else bare if _BARE.fullmatch(bare) else None
    if digits is None:
        return (
            f"「{tidy(text)}」不是公文號或案件號的寫法；請輸入如「府授地資字第1136012388號」"
            "、「113年大安字第012340號」，或 10 至 11 位數字。"
        )
    if len(set(digits)) == 1:
        return f"「{tidy(text)}」是重複的數字，不是公文號；請輸入公文上的完整字號。"
    return _year_problem(digits[:3] if digits[0] == "1" else digits[:2])


def _year_problem(year: str) -> str | None:
    if 80 <= int(year) <= 199:
        return None
    return f"字號的年度「{year}」不是合理的民國年；公文號以民國年開頭，例如 1136012388。"


def _zero_problem(serial: str) -> str | None:
    return None if int(serial) else "收件號的流水號不可全為 0。"


def problems(purpose: Purpose) -> list[str]:
    """Return every reason why ``purpose`` cannot carry a query, as sentences; empty when it can.

    Clause 6.3.2: a correct case number, a document number, or the reason for needing the system.
    Each part that is filled in must be right; at least one must be there.
    """
    case_no, document_no, reason = map(tidy, (purpose.case_no, purpose.document_no, purpose.reason))
    if not (case_no or document_no or reason):
        return ["請輸入案件號、公文號，或敘明查詢原因（三者至少一項）。"]
    found = []
    for label, value in (("案件號", case_no), ("公文號", document_no)):
        if value and (problem := document_number_problem(value)):
            found.append(f"{label}：{problem}")
    if reason and (problem := _reason_problem(reason)):
        found.append(problem)
    return found


def _reason_problem(reason: str) -> str | None:
    if is_filler(reason):
        return f"查詢原因「{reason}」看不出是哪一件公務；請寫明業務與對象，例如「地價稅稽徵查核」。"
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
}
