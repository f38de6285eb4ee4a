"""What all tables have in common: how high they are drawn, and times that sort as times."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from services import rocdate

ROW_PX = 33
"""The height of one row, and of the head, at the type size of ``.streamlit/config.toml``."""
Cells = Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]]
Words = Callable[[Any], str]
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
"""Held where there is no time: an empty cell would say None on screen, and no words could stand there."""


def table_height(rows: int, most: int) -> int | Literal["content"]:
    """Return the height for a number of rows: what they need, or ``most`` pixels to scroll in."""
    return "content" if (rows + 1) * ROW_PX <= most else most


def plain_table(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return columns of words and numbers, each without gaps, as Streamlit sends them.

    Anything else it has pandas make into such a table, which takes longer than all the rest of it.
    """
    return pa.table(dict(columns))


def with_times(
    cells: Cells,
    words: Mapping[str, Words] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Any:
    """Return cells for ``st.dataframe`` in which days and moments sort as such and read 115年11月3日.

    Text would sort 115年11月24日 before 115年11月3日, and Streamlit's own columns of dates know no ROC
    year: so the cells hold the dates, and the words stand beside them in a pandas Styler. ``words`` says
    a column in another way than `rocdate.roc_time` or `rocdate.roc_date`, ``missing`` what stands where
    there is none. Such columns take no ``format`` in ``column_config``: it would win over the words.
    """
    columns = _columns(cells)
    said, nothing = words or {}, missing or {}
    types = {name: set(map(type, values)) for name, values in columns.items()}
    kinds = {name: _kind(found) for name, found in types.items()}
    if not any(kinds.values()) and not nothing:
        return cells
    held, shown = {}, {}
    for name, values in columns.items():
        kind, gap = kinds[name], nothing.get(name, "")
        held[name] = _held(kind, values)
        if kind is not None:
            word = said.get(name) or (rocdate.roc_time if kind is datetime else rocdate.roc_date)
        elif any(issubclass(one, int | float | None) for one in types[name]):
            word = _word
        else:
            shown[name] = held[name]  # text that stands for itself
            continue
        shown[name] = pa.array([gap if value is None else word(value) for value in values])
    return _styled(pa.table(held), pa.table(shown))


def _columns(cells: Cells) -> Mapping[str, Sequence[Any]]:
    if isinstance(cells, Mapping):
        return cells
    return {name: [row[name] for row in cells] for name in (cells[0] if cells else ())}


def _kind(types: set[type]) -> type | None:
    """Return what a column holds besides gaps: moments, days, or neither."""
    held = types - {type(None)}
    if held and all(issubclass(one, datetime) for one in held):
        return datetime
    return date if held and all(issubclass(one, date) for one in held) else None


def _held(kind: type | None, values: Sequence[Any]) -> Any:
    """Return what a column sorts by."""
    if kind is datetime:
        moments = [value or _BEFORE_ALL for value in values]
        return pa.array(moments, pa.timestamp("us", tz=rocdate.TAIPEI.key))
    if kind is date:
        days = [value or _BEFORE_ALL.date() for value in values]
        return pa.array(days, pa.date32()).cast(pa.timestamp("us"))
    if all(value is None for value in values):
        return pa.array([""] * len(values))
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers and words in one column
        return pa.array([None if value is None else str(value) for value in values])


def _word(value: Any) -> str:
    """Numbers in the way of the house, beside a column with gaps."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:,}" if number else str(value)


def _styled(held: Any, words: Any) -> Any:
    """Return a Styler that says these words, a cell's each, and works nothing else out.

    Streamlit asks a Styler for every cell and makes text of the whole table, and pandas takes longer for
    that than a page for all the rest: so the text it asks for is there already. Both tables are columns
    of Arrow, as they are sent.
    """
    frame = _frame(held)
    styler = frame.style
    object.__setattr__(
        frame, "astype", lambda _text: _frame(words)
    )  # pandas has columns as attributes
    styler._compute = lambda: styler
    styler._translate = lambda *_how: {}
    return styler


def _frame(table: Any) -> Any:
    return table.to_pandas(types_mapper=pd.ArrowDtype)
