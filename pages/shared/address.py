"""A page's address holds its filters as codes: read before the widgets, written after them.

Streamlit's own ``bind="query-params"`` would put the widgets' labels there, and would not know the
codes that links from other pages hold; a label also changes with a name.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

_SEEN = "/seen"
"""What a page's address last said stands beside its fields; no field can be called that."""


@dataclass(frozen=True)
class Field:
    """One part of the address: the codes it may hold, and what holds while it is not there."""

    options: Collection[str]
    default: str | None = None
    many: bool = False

    @property
    def start(self) -> Any:
        """The widget's value at the start."""
        return [] if self.many else self.default


class AnyText(Collection[str]):
    """The options of a field that takes whatever is typed."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def key(page: str, name: str) -> str:
    """Return the widget key of the field ``name``."""
    return f"{page}.{name}"


def read(page: str, fields: Mapping[str, Field]) -> list[str]:
    """Put what a newly opened or changed address says into the widgets; call it before them.

    Returns the values that mean nothing here: unknown, or out of this person's reach.
    """
    given = {name: st.query_params.get_all(name) for name in fields if name in st.query_params}
    changed = given != st.session_state.get(_seen(page))
    ignored = []
    for name, field in fields.items():
        if not changed and key(page, name) in st.session_state:
            continue
        values = given.get(name, [])
        known = [value for value in dict.fromkeys(values) if value in field.options]
        ignored += [value for value in values if value not in field.options]
        chosen: Any = known if field.many else (known[-1] if known else field.default)
        st.session_state[key(page, name)] = chosen
    st.session_state[_seen(page)] = given
    return ignored


def write(page: str, fields: Mapping[str, Field]) -> None:
    """Make the address reproduce the widgets; call it after them.

    At the start it stays bare, so that going back from here leaves the page.
    """
    values = {name: _as_list(st.session_state.get(key(page, name))) for name in fields}
    at_start = all(values[name] == _as_list(field.start) for name, field in fields.items())
    wanted = {} if at_start else {name: value for name, value in values.items() if value}
    if wanted != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)
    st.session_state[_seen(page)] = wanted


def reset(page: str, fields: Mapping[str, Field]) -> None:
    """Put every widget back to its start (for ``on_click``)."""
    for name, field in fields.items():
        st.session_state[key(page, name)] = field.start


def read_anew() -> None:
    """Let every page read its address anew: call it where a page's widgets gave way to something else.

    The browser has forgotten what they held, and Streamlit would tell it only what is set again: it
    would show their first option while the page goes by another.
    """
    for name in [str(name) for name in st.session_state if str(name).endswith(_SEEN)]:
        del st.session_state[name]


def _seen(page: str) -> str:
    return page + _SEEN


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
