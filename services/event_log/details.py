"""The details of events in words: labels of their keys, and names for the codes among their values."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services import rocdate
from services.accounts.leaving.words import Settled, Source
from services.audits.words import CorrectionKind, DrawKind, Ruling, SeedSource
from services.event_log.groups import Group
from services.event_log.words import OBJECTS, OUTCOMES, label_of
from services.identity.entering import Method
from services.identity.link_words import How
from services.identity.lockout import Tried
from services.identity.passwords import Cause
from services.identity.sessions import EndReason
from services.incidents.words import Mark
from services.papers.keeping import PaperKind
from services.regulation.application_states import Act
from services.regulation.incidents import Gravity, Step
from services.regulation.items import Item, UsageAction
from services.regulation.leaving import Leaving
from services.regulation.periods import Quarter
from services.regulation.readings import ALL_READINGS
from services.regulation.roles import AccountStatus, Duty, EthicsKind, Role
from services.regulation.workflows import Deed
from services.usage.flags import LABELS
from services.usage.office_hours import TimeOfUse

DETAILS = {
    "reason": "原因",
    "function": "功能代碼",
    "sentence": "說明",
    "number": "案號",
    "act": "作業",
    "step": "步驟",
    "note": "註記",
    "effective_on": "生效日期",
    "starts_on": "起日",
    "ends_on": "迄日",
    "entered": "登錄方式",
    "settled": "辦結方式",
    "bytes": "位元組",
    "records": "紀錄",
    "items": "項目",
    "account_id": "對應帳號",
    "before": "變更前",
    "tables": "資料表",
    "after": "變更後",
    "source": "來源系統",
    "file_sha256": "檔案雜湊值",
    "read": "讀取",
    "stored": "存入",
    "duplicates": "重複",
    "rejected": "不能匯入",
    "late": "凍結後匯入",
    "units_by_hand": "手動對應的單位",
    "role": "角色",
    "unit": "單位代碼",
    "period": "期間",
    "frame_hash": "母體雜湊值",
    "people": "人數",
    "months": "月數",
    "base_records": "基本樣本",
    "supplements": "補充的稽核",
    "seed_plan": "種子來源",
    "public_figure": "公開數字",
    "draw": "第幾次抽樣",
    "kind": "種類",
    "seed_source": "種子來源",
    "size": "筆數",
    "ruling": "判定",
    "changed": "更改先前判定",
    "content_hash": "簽核內容雜湊值",
    "conclusion_sha256": "簽核結論雜湊值",
    "nil_return": "無使用紀錄",
    "filter": "條件",
    "rows": "匯出筆數",
    "total": "符合筆數",
    "format": "檔案格式",
    "scale": "規模",
    "due_on": "期限",
    "keep": "保留",
    "reduce": "減列項目",
    "suspend": "停權",
    "cancel": "註銷",
    "lines": "帳號",
    "method": "登入方式",
    "tried": "輸入",
    "issuer": "身分提供者",
    "until": "鎖定至",
    "cause": "緣由",
    "how": "交付方式",
    "error": "錯誤",
    "what": "內容",
    "codes_left": "剩餘復原碼",
    "subject": "市府身分代碼",
    "claim": "識別資料",
    "second_factors": "雙因子密鑰",
    "mail": "待寄郵件",
    "root": "樹根",
    "stamped_at": "時戳時間",
    "file": "檢查點檔",
    "events": "系統紀錄",
    "seed": "種子",
    "agencies": "機關數",
    "units": "單位數",
    "accounts": "帳號數",
    "properties": "登記筆數",
    "quarter": "季別",
    "threshold_units": "門檻單位",
    "snooper": "故事：窺探者",
    "shared_account": "故事：共用帳號",
    "behind_agency": "故事：落後機關",
    "sha256": "檔案雜湊值",
    "documents": "文件數",
    "files": "檔案數",
    "record": "紀錄編號",
    "duty": "職務",
    "letter_no": "公文字號",
    "package": "第幾次函送",
    "asked_by": "要求更正者",
    "manifest_sha256": "函送清單雜湊值",
    "zip_sha256": "函送檔案雜湊值",
    "gravity": "情節",
    "done_on": "辦理日期",
    "sent": "寄出",
    "before_day": "早於",
    "archive_sha256": "封存檔雜湊值",
    "audits": "稽核件數",
    "record_ids_sha256": "清除紀錄編號雜湊值",
    "proposed_by": "提出者的帳號編號",
    "given_by": "移交人的帳號編號",
    "taken_by": "接手人的帳號編號",
}

_VALUES: dict[str, tuple[type[StrEnum], ...]] = {
    "items": (Item,),
    "before": (AccountStatus, Item),
    "after": (AccountStatus, Item),
    "role": (Role,),
    "duty": (Duty,),
    "seed_plan": (SeedSource,),
    "seed_source": (SeedSource,),
    "kind": (DrawKind, PaperKind, Leaving, CorrectionKind, EthicsKind),
    "ruling": (Ruling,),
    "reason": (EndReason,),
    "cause": (Cause,),
    "how": (How,),
    "method": (Method,),
    "entered": (Source,),
    "settled": (Settled,),
    "act": (Act,),
    "step": (Deed, Step, Mark),
    "gravity": (Gravity,),
    "tried": (Tried,),
    "group": (Group,),
    "item": (Item,),
    "action": (UsageAction,),
    "time": (TimeOfUse,),
}
"""Which details hold codes that have a word; whatever people typed is shown as it is."""
_READINGS = {code: words for one in ALL_READINGS for code, words in one.options.items()}
_WORDS: dict[str, dict[str, str]] = {
    "reason": {"locked": "鎖定期間內再次嘗試"},
    "what": {
        "enrolled": "設定驗證器",
        "replaced": "更換驗證器",
        "recovery_codes": "產生新的復原碼",
    },
    "before": _READINGS,
    "after": _READINGS,
    "outcome": OUTCOMES,
    "object_type": OBJECTS,
    "flag": LABELS,
}


def _moment(text: str) -> str:
    return rocdate.roc_second(datetime.fromisoformat(text))


def _day(text: str) -> str:
    return rocdate.roc_date(date.fromisoformat(text))


def _quarter(text: str) -> str:
    return Quarter.parse(text).label


_READ: dict[str, Callable[[str], str]] = {
    "until": _moment,
    "stamped_at": _moment,
    "first_day": _day,
    "last_day": _day,
    "due_on": _day,
    "effective_on": _day,
    "starts_on": _day,
    "ends_on": _day,
    "done_on": _day,
    "before_day": _day,
    "period": _quarter,
    "quarter": _quarter,
    "type": label_of,
}
"""Details that are stored as a machine writes them, and how people do."""
_MOST_LISTED = 20


def detail_words(detail: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the details of an event as pairs of label and text; what is empty is left out."""
    return tuple(
        (DETAILS.get(key, key), _text(key, value)) for key, value in detail.items() if value != ""
    )


