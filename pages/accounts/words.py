"""The same word, icon and colour for the same state and act everywhere on the page."""

from dataclasses import dataclass

from pages.shared.badges import Colour
from services.regulation.roles import AccountStatus

STATUS_COLOURS: dict[AccountStatus, Colour] = {
    AccountStatus.ACTIVE: "green",
    AccountStatus.SUSPENDED: "orange",
    AccountStatus.CANCELLED: "gray",
}


@dataclass(frozen=True)
class ActWord:
    """How the change to a state is called, and what it does."""

    label: str
    icon: str
    effect: str


ACT_WORDS = {
    AccountStatus.SUSPENDED: ActWord(
        "停權",
        ":material/pause_circle:",
        "帳號立即不能登入及查詢，目前的登入會中斷；日後須由本人申請復權。",
    ),
    AccountStatus.CANCELLED: ActWord(
        "註銷",
        ":material/cancel:",
        "帳號立即不能登入及查詢，目前的登入會中斷。註銷後不能復權，需要時須重新申請。",
    ),
}
