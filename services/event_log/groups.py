"""Kinds of events that belong together, as the page 系統紀錄 filters by them."""

from enum import StrEnum


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
