"""What events are called on screen, how they are grouped, and which details each kind may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.audits.words import DrawKind, Ruling, SeedSource
from services.events import EventType
from services.identity.permissions import Action
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role


class Group(StrEnum):
    """Kinds of events that belong together; the value is what an address holds."""

    SIGN_IN = "sign_in"
    REFUSAL = "refusal"
    USAGE = "usage"
    ACCOUNTS = "accounts"
    AUDITS = "audits"
    LOOKS = "looks"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        return {
            "sign_in": "登入與驗證",
            "refusal": "拒絕",
            "usage": "查詢與匯入",
            "accounts": "帳號異動",
            "audits": "稽核",
            "looks": "檢視與匯出",
            "system": "系統與設定",
        }[self.value]


@dataclass(frozen=True)
class Words:
    """One kind of event: its group, its name, and the keys that its detail may hold."""

    group: Group
    label: str
    detail: frozenset[str] = frozenset()


def _words(group: Group, label: str, *detail: str) -> Words:
    return Words(group, label, frozenset(detail))


EVENT_WORDS: dict[EventType, Words] = {
    EventType.SIGNED_IN: _words(Group.SIGN_IN, "登入"),
    EventType.SIGN_IN_FAILED: _words(Group.SIGN_IN, "登入失敗"),
    EventType.SIGN_IN_LOCKED: _words(Group.SIGN_IN, "登入鎖定"),
    EventType.SIGNED_OUT: _words(Group.SIGN_IN, "登出", "reason"),
    EventType.PASSWORD_CHANGED: _words(Group.SIGN_IN, "變更密碼"),
    EventType.RESET_LINK_ISSUED: _words(Group.SIGN_IN, "寄發重設密碼連結"),
    EventType.SECOND_FACTOR_SET: _words(Group.SIGN_IN, "設定雙因子驗證", "what"),
    EventType.SECOND_FACTOR_REMOVED: _words(Group.SIGN_IN, "移除雙因子驗證", "reason"),
    EventType.RECOVERY_CODE_USED: _words(Group.SIGN_IN, "使用復原碼", "codes_left"),
    EventType.IDENTITY_BOUND: _words(Group.SIGN_IN, "綁定市府身分", "issuer", "subject", "claim"),
    EventType.IDENTITY_CLAIM_CHANGED: _words(Group.SIGN_IN, "市府帳號識別資料變更", "claim"),
    EventType.IDENTITY_RELEASED: _words(Group.SIGN_IN, "解除市府身分綁定", "subject", "reason"),
    EventType.REFUSED: _words(Group.REFUSAL, "拒絕", "function", "sentence"),
    EventType.PARCEL_QUERIED: _words(Group.USAGE, "查詢地籍資料", "records", "items"),
    EventType.SOURCE_USER_CLAIMED: _words(
        Group.USAGE, "對應外部系統使用者", "account_id", "before"
    ),
    EventType.USAGE_IMPORTED: _words(
        Group.USAGE,
        "匯入使用紀錄",
        *("source", "file_sha256", "read", "stored", "duplicates", "rejected", "units_by_hand"),
    ),
    EventType.ACCOUNT_CREATED: _words(Group.ACCOUNTS, "建立帳號", "role"),
    EventType.ACCOUNT_STATUS_CHANGED: _words(
        Group.ACCOUNTS, "變更帳號狀態", "before", "after", "reason"
    ),
    EventType.ACCOUNT_ITEMS_CHANGED: _words(
        Group.ACCOUNTS, "變更授權項目", "before", "after", "reason"
    ),
    EventType.AUDIT_OPENED: _words(Group.AUDITS, "建立稽核", "unit", "period"),
    EventType.FRAME_FROZEN: _words(
        Group.AUDITS,
        "凍結母體",
        *("frame_hash", "records", "people", "months", "base_records"),
        *("seed_plan", "public_figure"),
    ),
    EventType.SAMPLE_DRAWN: _words(
        Group.AUDITS, "抽樣", "draw", "kind", "reason", "seed_source", "size", "frame_hash"
    ),
    EventType.RECORD_PICKED: _words(Group.AUDITS, "加入判斷抽查", "records", "reason"),
    EventType.RECORD_JUDGED: _words(Group.AUDITS, "判定", "records", "ruling", "changed"),
    EventType.AUDIT_SIGNED: _words(Group.AUDITS, "簽核", "content_hash", "nil_return"),
    EventType.AUDIT_REOPENED: _words(Group.AUDITS, "重新開啟稽核", "reason"),
    EventType.ACCOUNT_VIEWED: _words(Group.LOOKS, "檢視帳號"),
    EventType.WORKSHEET_VIEWED: _words(Group.LOOKS, "檢視稽核工作底稿"),
    EventType.EVENTS_VIEWED: _words(Group.LOOKS, "檢視系統紀錄", "filter"),
    EventType.TABLE_EXPORTED: _words(Group.LOOKS, "匯出表格", "rows", "total", "filter"),
    EventType.DRAW_EXPORTED: _words(Group.LOOKS, "匯出抽樣"),
    EventType.SETTING_CHANGED: _words(Group.SYSTEM, "變更設定", "before", "after"),
    EventType.SECRETS_ROTATED: _words(Group.SYSTEM, "更換金鑰", "second_factors", "mail"),
    EventType.MAIL_GIVEN_UP: _words(Group.SYSTEM, "郵件無法寄出"),
    EventType.LEDGER_SEALED: _words(Group.SYSTEM, "封存帳本"),
    EventType.LEDGER_VERIFIED: _words(Group.SYSTEM, "驗證帳本"),
    EventType.SERVICE_HELD: _words(Group.SYSTEM, "暫停服務"),
    EventType.SERVICE_RESUMED: _words(Group.SYSTEM, "恢復服務"),
    EventType.SCHEMA_UPGRADED: _words(Group.SYSTEM, "更新資料庫結構", "before", "after"),
    EventType.DEMO_LOADED: _words(Group.SYSTEM, "載入示範資料", "scale"),
}

OUTCOMES = {"done": "完成", "refused": "拒絕"}

OBJECTS = {
    "account": "帳號",
    "username": "輸入的帳號",
    "identity": "市府身分",
    "action": "權限",
    "audit": "稽核",
    "usage_record": "使用紀錄",
    "usage_import": "匯入",
    "source_user": "外部系統使用者",
    "table": "表格",
    "setting": "設定",
    "events": "系統紀錄",
    "event": "單筆系統紀錄",
    "schema": "資料庫結構",
}
"""The kinds of things events are about."""

DETAILS = {
    "reason": "原因",
    "function": "功能代碼",
    "sentence": "說明",
    "records": "紀錄",
    "items": "項目",
    "account_id": "對應帳號",
    "before": "變更前",
    "after": "變更後",
    "source": "來源系統",
    "file_sha256": "檔案雜湊值",
    "read": "讀取",
    "stored": "存入",
    "duplicates": "重複",
    "rejected": "不能匯入",
    "units_by_hand": "手動對應的單位",
    "role": "角色",
    "unit": "單位代碼",
    "period": "期間",
    "frame_hash": "母體雜湊值",
    "people": "人數",
    "months": "月數",
    "base_records": "基本樣本",
    "seed_plan": "種子來源",
    "public_figure": "公開數字",
    "draw": "第幾次抽樣",
    "kind": "種類",
    "seed_source": "種子來源",
    "size": "筆數",
    "ruling": "判定",
    "changed": "更改先前判定",
    "content_hash": "簽核內容雜湊值",
    "nil_return": "無使用紀錄",
    "filter": "條件",
    "rows": "匯出筆數",
    "total": "符合筆數",
    "scale": "規模",
}

_VALUES: dict[str, tuple[type[StrEnum], ...]] = {
    "items": (Item,),
    "before": (AccountStatus, Item),
    "after": (AccountStatus, Item),
    "role": (Role,),
    "seed_plan": (SeedSource,),
    "seed_source": (SeedSource,),
    "kind": (DrawKind,),
    "ruling": (Ruling,),
}
"""Which details hold codes that have a word; whatever people typed is shown as it is."""
_MOST_LISTED = 20


def label_of(code: str) -> str:
    """Return the name of a kind of event; a code that this version does not know stands for itself."""
    return EVENT_WORDS[EventType(code)].label if code in set(EventType) else code


def types_of(group: Group) -> list[EventType]:
    """Return the kinds of events of a group."""
    return [type_ for type_, words in EVENT_WORDS.items() if words.group is group]


def object_words(kind: str, id_: str) -> str:
    """Return what an event is about, as far as its own row tells."""
    if kind == "action":
        return Action(id_).label if id_ in set(Action) else id_
    return f"{OBJECTS.get(kind, kind)} {id_}".strip()


def detail_words(detail: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the details of an event as pairs of label and text."""
    return tuple((DETAILS.get(key, key), _text(key, value)) for key, value in detail.items())


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
    return str(value)


_FILTER = {
    "first_day": "起日",
    "last_day": "迄日",
    "person": "人員",
    "group": "類別",
    "type": "事件",
    "outcome": "結果",
    "object_type": "對象",
    "object_id": "對象編號",
    "address": "來源位址",
}
"""The parts of a filter of 系統紀錄, as EVENTS_VIEWED keeps them."""