def _text(key: str, value: Any) -> str:
    if value is None:
        return "無"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "；".join(f"{_FILTER.get(k, k)}：{_text(k, held)}" for k, held in value.items())
    if isinstance(value, list):
        shown = "、".join(_text(key, one) for one in value[:_MOST_LISTED])
        rest = len(value) - _MOST_LISTED
        return f"{shown}…另有 {rest:,} 項" if rest > 0 else shown or "無"
    for words in _VALUES.get(key, ()):
        if value in set(words):
            return str(words(value).label)  # type: ignore[attr-defined]
    text = str(value)
    if key in _READ:
        with suppress(ValueError):  # whatever an older version stored stands as it is
            return _READ[key](text)
    return _WORDS.get(key, {}).get(text, text)


_FILTER = {
    "first_day": "起日",
    "last_day": "迄日",
    "unit": "單位代碼",
    "person": "人員",
    "item": "項目",
    "action": "作業",
    "time": "時段",
    "hours": "時刻",
    "name": "人名",
    "words": "案由字詞",
    "flag": "系統提示",
    "group": "類別",
    "type": "事件",
    "outcome": "結果",
    "object_type": "對象",
    "object_id": "對象編號",
    "address": "來源位址",
}
"""The parts of a filter of 系統紀錄 and of 使用紀錄, as the events of looking at them keep them."""
