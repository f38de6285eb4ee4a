"""開始不定期檢查: which unit, which period, why, and how many records by lot."""

from datetime import date

import streamlit as st

from pages.incidents.filters import choose
from pages.sampler.context import go_to
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from services.audits.spot import NO_FLOORS, open_spot_check
from services.errors import Invalid
from services.identity.organisation import UnitInfo
from services.regulation.periods import HalfYear, Month, Period, Quarter, parse_period, shift_month

_DIALOG = "spot.new"
_MONTHS_BACK, _QUARTERS_BACK, _HALVES_BACK = 12, 8, 4


def new_spot_button(units: tuple[UnitInfo, ...]) -> None:
    """Offer to check one of these units."""
    st.button(
        "開始不定期檢查",
        type="primary",
        icon=":material/travel_explore:",
        key="spot.new",
        on_click=open_dialog,
        args=(_DIALOG, units),
    )


def show_new_spot_dialog() -> None:
    """Show the dialog while it is open."""
    if (about := opened(_DIALOG)) is None:
        return
    (units,) = about

    @st.dialog("開始不定期檢查", icon=":material/travel_explore:", on_dismiss=close_dialog)
    def ask() -> None:
        actor = current_actor()
        st.markdown(f"母體是這個單位在期間內**到此刻**的使用紀錄，期間不必已結束。{NO_FLOORS}")
        unit = st.selectbox(
            "單位",
            units,
            index=None,
            format_func=lambda one: one.label,
            placeholder="選擇單位（可輸入文字搜尋）",
            key="spot.unit",
        )
        period = st.selectbox(
            "期間",
            [str(period) for period in periods(actor.today)],
            format_func=lambda code: parse_period(code).label,
            key="spot.period",
        )
        # No limits on the widget: it would quietly put back its last number; the service says why not.
        records = st.number_input(
            "抽樣筆數", value=5, step=1, help="0 筆表示只做判斷抽查。", key="spot.records"
        )
        reason = st.text_area("檢查的理由", max_chars=300, key="spot.reason")
        with showing_errors():
            if st.button("確定開始", type="primary", icon=":material/lock:", key="spot.do"):
                if unit is None:
                    raise Invalid("請選擇要檢查的單位。")
                audit_id = open_spot_check(
                    actor, unit.id, parse_period(period), reason or "", int(records)
                )
                choose("spot", audit_id)
                notify("母體已凍結，可以抽樣。")
                go_to("draw")

    ask()


def periods(today: date) -> list[Period]:
    """Return the periods to choose from, each kind the newest first."""
    months = [shift_month(f"{today:%Y-%m}", -back) for back in range(_MONTHS_BACK)]
    quarters, halves = [Quarter.of(today)], [HalfYear.of(today)]
    while len(quarters) < _QUARTERS_BACK:
        quarters.append(quarters[-1].previous())
    while len(halves) < _HALVES_BACK:
        halves.append(halves[-1].previous())
    return [*map(Month.parse, months), *quarters, *halves]
