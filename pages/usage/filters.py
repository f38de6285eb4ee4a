"""The row of filters of 使用統計, kept in the page's address by code."""

from dataclasses import dataclass

import streamlit as st

from pages.shared import address
from pages.shared.address import Field
from pages.shared.text import plain
from services.actor import Actor
from services.identity.organisation import UnitInfo
from services.regulation.items import Item, UsageAction
from services.regulation.periods import shift_month
from services.rocdate import local_month, roc_month
from services.usage.filters import Choices, Filters, filter_choices
from services.usage.sums import Breakdown

PAGE = "usage"
MONTHS_AT_START = 12


@dataclass(frozen=True)
class Asked:
    """What is asked of the charts, and what could be."""

    filters: Filters
    by: Breakdown
    kinds: list[Breakdown]
    """What the charts can be broken down by within this person's reach."""
    unit: UnitInfo | None
    """The one unit that is looked at, if it is one."""


def choose(actor: Actor) -> Asked | None:
    """Show the filters and return what they say; None while there is no record within reach."""
    choices = filter_choices(actor)
    if choices.first_month is None or choices.last_month is None:
        st.info("還沒有使用紀錄。查詢地籍資料或匯入其他系統的紀錄後，這裡就會有統計。")
        return None
    this_month = local_month(actor.now)
    months = Filters(choices.first_month, max(choices.last_month, this_month)).months
    fields = _fields(choices, months, this_month)
    if ignored := address.read(PAGE, fields):
        st.warning(
            f"網址中的「{plain('、'.join(ignored))}」不存在或不在您的權限範圍內，已略過。",
            icon=":material/link_off:",
        )
    _narrow_units(choices)
    _row(choices, months, this_month, fields)
    address.write(PAGE, fields)
    return _asked(choices, [Breakdown(value) for value in fields["by"].options])


def choose_breakdown(asked: Asked) -> None:
    """Show by what the charts are broken down; `choose` has read it already."""
    st.segmented_control(
        "分類",
        [kind.value for kind in asked.kinds],
        format_func=lambda value: Breakdown(value).label,
        key=address.key(PAGE, "by"),
        required=True,
        label_visibility="collapsed",
    )


def set_filter(name: str, value: str, by: Breakdown) -> None:
    """Look closer at one unit, item, …, broken down by something else (for callbacks)."""
    st.session_state[address.key(PAGE, name)] = [value]
    st.session_state[address.key(PAGE, "by")] = by.value


def _fields(choices: Choices, months: list[str], this_month: str) -> dict[str, Field]:
    agencies = {unit.agency_code for unit in choices.units}
    kinds = [Breakdown.NONE]
    kinds += [Breakdown.AGENCY] if len(agencies) > 1 else []
    kinds += [Breakdown.UNIT] if len(choices.units) > 1 else []
    kinds += [Breakdown.ITEM]
    kinds += [Breakdown.SOURCE] if len(choices.sources) > 1 else []
    kinds += [Breakdown.ACTION]
    # The month that is still running would look like a drop, so it is not in at the start.
    last = max(months[0], min(shift_month(this_month, -1), choices.last_month or months[0]))
    first = max(months[0], shift_month(last, 1 - MONTHS_AT_START))
    return {
        "from": Field(months, first),
        "to": Field(months, last),
        "agency": Field(agencies, many=True),
        "unit": Field({unit.code for unit in choices.units}, many=True),
        "item": Field([item.value for item in Item], many=True),
        "source": Field(choices.sources, many=True),
        "action": Field([action.value for action in UsageAction], many=True),
        "by": Field([kind.value for kind in kinds], kinds[1].value),
    }


def _offered_units(choices: Choices) -> dict[str, UnitInfo]:
    agencies = st.session_state[address.key(PAGE, "agency")]
    return {
        unit.code: unit for unit in choices.units if not agencies or unit.agency_code in agencies
    }


def _narrow_units(choices: Choices) -> None:
    """Drop chosen units that the chosen agencies do not have."""
    offered = _offered_units(choices)
    chosen = st.session_state[address.key(PAGE, "unit")]
    st.session_state[address.key(PAGE, "unit")] = [code for code in chosen if code in offered]


def _row(choices: Choices, months: list[str], this_month: str, fields: dict[str, Field]) -> None:
    def month_label(month: str) -> str:
        return roc_month(month) + ("（未結束）" if month >= this_month else "")

    agencies = {unit.agency_code: unit.agency_name for unit in choices.units}
    units = _offered_units(choices)
    many: list[tuple[str, str, dict[str, str]]] = [
        ("agency", "機關", agencies),
        ("unit", "單位", {code: _unit_label(unit, len(agencies)) for code, unit in units.items()}),
        ("item", "查詢項目", {item.value: item.label for item in Item}),
        ("source", "來源系統", choices.sources),
        ("action", "作業別", {action.value: action.label for action in UsageAction}),
    ]
    shown = [part for part in many if len(fields[part[0]].options) > 1]
    columns = st.columns(
        [1.25, 1.25, *(1.6 if name == "unit" else 1 for name, _, _ in shown), 1],
        gap="xsmall",
        vertical_alignment="bottom",
    )
    for column, name, label in zip(columns, ("from", "to"), ("起始月份", "結束月份"), strict=False):
        column.selectbox(label, months, format_func=month_label, key=address.key(PAGE, name))
    for column, (name, label, labels) in zip(columns[2:], shown, strict=False):
        column.multiselect(
            label,
            list(labels),
            format_func=labels.__getitem__,
            key=address.key(PAGE, name),
            placeholder="全部",
            wrap=False,
        )
    columns[-1].button(
        "重設",
        icon=":material/restart_alt:",
        on_click=address.reset,
        args=(PAGE, fields),
        width="stretch",
    )


def _unit_label(unit: UnitInfo, agencies: int) -> str:
    """The unit's own name first: chosen ones are shown shortened."""
    return unit.name if agencies == 1 else f"{unit.name}（{unit.agency_name}）"


def _asked(choices: Choices, kinds: list[Breakdown]) -> Asked:
    def chosen(name: str) -> tuple[str, ...]:
        return tuple(st.session_state[address.key(PAGE, name)])

    offered = _offered_units(choices)
    units = [offered[code] for code in chosen("unit")]
    ids = {unit.agency_code: unit.agency_id for unit in choices.units}
    one = list(offered.values()) if len(offered) == 1 else units
    return Asked(
        filters=Filters(
            first_month=st.session_state[address.key(PAGE, "from")],
            last_month=st.session_state[address.key(PAGE, "to")],
            agency_ids=tuple(ids[code] for code in chosen("agency")),
            unit_ids=tuple(unit.id for unit in (one if len(one) == 1 else units)),
            items=chosen("item"),
            sources=chosen("source"),
            actions=chosen("action"),
        ),
        by=Breakdown(st.session_state[address.key(PAGE, "by")]),
        kinds=kinds,
        unit=one[0] if len(one) == 1 else None,
    )
