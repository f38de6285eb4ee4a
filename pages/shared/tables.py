"""How high a table is drawn: all of its rows, as far as the page has room for them."""

from typing import Literal

ROW_PX = 33
"""The height of one row, and of the head, at the type size of ``.streamlit/config.toml``."""


def table_height(rows: int, most: int) -> int | Literal["content"]:
    """Return the height for a number of rows: what they need, or ``most`` pixels to scroll in."""
    return "content" if (rows + 1) * ROW_PX <= most else most
