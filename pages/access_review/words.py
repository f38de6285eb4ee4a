"""The same word, icon and colour for the same choice everywhere on the page."""

from pages.shared.badges import Colour
from services.regulation.access_review import Choice, item_words
from services.reviews.listing import LineRow, Ruled

ICONS = {
    Choice.KEEP: ":material/check:",
    Choice.REDUCE: ":material/checklist:",
    Choice.SUSPEND: ":material/pause_circle:",
    Choice.CANCEL: ":material/cancel:",
}
COLOURS: dict[Choice, Colour] = {
    Choice.KEEP: "green",
    Choice.REDUCE: "blue",
    Choice.SUSPEND: "orange",
    Choice.CANCEL: "red",
}
EFFECTS = {
    Choice.KEEP: "帳號照舊。",
    Choice.REDUCE: "結案時取消未留下的授權項目。",
    Choice.SUSPEND: "結案時停權：不能登入及查詢，目前的登入會中斷；日後須由本人申請復權。",
    Choice.CANCEL: "結案時註銷：不能登入及查詢，目前的登入會中斷，且不能復權。",
}


def ruled_words(ruled: Ruled | None) -> str:
    """Return what was prepared or decided in one word, with the items of a reduction."""
    if ruled is None:
        return ""
    if ruled.items is None:
        return ruled.choice.label
    return f"{ruled.choice.label}（留下：{item_words(ruled.items) or '無'}）"


def flag_words(row: LineRow) -> str:
    """Return what catches the eye about a line."""
    return "、".join(flag.label for flag in row.flags)
