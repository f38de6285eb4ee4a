"""Above the steps: which unit and quarter; or, before one is chosen, the list of all of them."""

import streamlit as st

from pages.sampler.board import show_board
from pages.sampler.context import PAGE, STEPS, UnitContext
from pages.sampler.headline import show_headline
from pages.sampler.late import OWN, PARTS, choose_part, part_of
from pages.sampler.numbered import audit_of_address
from pages.sampler.sheet_filter import FILTERS as SHEET_FILTERS
from pages.shared import address
from services.actor import Actor
from services.audits.late import view_late
from services.audits.overview import AuditLine, list_audits, view_audit
from services.regulation.audit_kinds import OF_UNIT
from services.regulation.periods import Quarter, last_finished_quarter
from services.schedule.board import Shown
from services.schedule.standing import QUARTERS_BACK

_LIST = "list"


def choose(actor: Actor) -> UnitContext | None:
    """Return the unit and quarter in the address or chosen here; None while the list is shown.

    Whoever looks after one unit alone begins at its newest quarter.
    """
    latest = last_finished_quarter(actor.today)
    quarters = _quarters(actor)
    _open_audit_of_address(actor)
    # A closed unit is listed only in the quarters that it owes: the address is read with those of its own.
    addressed = {str(one): one for one in quarters}.get(st.query_params.get("quarter", ""), latest)
    lines = list_audits(actor, addressed)
    fields = address_fields(lines, quarters)
    if address.read(PAGE, fields):
        st.warning(
            "網址中有您看不到或不存在的單位、季別或步驟，已略過。", icon=":material/link_off:"
        )
    unit, view = address.key(PAGE, "unit"), address.key(PAGE, "view")
    if len(lines) == 1 and st.session_state[view] != _LIST:
        st.session_state[unit] = lines[0].unit_code
    if st.session_state.get(unit) is None:
        show_board(actor, latest)
        address.write(PAGE, fields)
        return None
    quarter, line = _choose(actor, quarters, addressed, latest, lines)
    if line is None:
        address.write(PAGE, fields)
        return None
    show_headline(actor, line, quarter)
    audit, late, part = None, None, OWN
    if line.audit_id:
        late = view_late(actor, line.audit_id)
        part, audit = choose_part(actor, view_audit(actor, line.audit_id), late)
    return UnitContext(
        actor=actor,
        page=PAGE,
        of=f"{line.unit_code}/{part}",
        period=quarter,
        audit=audit,
        fields=fields,
        may_conduct=line.may_conduct,
        line=line,
        quarter=quarter,
        late=late,
    )


def address_fields(lines: list[AuditLine], quarters: list[Quarter]) -> dict[str, address.Field]:
    """Return what the page's address may hold for this person.

    ``quarter`` is the audit's or, without a unit, the list's; ``of`` is the list's while an audit is open.
    """
    named = [str(quarter) for quarter in quarters]
    return {
        "unit": address.Field([line.unit_code for line in lines]),
        "quarter": address.Field(named),
        "part": address.Field(PARTS, OWN),
        "step": address.Field(list(STEPS)),
        "filter": address.Field(list(SHEET_FILTERS)),
        "view": address.Field([_LIST]),
        "of": address.Field(named),
        "agency": address.Field(address.AnyText()),
        "state": address.Field([one.value for one in Shown]),
    }


def _quarters(actor: Actor) -> list[Quarter]:
    quarters = [Quarter.of(actor.today)]
    for _ in range(QUARTERS_BACK):
        quarters.append(quarters[-1].previous())
    return quarters


def _open_audit_of_address(actor: Actor) -> None:
    """Turn ``?audit=12`` into the unit and quarter of that audit."""
    if audit := audit_of_address(actor, *OF_UNIT):
        st.query_params["part"] = part_of(actor, audit)
        st.query_params["unit"] = audit.unit_code
        st.query_params["quarter"] = str(audit.period)


def _choose(
    actor: Actor,
    quarters: list[Quarter],
    addressed: Quarter,
    latest: Quarter,
    lines: list[AuditLine],
) -> tuple[Quarter, AuditLine | None]:
    """Let another quarter or unit be chosen; no line where the unit owes nothing in that quarter."""
    widget = address.key(PAGE, "quarter")
    if st.session_state.get(widget) is None:
        st.session_state[widget] = str(latest)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("回到清單", icon=":material/arrow_back:", on_click=_back, key="sampler.back")
        quarter = _choose_quarter(quarters)
        if quarter != addressed:
            lines = list_audits(actor, quarter)
        by_code = {line.unit_code: line for line in lines}
        code = _choose_unit(by_code)
    if code is None:
        st.info("這一季沒有這個單位的稽核；請選單位，或回到清單。", icon=":material/info:")
        return quarter, None
    return quarter, by_code[code]


def _back() -> None:
    """Show the list again, as it was filtered."""
    of = address.key(PAGE, "of")
    st.session_state[address.key(PAGE, "quarter")] = st.session_state.get(of)
    for name in ("unit", "of", "step", "filter"):
        st.session_state[address.key(PAGE, name)] = None
    st.session_state[address.key(PAGE, "view")] = _LIST


def _choose_quarter(quarters: list[Quarter]) -> Quarter:
    code = st.selectbox(
        "季別",
        [str(quarter) for quarter in quarters],
        format_func=lambda text: (
            Quarter.parse(text).label + ("（未結束）" if text == str(quarters[0]) else "")
        ),
        key=address.key(PAGE, "quarter"),
        width=190,
    )
    return Quarter.parse(code)


def _choose_unit(lines: dict[str, AuditLine]) -> str | None:
    if len(lines) == 1:
        st.session_state[address.key(PAGE, "unit")] = next(iter(lines))
        return next(iter(lines))
    if st.session_state.get(address.key(PAGE, "unit")) not in lines:
        st.session_state[address.key(PAGE, "unit")] = None
    code: str | None = st.selectbox(
        "單位",
        list(lines),
        format_func=lambda code: f"{lines[code].agency} {lines[code].unit}",
        placeholder="選擇單位（可輸入文字搜尋）",
        key=address.key(PAGE, "unit"),
        index=None,
        width=420,
    )
    return code
