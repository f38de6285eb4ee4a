"""What spreadsheets do to texts that look like numbers, and the marks with which people prevent it."""

import re

from services.errors import Invalid
from services.usage.importing.text import short

_FORMULA = re.compile(r'\s*="((?:[^"]|"")*)"\s*')
_CHANGED = re.compile(r"'[0-9=+@.-]")
"""An apostrophe before what a spreadsheet would take for a number or a formula; others are text."""
_KEPT_DIGITS = 15
"""How many digits of a number a spreadsheet keeps; the others become zeros."""
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d{1,3}", re.IGNORECASE)
_FLOAT = re.compile(r"\d+\.0+")
_LONG = re.compile(rf"\d{{{_KEPT_DIGITS}}}0+")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?: 00:00:00)?|\d{1,2}月\d{1,2}日"
    r"|\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{2}",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#+|#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)", re.IGNORECASE)


def unprotected(cell: str) -> str:
    """Return a cell without what only keeps a spreadsheet from changing it: ``="0012"``, ``'0012``."""
    if cell.startswith("'") and _CHANGED.match(cell):
        return cell[1:]
    if "=" in cell and (formula := _FORMULA.fullmatch(cell)):
        return formula[1].replace('""', '"')
    return cell


def check_undamaged(code: str, *, digits_are_text: bool) -> None:
    """Raise Invalid when a user's code is what a spreadsheet made of another one.

    Two people must never become one. ``digits_are_text`` says that many digits were certainly written
    as text, so that zeros at their end are their own.
    """
    if _SCIENTIFIC.fullmatch(code):
        what = "已被試算表改成科學記號，原來的號碼看不出來"
    elif _FLOAT.fullmatch(code):
        what = "已被當成數字（尾端多了 .0，開頭的 0 也可能不見）"
    elif not digits_are_text and _LONG.fullmatch(code):
        what = f"可能已被試算表改過：超過 {_KEPT_DIGITS} 位的數字，後面會變成 0"
    elif _DATE.fullmatch(code):
        what = "已被試算表改成日期"
    elif _ERROR.fullmatch(code):
        what = "是試算表的錯誤值或欄寬不足的顯示"
    else:
        return
    raise Invalid(
        f"使用者代號「{short(code)}」{what}；請從來源系統重新匯出，並把這一欄設為文字格式。"
    )
