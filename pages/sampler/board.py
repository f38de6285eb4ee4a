"""The dashboard of unit audits: every unit × quarter that is owed, the oldest first, and how late it is."""

import streamlit as st

from pages.sampler.context import PAGE, STATUS_COLOURS
from pages.shared import address
from pages.shared.choice import table_key
from pages.shared.export import export_button
from pages.shared.tables import table_height, with_times
from services import rocdate
from services.actor import Actor
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter
from services.schedule.board import BoardLine, Shown, unit_board
from services.schedule.days import unit_audit_day
from services.schedule.words import due_words

LISTED = ("agency", "state")
"""The parts of the address that belong to the list alone; `quarter` belongs to the audit as well."""
COLUMNS = (
    "季別", "機關", "單位", "狀態", "逾期天數", "期限", "紀錄", "樣本", "已判定", "缺失", "簽核",
    "重抽、加抽與判斷抽查",
)  # fmt: skip
_NUMBERS = ("逾期天數", "紀錄", "樣本", "已判定", "缺失")


def show_board(actor: Actor, latest: Quarter) -> None:
    """Show the audits that the filters keep; ticking one opens it, with the filters in its address."""
    lines = unit_board(actor)
    if not lines:
        st.info("您目前沒有可檢視的單位。", icon=":material/info:")
        return
    shown = _filtered(lines, latest)
    _head(actor, shown)
    if not shown:
        st.success(
            "沒有符合條件的單位稽核；其他季別與已簽核的請改選狀態。", icon=":material/task_alt:"
        )
        return
    quarter = st.session_state[address.key(PAGE, "quarter")]
    day = due_words(unit_audit_day(Quarter.parse(quarter))) if quarter else ""
    st.caption(
        f"{f'{Quarter.parse(quarter).label}單位稽核{day}。' if quarter else ''}勾選一列開啟。"
    )
    event = st.dataframe(
        with_times([_cells(line) for line in shown]),
        hide_index=True,
        height=table_height(len(shown), 620),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            **dict.fromkeys(_NUMBERS, st.column_config.NumberColumn(format="localized", width=74)),
            "期限": st.column_config.Column(width=110),
        },
        key=table_key("units", [(line.unit_code, str(line.quarter)) for line in shown]),
        placeholder="－",
        alt="各單位各季的單位稽核",
    )
    if places := event["selection"]["rows"]:
        _open(shown[places[0]])


def _filtered(lines: list[BoardLine], latest: Quarter) -> list[BoardLine]:
    agencies = {line.agency_code: line.agency for line in lines}
    quarters = {str(line.quarter): line.quarter.label for line in reversed(lines)}
    states = {one.value: one.label for one in Shown if one is not Shown.CURRENT}
    with st.container(horizontal=True, gap="small"):
        chosen = _choice("state", "狀態", states, 170, Shown.CURRENT.label)
        quarter = _choice("quarter", "季別", quarters, 150)
        agency = _choice("agency", "機關", agencies, 220) if len(agencies) > 1 else None
    # A quarter that was asked for is shown whole.
    state = Shown(chosen) if chosen else Shown.ALL if quarter else Shown.CURRENT
    return [
        line
        for line in lines
        if line.is_shown(state, latest)
        and quarter in (None, str(line.quarter))
        and agency in (None, line.agency_code)
    ]


def _choice(
    name: str, label: str, labels: dict[str, str], width: int, nothing: str = "全部"
) -> str | None:
    widget = address.key(PAGE, name)
    if st.session_state.get(widget) not in labels:
        st.session_state[widget] = None
    return st.selectbox(
        label,
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=nothing,
        key=widget,
        width=width,
    )


def _head(actor: Actor, shown: list[BoardLine]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for status in AuditStatus:
            if count := sum(line.status is status for line in shown):
                st.badge(f"{status.label} {count:,}", color=STATUS_COLOURS[status])
        if late := sum(line.days_late > 0 for line in shown):
            st.badge(f"逾期 {late:,}", color="red", icon=":material/warning:")
        if shown:
            rows = [tuple(_words(line).values()) for line in shown]
            export_button(actor, "匯出清單", "單位稽核", COLUMNS, rows)


def _cells(line: BoardLine) -> dict[str, object]:
    return {
        "季別": line.quarter.label,
        "機關": line.agency,
        "單位": line.unit,
        "狀態": line.status.label,
        "逾期天數": line.days_late or None,
        "期限": line.due.effective,
        "紀錄": line.records,
        "樣本": line.sample or None,
        "已判定": line.judged if line.sample else None,
        "缺失": line.deficient if line.judged else None,
        "簽核": line.signers,
        "重抽、加抽與判斷抽查": line.marks,
    }


def _words(line: BoardLine) -> dict[str, object]:
    """The same as a file has it."""
    cells = {name: "" if value is None else value for name, value in _cells(line).items()}
    return cells | {"期限": rocdate.roc_date(line.due.effective)}


def _open(line: BoardLine) -> None:
    """Go to one audit; the list's own filters stay in the address, for the way back."""
    listed = {name: st.session_state.get(address.key(PAGE, name)) for name in LISTED}
    there = {
        "unit": line.unit_code,
        "quarter": str(line.quarter),
        "of": st.session_state[address.key(PAGE, "quarter")],
        **listed,
    }
    st.query_params.from_dict({name: value for name, value in there.items() if value})
    st.rerun()
