"""Why people look things up: document numbers, receipt numbers and reasons, good ones and weak ones."""

from datetime import date
from functools import lru_cache

from services.regulation.purpose import Purpose, flags

REASONS: dict[str, tuple[str, ...]] = {
    "tax": (
        "地價稅稽徵查核",
        "房屋稅籍清查",
        "土地增值稅自用住宅用地申請案審查",
        "地價稅特別稅率申請案審查",
        "欠稅移送執行前財產查對",
        "遺產土地移轉現值核對",
    ),
    "works": (
        "徵收補償作業查對所有權人",
        "道路開闢工程用地範圍查對",
        "人行道更新工程鑑界前查對",
        "排水溝改善工程用地協調",
        "國賠案件調查",
    ),
    "plan": (
        "都市計畫變更案公展通知所有權人",
        "都市更新事業計畫審議查核",
        "違章建築查報",
        "都市計畫樁位偏差案查對",
        "建築線指定案查對",
    ),
    "land": (
        "土地登記案件審查",
        "地價區段劃分檢討",
        "公有土地管理清查",
        "重劃區抵費地標售前查對",
        "不動產糾紛調處案",
    ),
    "civil": ("寺廟登記案財產查核", "祭祀公業派下員案土地查對", "公墓遷葬範圍查對"),
    "social": (
        "低收入戶資格複查",
        "中低收入老人生活津貼審查",
        "身心障礙者生活補助資格審查",
        "急難救助申請案財產查對",
    ),
    "estate": ("市有財產清查", "校地產權查對", "市有土地占用處理", "文化資產價值評估案查對"),
    "enforce": (
        "環境污染行為人查證",
        "刑事案件偵辦查證",
        "農地違規使用查處",
        "商業登記地址查證",
        "行政執行案件財產查對",
    ),
}
"""Stated reasons by the kind of agency; all of them can carry a query."""

_MISSING, _FILLER, _MALFORMED = 0, 1, 2
_FILLERS = ("查詢", "公務", "業務需要", "測試", "1111", "同上", "辦案")
_MALFORMED_NUMBERS = ("地價案", "11300", "如附件", "1150", "字第號")

Texts = tuple[str, str, str, str]
"""Case number, document number, reason, flags."""


def document(letters: str, day: date, serial: int) -> str:
    """Return a document number of that day; the serial runs on through the year."""
    number = day.timetuple().tm_yday * 10_000 + serial % 10_000
    return f"{letters}字第{day.year - 1911}{number:07d}號"


def receipt(office: str, day: date, serial: int) -> str:
    """Return a land office's receipt number of that day."""
    number = day.timetuple().tm_yday * 500 + serial % 500
    return f"{day.year - 1911}年{office}字第{number:06d}號"


def good(draw: float, kind: str, letters: str, office: str, day: date, serial: int) -> Texts:
    """Return a purpose that can carry a query; ``draw`` in [0, 1) chooses its form."""
    reasons = REASONS[kind]
    reason = reasons[serial % len(reasons)]
    if draw < 0.62:
        return "", document(letters, day, serial), "", ""
    if draw < 0.78:
        return "", document(letters, day, serial), reason, ""
    if draw < 0.90:
        return receipt(office, day, serial), "", "", ""
    return "", "", reason, ""


@lru_cache(maxsize=64)
def weak(serial: int) -> Texts:
    """Return one of the purposes that another system lets pass, with the flags the rule gives it."""
    kind, pick = serial % 3, serial // 3
    if kind == _MISSING:
        purpose = Purpose()
    elif kind == _FILLER:
        purpose = Purpose(reason=_FILLERS[pick % len(_FILLERS)])
    else:
        purpose = Purpose(case_no=_MALFORMED_NUMBERS[pick % len(_MALFORMED_NUMBERS)])
    return purpose.case_no, purpose.document_no, purpose.reason, " ".join(flags(purpose))
