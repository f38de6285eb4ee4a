"""The filters of the log; they live in the address as codes."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import streamlit as st

from pages.shared import address
from pages.shared.period import typed_day
from services.event_log.groups import Group
from services.event_log.search import EventFilters
from services.event_log.words import EVENT_WORDS, OBJECTS, OUTCOMES, types_of
from services.events import EventType

PAGE = "event_log"
PERIODS = {
    "today": "今天",
    "week": "近 7 日",
    "month": "近 30 日",
    "year": "近一年",
    "days": "自訂",
}
_DAYS = {"today": 1, "week": 7, "month": 30, "year": 365}

FIELDS: dict[str, address.Field] = {
    "period": address.Field(PERIODS, "week"),
    "from": address.Field(address.AnyText()),
    "to": address.Field(address.AnyText()),
    "person": address.Field(address.AnyText()),
    "group": address.Field([group.value for group in Group]),
    "type": address.Field([type_.value for type_ in EventType]),
    "outcome": address.Field(OUTCOMES),
    "kind": address.Field(OBJECTS),
    "about": address.Field(address.AnyText()),
    "address": address.Field(address.AnyText()),
    "event": address.Field(address.AnyText()),
}


def event_filters(today: date) -> EventFilters:
    """Show the filters, on as many lines as the window needs, and return what they say.

    Raises Invalid for a day that cannot be read.
    """
    with st.container(horizontal=True, gap="small"):
        first, last = _period(today)
        person = _text("person", "人員", "姓名或帳號", 150)
        group = _choice("group", "類別", [one.value for one in Group], 160)
        kinds = types_of(Group(group)) if group else list(EventType)
        if st.session_state[_key("type")] not in kinds:
            st.session_state[_key("type")] = None
        kind = _choice("type", "事件", kinds, 170)
        outcome = _choice("outcome", "結果", list(OUTCOMES), 100)
        thing = _choice("kind", "對象", list(OBJECTS), 150)
        about = _text("about", "對象編號", "例如 12", 120)
        where = _text("address", "來源位址", "例如 10.1.2.3", 150)
    return EventFilters(
        first_day=first,
        last_day=last,
        person=person,
        group=Group(group) if group else None,
        type=EventType(kind) if kind else None,
        outcome=outcome or "",
        object_type=thing or "",
        object_id=about,
        address=where,
    )


def chosen_event() -> int | None:
    """Return the event that the address or a chosen row names."""
    text = str(st.session_state.get(_key("event")) or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def choose_event(event_id: int | None) -> None:
    """Open the story of an event, or none."""
    st.session_state[_key("event")] = None if event_id is None else str(event_id)


def _period(today: date) -> tuple[date, date]:
    chosen = st.selectbox(
        "期間", list(PERIODS), format_func=PERIODS.__getitem__, key=_key("period"), width=120
    )
    if chosen != "days":
        for name in ("from", "to"):
            st.session_state[_key(name)] = None
        return today - timedelta(days=_DAYS[chosen or "week"] - 1), today
    first = typed_day("起日", _text("from", "起日", "例如 115/11/1", 130))
    last = typed_day("迄日", _text("to", "迄日", "例如 115/11/23", 130))
    last = last or today
    return first or last - timedelta(days=_DAYS["month"] - 1), last


def _text(name: str, label: str, example: str, width: int) -> str:
    typed = st.text_input(
        label,
        value=None,
        placeholder=example,
        max_chars=80,
        width=width,
        key=_key(name),
        on_change=choose_event,
        args=(None,),
    )
    return typed or ""


def _choice(name: str, label: str, codes: Iterable[str], width: int) -> str | None:
    return st.selectbox(
        label,
        list(codes),
        index=None,
        format_func=_word,
        placeholder="全部",
        width=width,
        key=_key(name),
        on_change=choose_event,
        args=(None,),
    )


def _word(code: Any) -> str:
    if code in set(EventType):
        return EVENT_WORDS[EventType(code)].label
    if code in set(Group):
        return Group(code).label
    return OBJECTS.get(code) or OUTCOMES[code]


def _key(name: str) -> str:
    return address.key(PAGE, name)
