"""What events are called on screen, how they are grouped, and which details each kind may hold."""

from dataclasses import dataclass

from services.event_log.groups import Group
from services.events import EventType
from services.identity.permissions import Action
from services.identity.policy import PREFIX, RULES
from services.regulation.readings import ALL_READINGS


@dataclass(frozen=True)
class Words:
    """One kind of event: its group, its name, and the keys that its detail may hold."""

    group: Group
    label: str
    detail: frozenset[str] = frozenset()


def _words(group: Group, label: str, *detail: str) -> Words:
    return Words(group, label, frozenset(detail))


EVENT_WORDS: dict[EventType, Words] = {
    EventType.SIGNED_IN: _words(Group.SIGN_IN, "登入", "method"),
    EventType.SIGN_IN_FAILED: _words(
        Group.SIGN_IN, "登入失敗", "tried", "reason", "issuer", "sentence"
    ),
    EventType.SIGN_IN_LOCKED: _words(Group.SIGN_IN, "登入鎖定", "until"),
    EventType.SIGNED_OUT: _words(Group.SIGN_IN, "登出", "reason"),
    EventType.PASSWORD_CHANGED: _words(Group.SIGN_IN, "變更密碼", "cause"),
    EventType.RESET_LINK_ISSUED: _words(Group.SIGN_IN, "產生重設密碼連結", "how"),
    EventType.SECOND_FACTOR_SET: _words(Group.SIGN_IN, "設定雙因子驗證", "what"),
    EventType.SECOND_FACTOR_REMOVED: _words(Group.SIGN_IN, "移除雙因子驗證", "reason"),
    EventType.RECOVERY_CODE_USED: _words(Group.SIGN_IN, "使用復原碼", "codes_left"),
    EventType.RECOVERY_CODES_SAVED: _words(Group.SIGN_IN, "下載復原碼"),
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
        *("source", "file_sha256", "read", "stored", "duplicates", "rejected", "late"),
        "units_by_hand",
    ),
    EventType.ACCOUNT_CREATED: _words(Group.ACCOUNTS, "建立帳號", "role"),
    EventType.ACCOUNT_STATUS_CHANGED: _words(
        Group.ACCOUNTS, "變更帳號狀態", "before", "after", "reason"
    ),
    EventType.ACCOUNT_ITEMS_CHANGED: _words(
        Group.ACCOUNTS, "變更授權項目", "before", "after", "reason"
    ),
    EventType.DUTY_GIVEN: _words(Group.ACCOUNTS, "指派職務", "duty", "kind", "reason"),
    EventType.DUTY_ENDED: _words(Group.ACCOUNTS, "解除職務", "duty", "reason"),
    EventType.APPLICATION_ACTED: _words(
        Group.ACCOUNTS, "辦理申請案", "number", "act", "step", "note"
    ),
    EventType.PEOPLE_IMPORTED: _words(
        Group.ACCOUNTS, "匯入名單送出申請", "file_sha256", "read", "stored", "rejected"
    ),
    EventType.APPLICATION_VIEWED: _words(Group.LOOKS, "檢視申請案"),
    EventType.APPLICATION_PRINTED: _words(
        Group.LOOKS, "列印申請文件", "number", "kind", "format", "sha256"
    ),
    EventType.DOCUMENT_KEPT: _words(Group.ACCOUNTS, "收存文件", "kind", "sha256", "bytes"),
    EventType.DOCUMENT_VIEWED: _words(Group.LOOKS, "檢視文件", "kind", "sha256"),
    EventType.DESTRUCTION_PROPOSED: _words(Group.ACCOUNTS, "提出銷毀文件", "reason", "sha256"),
    EventType.DESTRUCTION_WITHDRAWN: _words(Group.ACCOUNTS, "撤回銷毀文件", "reason", "sha256"),
    EventType.DOCUMENT_DESTROYED: _words(
        Group.ACCOUNTS, "銷毀文件", "kind", "reason", "sha256", "proposed_by"
    ),
    EventType.DOCUMENTS_HANDED_OVER: _words(
        Group.ACCOUNTS, "移交文件", "given_by", "taken_by", "documents", "reason"
    ),
    EventType.REVIEW_OPENED: _words(Group.ACCOUNTS, "發起權限清查", "accounts", "due_on"),
    EventType.REVIEW_PREPARED: _words(
        Group.ACCOUNTS, "權限清查初核", "keep", "reduce", "suspend", "cancel"
    ),
    EventType.REVIEW_DECIDED: _words(
        Group.ACCOUNTS, "權限清查核定", "keep", "reduce", "suspend", "cancel"
    ),
    EventType.REVIEW_LINES_RENEWED: _words(Group.ACCOUNTS, "更新清查內容", "lines"),
    EventType.REVIEW_CLOSED: _words(
        Group.ACCOUNTS, "權限清查結案", "content_hash", "keep", "reduce", "suspend", "cancel"
    ),
    EventType.LEAVING_RECORDED: _words(
        Group.ACCOUNTS, "登錄離職或異動", "kind", "effective_on", "entered", "note"
    ),
    EventType.LEAVING_SETTLED: _words(
        Group.ACCOUNTS, "離職或異動辦結", "kind", "effective_on", "settled", "reason"
    ),
    EventType.LEAVING_IMPORTED: _words(
        Group.ACCOUNTS,
        "匯入人事異動",
        *("file_sha256", "read", "stored", "duplicates", "rejected"),
    ),
    EventType.AUDIT_OPENED: _words(Group.AUDITS, "建立稽核", "unit", "period", "supplements"),
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
    EventType.AUDIT_SIGNED: _words(
        Group.AUDITS, "簽核", "content_hash", "nil_return", "conclusion_sha256"
    ),
    EventType.AUDIT_REOPENED: _words(Group.AUDITS, "重新開啟稽核", "reason"),
    EventType.AUDITOR_APPOINTED: _words(
        Group.AUDITS, "指派稽核人員", "unit", "reason", "starts_on", "ends_on"
    ),
    EventType.AUDITOR_RELIEVED: _words(Group.AUDITS, "解除稽核人員", "unit", "reason"),
    EventType.RECORDS_SHARED: _words(Group.AUDITS, "分派查核紀錄", "records", "people"),
    EventType.EVIDENCE_ADDED: _words(Group.AUDITS, "加入佐證資料", "sha256", "bytes", "record"),
    EventType.EVIDENCE_WITHDRAWN: _words(Group.AUDITS, "撤回佐證資料", "sha256", "reason"),
    EventType.AUDIT_RECEIVED: _words(Group.AUDITS, "收存稽核紀錄", "content_hash"),
    EventType.AUDIT_APPROVED: _words(Group.AUDITS, "核定稽核紀錄", "content_hash", "note"),
    EventType.AUDIT_RETURNED: _words(Group.AUDITS, "退回稽核紀錄", "reason"),
    EventType.AUDIT_SENT: _words(
        Group.AUDITS, "函送地政局", "letter_no", "manifest_sha256", "zip_sha256", "files"
    ),
    EventType.PACKAGE_CORRECTED: _words(
        Group.AUDITS,
        "更正函送",
        *("package", "kind", "asked_by", "reason"),
        *("letter_no", "manifest_sha256", "zip_sha256", "files"),
    ),
    EventType.INCIDENT_OPENED: _words(Group.AUDITS, "成立事件", "number", "gravity", "records"),
    EventType.INCIDENT_STEP_TAKEN: _words(Group.AUDITS, "處理事件", "number", "step", "done_on"),
    EventType.INCIDENT_VIEWED: _words(Group.LOOKS, "檢視事件", "number"),
    EventType.PACKAGE_REVIEWED: _words(
        Group.AUDITS, "複核函送資料", "act", "period", "letter_no", "reason"
    ),
    EventType.PACKAGE_CHECKED: _words(Group.AUDITS, "檢核函送資料", "version", "failed", "to_look"),
    EventType.CHECK_OVERRULED: _words(Group.AUDITS, "檢核改認通過", "check", "reason", "withdrawn"),
    EventType.FINDING_MOVED: _words(
        Group.AUDITS, "處理缺失", "number", "act", "due_on", "letter_no"
    ),
    EventType.LETTER_DRAFTED: _words(Group.LOOKS, "產生公文稿", "kind"),
    EventType.EVIDENCE_VIEWED: _words(Group.LOOKS, "檢視佐證資料", "sha256"),
    EventType.AUDIT_FORM_EXPORTED: _words(
        Group.LOOKS, "匯出稽核紀錄表", "format", "content_hash", "sha256"
    ),
    EventType.PACKAGE_EXPORTED: _words(Group.LOOKS, "下載函送資料", "package", "manifest_sha256"),
    EventType.REMINDERS_SENT: _words(Group.SYSTEM, "寄送提醒", "sent"),
    EventType.RECORDS_PURGED: _words(
        Group.SYSTEM,
        "清除逾保存年限紀錄",
        *("before_day", "records", "audits", "archive_sha256", "record_ids_sha256"),
    ),
    EventType.ACCOUNT_VIEWED: _words(Group.LOOKS, "檢視帳號"),
    EventType.WORKSHEET_VIEWED: _words(Group.LOOKS, "檢視稽核工作底稿"),
    EventType.RECORDS_VIEWED: _words(Group.LOOKS, "檢視使用紀錄", "filter"),
    EventType.EVENTS_VIEWED: _words(Group.LOOKS, "檢視系統紀錄", "filter"),
    EventType.TABLE_EXPORTED: _words(Group.LOOKS, "匯出表格", "rows", "total", "filter", "format"),
    EventType.DRAW_EXPORTED: _words(Group.LOOKS, "匯出抽樣"),
    EventType.SETTING_CHANGED: _words(Group.SYSTEM, "變更設定", "before", "after"),
    EventType.SECRETS_ROTATED: _words(
        Group.SYSTEM, "更換金鑰", "second_factors", "mail", "documents"
    ),
    EventType.FILES_SWEPT: _words(Group.SYSTEM, "清除無人引用的檔案", "files"),
    EventType.MAIL_HELD_UP: _words(Group.SYSTEM, "郵件暫時寄不出去", "error"),
    EventType.MAIL_GIVEN_UP: _words(Group.SYSTEM, "郵件無法寄出", "error"),
    EventType.LEDGER_SEALED: _words(
        Group.SYSTEM, "封存帳本", "size", "root", "stamped_at", "file", "sentence"
    ),
    EventType.LEDGER_VERIFIED: _words(Group.SYSTEM, "驗證帳本", "records", "events", "sentence"),
    EventType.SERVICE_HELD: _words(Group.SYSTEM, "暫停服務", "what"),
    EventType.SERVICE_RESUMED: _words(Group.SYSTEM, "恢復服務"),
    EventType.SCHEMA_UPGRADED: _words(Group.SYSTEM, "更新資料庫結構", "before", "after"),
    EventType.PROTECTION_RESTORED: _words(Group.SYSTEM, "重建防止更動的觸發器", "tables"),
    EventType.DEMO_LOADED: _words(
        Group.SYSTEM,
        "載入示範資料",
        *("scale", "seed", "agencies", "units", "accounts", "properties", "records", "quarter"),
        *("threshold_units", "snooper", "shared_account", "behind_agency"),
    ),
}

