"""Tables of which a row is chosen: the tick is the thing's, whatever becomes of its place.

Streamlit keeps a choice by the row's place and the table's key. Where the list moves under it, the tick
would stand on another thing than is shown. So the key is that of the things listed, and the tick is put
where the one stands that is chosen.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Id = TypeVar("Id", int, str)


def choice_table(
    cells: Any,
    ids: Sequence[Id],
    chosen: Id | None,
    choose: Callable[[Id | None], None],
    key: str,
    **how: Any,
) -> None:
    """Show a table whose one ticked row is the thing that is ``chosen``; ticking one calls ``choose``."""
    table = table_key(key, ids)

    def take_choice() -> None:
        places = st.session_state[table]["selection"]["rows"]
        choose(ids[places[0]] if places else None)

    wanted = [ids.index(chosen)] if chosen is not None and chosen in ids else []
    held = st.session_state.get(table)
    if (list(held["selection"]["rows"]) if held else []) != wanted:
        st.session_state[table] = {"selection": {"rows": wanted}}
    st.dataframe(
        cells,
        hide_index=True,
        on_select=take_choice,
        selection_mode="single-row",
        key=table,
        **how,
    )


def table_key(key: str, ids: Sequence[object]) -> str:
    """Return the key of a table of just these things, in this order."""
    digest = hashlib.sha256(repr(list(ids)).encode()).hexdigest()[:12]
    return f"{key}.{digest}"
