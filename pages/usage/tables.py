"""The two tables of 使用統計: what drives the use, and who."""

from typing import Any

import streamlit as st

from pages.shared.choice import table_key
from pages.shared.export import export_button
from pages.shared.registry import file_of
from pages.shared.tables import plain_table, table_height
from pages.usage.filters import Asked, set_filter
from services.actor import Actor
from services.regulation.periods import Month
from services.usage.people import PeopleRanking, people_ranking
from services.usage.sums import Breakdown
from services.usage.trends import RankRow

MOST_PEOPLE = 200
_SHARE = "占比"


def rankings_for(asked: Asked) -> list[Breakdown]:
    """Return what to rank: by what the chart is broken down, and, without a unit, a second view."""
    first = Breakdown.ITEM if asked.by is Breakdown.NONE else asked.by
    if asked.unit is not None:
        return [first]
    return [first, Breakdown.UNIT if first is Breakdown.ITEM else Breakdown.ITEM]


def show_ranking(
    actor: Actor, asked: Asked, by: Breakdown, rows: list[RankRow], *, with_before: bool
) -> None:
    """Show what drives the use; ticking a row looks closer at it."""
    st.markdown(f"**{by.label}排名**　勾選一列看細項")
    columns: dict[str, list[Any]] = {
        by.label: [row.label for row in rows],
        "筆數": [row.records for row in rows],
        _SHARE: [100 * row.share for row in rows],
    }
    if with_before:
        columns["前期筆數"] = [row.before for row in rows]
    # The key is that of what is listed: another list has no tick where this one had it.
    key = table_key(f"usage_ranking_{by.value}", [row.key for row in rows])
    st.dataframe(
        plain_table(columns),
        hide_index=True,
        height=table_height(len(rows), 455),
        column_config=_columns(),
        key=key,
        on_select=lambda: _look_closer(key, by, rows, _closer(asked, by)),
        selection_mode="single-row",
    )
    _export(actor, f"匯出{by.label}排名", f"使用統計-{by.label}", columns, len(rows))


def show_people(actor: Actor, asked: Asked) -> None:
    """Show who uses the register most in the one unit looked at."""
    found = people_ranking(actor, asked.filters, MOST_PEOPLE)
    st.markdown(f"**個人排名**　{_people_sentence(found)}；勾選一列看這個人的紀錄")
    columns: dict[str, list[Any]] = {
        "姓名（帳號）": [row.label for row in found.rows],
        "筆數": [row.records for row in found.rows],
        _SHARE: [100 * row.share for row in found.rows],
        "列印": [row.prints for row in found.rows],
        "下載": [row.downloads for row in found.rows],
    }
    event = st.dataframe(
        plain_table(columns),
        hide_index=True,
        height=table_height(len(found.rows), 455),
        column_config=_columns(),
        on_select="rerun",
        selection_mode="single-row",
        key=table_key("usage_people", [row.person_key for row in found.rows]),
    )
    _export(actor, "匯出個人排名", "使用統計-個人", columns, found.people)
    if places := event["selection"]["rows"]:
        _open_records(asked, found.rows[places[0]].person_key)


def _open_records(asked: Asked, person_key: str) -> None:
    """Go to this person's records, of the same unit, months and what else is asked for."""
    filters = asked.filters
    one = (
        ("item", filters.items),
        ("source", filters.sources),
        ("action", filters.actions),
    )
    st.switch_page(
        file_of("records"),
        query_params={
            "unit": asked.unit.code if asked.unit else "",
            "person": person_key,
            "from": Month.parse(filters.first_month).first_day.isoformat(),
            "to": Month.parse(filters.last_month).last_day.isoformat(),
            # The list takes one of each; several are left to be chosen there.
            **{name: values[0] for name, values in one if len(values) == 1},
        },
    )


def _people_sentence(found: PeopleRanking) -> str:
    if found.people > len(found.rows):
        return f"共 {found.people:,} 人，列出筆數最多的 {len(found.rows):,} 人"
    return f"共 {found.people:,} 人"


def _closer(asked: Asked, by: Breakdown) -> Breakdown:
    """Return by what to break down after one row of the ranking by ``by`` was chosen."""
    if asked.unit is None and by is not Breakdown.UNIT:
        return Breakdown.UNIT
    return Breakdown.ACTION if by is Breakdown.ITEM else Breakdown.ITEM


def _look_closer(key: str, by: Breakdown, rows: list[RankRow], closer: Breakdown) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        set_filter(by.value, rows[chosen[0]].key, closer)


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn(format="localized", width=60)
    share = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width=88)
    return {_SHARE: share} | dict.fromkeys(("筆數", "前期筆數", "列印", "下載"), number)


def _export(actor: Actor, label: str, stem: str, columns: dict[str, list[Any]], total: int) -> None:
    """Offer the table; shares are written as percentages."""
    percent = {
        name: [f"{share:.1f}%" for share in values] if name == _SHARE else values
        for name, values in columns.items()
    }
    rows = list(zip(*percent.values(), strict=True))
    export_button(actor, label, stem, list(percent), rows, total)
