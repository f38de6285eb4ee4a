"""Paging through a long list without loading it: each page starts after the last row of the one before."""

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st


class Pager:
    """Where a person stands in one list; another filter starts again at the first page."""

    def __init__(self, key: str, filtered_by: object, size: int) -> None:
        self._key, self._size = f"{key}.trail", size
        kept = st.session_state.get(self._key)
        if kept is None or kept[0] != filtered_by:
            st.session_state[self._key] = (filtered_by, [])
        self._filtered_by = filtered_by

    @property
    def _trail(self) -> list[int]:
        trail: list[int] = st.session_state[self._key][1]
        return trail

    @property
    def cursor(self) -> int | None:
        """The row the present page starts after; None on the first page."""
        return self._trail[-1] if self._trail else None

    def controls(self, next_cursor: int | None, total: int, most: int | None = None) -> None:
        """Show where the page lies and the buttons to the pages beside it.

        A ``total`` beyond ``most`` was not counted to its end.
        """
        if total <= self._size and not self._trail:
            return
        first = len(self._trail) * self._size + 1
        last = min(first + self._size - 1, total)
        beyond = most is not None and total > most
        if beyond:
            last = first + self._size - 1
        in_all = f"超過 {most:,} 筆" if beyond else f"共 {total:,} 筆"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "上一頁",
                icon=":material/chevron_left:",
                disabled=not self._trail,
                key=f"{self._key}.back",
                on_click=self._go,
                args=(self._trail[:-1],),
            )
            st.caption(f"第 {first:,} 至 {last:,} 筆，{in_all}", width="content")
            st.button(
                "下一頁",
                icon=":material/chevron_right:",
                icon_position="right",
                disabled=next_cursor is None,
                key=f"{self._key}.on",
                on_click=self._go,
                args=([*self._trail, next_cursor],),
            )

    def _go(self, trail: list[int]) -> None:
        st.session_state[self._key] = (self._filtered_by, trail)


def every_row(page_after: Callable[[int | None], tuple[Any, int | None]]) -> Iterator[Any]:
    """Yield the rows of all pages; ``page_after`` returns one page's rows and the next cursor."""
    cursor: int | None = None
    while True:
        rows, cursor = page_after(cursor)
        yield from rows
        if cursor is None:
            return
