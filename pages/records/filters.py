"""The filters of 使用紀錄; all of them live in the address as codes."""

from datetime import date

import streamlit as st

from pages.records.when import HOURS, PERIODS, ask_period, ask_time
from pages.records.widgets import choice, choose_record, key, text
from pages.shared import address
from services.identity.organisation import UnitInfo
from services.regulation.items import Item, UsageAction
from services.usage.filters import Choices
from services.usage.flags import LABELS
from services.usage.office_hours import TimeOfUse
from services.usage.search import RecordFilters

VIEWS = {"records": "紀錄", "people": "人員"}


def fields(choices: Choices) -> dict[str, address.Field]:
    """Return what the address may hold for this person: all filters, the person and the record."""
    codes = [unit.code for unit in choices.units]
    return {
        "unit": address.Field(codes, codes[0] if len(codes) == 1 else None),
        "person": address.Field(address.AnyText()),
        "view": address.Field(VIEWS, "records"),
        "period": address.Field(PERIODS, "month"),
        "from": address.Field(address.AnyText()),
        "to": address.Field(address.AnyText()),
        "time": address.Field([part.value for part in TimeOfUse]),
        "hour_from": address.Field(HOURS, "18"),
        "hour_to": address.Field(HOURS, "8"),
        "item": address.Field([item.value for item in Item]),
        "action": address.Field([action.value for action in UsageAction]),
        "source": address.Field(choices.sources),
        "flag": address.Field(LABELS),
        "name": address.Field(address.AnyText()),
        "words": address.Field(address.AnyText()),
        "record": address.Field(address.AnyText()),
    }


def record_filters(today: date, choices: Choices) -> RecordFilters:
    """Show the filters, on as many lines as the window needs, and return what they say.

    Raises Invalid for a day that cannot be read.
    """
    units = {unit.code: unit for unit in choices.units}
    with st.container(horizontal=True, gap="small"):
        code = choice("unit", "單位", _unit_labels(choices.units), 220, "選擇單位")
        first, last = ask_period(today)
        part, hours = ask_time()
        items = {item.value: item.label for item in Item}
        item = choice("item", "項目", items, 140)
        actions = {action.value: action.label for action in UsageAction}
        action = choice("action", "作業", actions, 90)
        source = choice("source", "來源系統", choices.sources, 130)
        flag = choice("flag", "系統提示", LABELS, 150)
        words = text("words", "案由字詞", "案件號、公文號或原因", 170)
        name = text("name", "人員", "姓名或帳號", 130)
    return RecordFilters(
        first_day=first,
        last_day=last,
        unit_id=units[code].id if code else None,
        person_key=chosen_person(),
        name=name,
        item=item or "",
        action=action or "",
        source=source or "",
        time=TimeOfUse(part) if part else None,
        hours=hours,
        words=words,
        flag=flag or "",
    )


def chosen_person() -> str:
    """Return the one person whose records are asked for; empty for everybody's."""
    return str(st.session_state.get(key("person")) or "")[:80]


def choose_person(person_key: str | None) -> None:
    """Ask for one person's records, or for everybody's."""
    st.session_state[key("person")] = person_key
    st.session_state[key("view")] = "records"
    choose_record(None)


def _unit_labels(units: tuple[UnitInfo, ...]) -> dict[str, str]:
    one_agency = len({unit.agency_code for unit in units}) == 1
    return {unit.code: unit.name if one_agency else unit.label for unit in units}