OUTCOMES = {
    "done": "完成",
    "refused": "拒絕",
    "fault": "不符",
    "incomplete": "待補齊檔案",
    "stamped": "已加時戳",
    "renewed": "已重寫檔案",
}

OBJECTS = {
    "account": "帳號",
    "username": "輸入的帳號",
    "mail": "郵件",
    "identity": "市府身分",
    "action": "權限",
    "application": "申請案",
    "document": "文件",
    "handover": "文件移交",
    "people_list": "名單",
    "campaign": "權限清查",
    "evidence": "佐證資料",
    "incident": "事件",
    "review": "複核",
    "finding": "缺失",
    "archive": "封存檔",
    "reminders": "提醒",
    "personnel_file": "人事異動檔",
    "audit": "稽核",
    "usage_record": "使用紀錄",
    "usage_records": "使用紀錄清單",
    "usage_import": "匯入",
    "source_user": "外部系統使用者",
    "table": "表格",
    "setting": "設定",
    "events": "系統紀錄",
    "event": "單筆系統紀錄",
    "address": "來源位址",
    "ledger": "帳本",
    "hold": "暫停服務",
    "demo": "示範資料",
    "schema": "資料庫結構",
}
"""The kinds of things events are about."""


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
    if kind == "setting":
        return f"設定：{_setting(id_)}"
    if kind in ("events", "usage_records"):  # the filters that the id stands for are details
        return OBJECTS[kind]
    return f"{OBJECTS.get(kind, kind)} {id_}".strip()


def _setting(key: str) -> str:
    """Return what a screen calls a setting: a value of the policy, or a reading."""
    known = {f"{PREFIX}{rule.key}": rule.label for rule in RULES}
    known |= {reading.key: reading.question for reading in ALL_READINGS}
    return known.get(key, key)
