"""Text that no spreadsheet takes for a formula."""

import re
from typing import Any

# Spreadsheets look past blanks, invisible characters and quotes, and some read the full-width signs.
_LOOKED_PAST = r"""[\s"'“”‘’＂＇\u00ad\u200b-\u200f\u2060\ufeff]*"""
_STARTS_A_FORMULA = re.compile(
    rf"(?:\A|(?<=[\n\r\v\f\x85\u2028\u2029]))(?={_LOOKED_PAST}[-=+@－＝＋＠﹣﹢﹦﹫−⁺⁼₊₌﬩]|[\t\r])"
)


def neutral(value: Any) -> Any:
    """Return ``value`` so that no spreadsheet takes it for a formula; numbers stay numbers.

    Every line of it counts: a reader that takes the line break in a cell for the end of a row would
    start with it.
    """
    if isinstance(value, str):
        return _STARTS_A_FORMULA.sub("'", value.replace("\x00", ""))
    return value
