"""What is said of one-time links: how they reach their owner, and the mails that take them along."""

from datetime import timedelta
from enum import StrEnum

from data.models import Account

_NEVER = "承辦人員不會向您索取密碼、驗證碼或這個連結。\n\n地籍資料使用管理系統"
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


class How(StrEnum):
    """How a link reaches its owner; the value is what events hold."""

    MAILED = "mailed"
    PRINTED = "printed"
    FOLLOWED = "followed"

    @property
    def label(self) -> str:
        return {
            "mailed": "電子郵件",
            "printed": "系統維運當面交付",
            "followed": "申請人以申請案的連結取得",
        }[self.value]


def activation(account: Account, link: str, works_for: timedelta) -> tuple[str, str]:
    """Return subject and text of the mail that leads to a new account's first password."""
    return (
        "啟用帳號的連結",
        f"{account.name} 您好：\n\n您的帳號「{account.username}」已建立。"
        f"請在 {works_for // _HOUR} 小時內開啟以下連結設定密碼，"
        f"即可登入；連結只能使用一次：\n\n{link}\n\n{_NEVER}",
    )


def reset(account: Account, link: str, works_for: timedelta, why: str) -> tuple[str, str]:
    """Return subject and text of the mail that leads to another password, and why it comes."""
    return (
        "重設密碼的連結",
        f"{account.name} 您好：\n\n{why}\n請在 {works_for // _MINUTE} 分鐘內開啟以下連結，設定新密碼；"
        f"連結只能使用一次：\n\n{link}\n\n"
        f"若您沒有要求，不必理會這封信，您的密碼沒有變更；若一再收到，請告知您的管理者。\n{_NEVER}",
    )
