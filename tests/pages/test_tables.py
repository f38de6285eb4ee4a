"""Tables in which times sort as times and read in ROC form; and ticks that stay with their thing."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from streamlit import dataframe_util
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData
from streamlit.testing.v1 import AppTest

from pages.shared.tables import with_times
from services import rocdate
from tests.pages.browsing import shown
from tests.pages.times import times_as_text

THIRD, LAST = datetime(2026, 11, 2, 17, 0, 9, tzinfo=UTC), datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
"""The first is of 3 November in Taipei."""


def words_of(styler: Any) -> dict[str, list[str]]:
    """Return what Streamlit makes of it for the screen."""
    made = ArrowData()
    marshall_styler(made, styler, "here")
    frame = dataframe_util.convert_arrow_bytes_to_pandas_df(made.styler.display_values)
    return {str(name): list(frame[name]) for name in frame.columns}


@pytest.mark.parametrize("lists", [False, True], ids=["rows", "columns"])
def test_times_sort_by_what_they_are_and_read_as_officials_write(lists: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"時間": LAST, "日": date(2026, 11, 24), "最近": None, "月份": date(2026, 10, 1)},
        {"時間": THIRD, "日": date(2026, 11, 3), "最近": THIRD, "月份": date(2026, 9, 1)},
    ]
    for number, row in enumerate(rows):
        row |= {"筆數": 1234 if number else None, "姓名": "測試", "全空": None}
    cells: Any = {name: [row[name] for row in rows] for name in rows[0]} if lists else rows
    styler = with_times(
        cells,
        words={"時間": rocdate.roc_second, "月份": lambda day: f"{day.year - 1911}年{day.month}月"},
        missing={"最近": "從未使用"},
    )
    assert words_of(styler) == {
        "時間": ["115年11月24日 09:30:00", "115年11月3日 01:00:09"],
        "日": ["115年11月24日", "115年11月3日"],
        "最近": ["從未使用", "115年11月3日 01:00"],
        "月份": ["115年10月", "115年9月"],
        "筆數": ["", "1,234"],
        "姓名": ["測試", "測試"],
        "全空": ["", ""],
    }
    frame = styler.data
    assert times_as_text(frame) == []
    for name in ("時間", "日", "月份"):
        assert list(frame.sort_values(name).index) == [1, 0]


def test_what_has_no_time_stays_as_it_is() -> None:
    cells = [{"筆數": 3, "單位": "大安分處"}]
    assert with_times(cells) is cells
    assert with_times([]) == []


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("115年11月3日", True),
        ("115年11月3日 09:30", True),
        ("99年1月31日 09:30:59", True),
        ("115年7月", True),
        ("115年10月31日（遇假日順延至 115年11月2日）", True),
        ("115年第3季", False),
        ("115年大安字第012340號", False),
        ("115年7月起的地價稅案", False),
        (3, False),
    ],
)
def test_a_time_as_text_is_found(text: object, is_time: bool) -> None:
    frame = pd.DataFrame([{"欄": None, "時間": text}, {"欄": "", "時間": "－"}])
    assert times_as_text(frame) == ([f"時間: {text}"] if is_time else [])


def list_that_moves() -> None:
    import streamlit as st

    from pages.shared.choice import choice_table

    def choose(one: int | None) -> None:
        st.session_state["chosen"] = one

    ids = [int(one) for one in st.text_input("ids", "1 2 3", key="ids").split()]
    choice_table(
        [{"編號": one} for one in ids], ids, st.session_state.get("chosen"), choose, "list"
    )
    st.button("關閉", on_click=choose, args=(None,))


def ticked(app: AppTest) -> list[int]:
    """Return what the ticked rows say, as the session holds it."""
    table = app.dataframe[0]
    held = app.session_state.get(str(table.key), None)
    return [
        int(table.value["編號"][place]) for place in (held["selection"]["rows"] if held else [])
    ]


def test_the_tick_is_the_thing_s_wherever_the_list_moves() -> None:
    app = AppTest.from_function(list_that_moves).run()
    assert ticked(app) == []
    app.session_state["chosen"] = 2
    app.run()
    assert ticked(app) == [2]
    for ids, expected in (("3 2 1", [2]), ("9 8 7 2", [2]), ("3 1", []), ("2", [2])):
        app.text_input(key="ids").input(ids).run()
        assert not app.exception
        assert ticked(app) == expected
        assert app.session_state["chosen"] == 2
    app.button[0].click().run()
    assert ticked(app) == []
    assert shown(app.dataframe[0])["編號"].tolist() == [2]


def test_numbers_and_words_in_one_column_are_words() -> None:
    styler = with_times([{"日": date(2026, 11, 3), "筆數": 3}, {"日": None, "筆數": "－"}])
    assert words_of(styler) == {"日": ["115年11月3日", ""], "筆數": ["3", "－"]}
