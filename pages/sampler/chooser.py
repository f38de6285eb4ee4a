"""Above the steps: which quarter, which unit, and where every unit of the quarter stands."""

from collections import Counter

import streamlit as st

from pages.sampler.context import PAGE, STATUS_COLOURS, STEPS, UnitContext
from pages.sampler.late import OWN, PARTS, choose_part, part_of
from pages.sampler.numbered import audit_of_address
from pages.sampler.worksheet import FILTERS as SHEET_FILTERS
from pages.shared import address
from pages.shared.text import plain
from services.actor import Actor
from services.audits.additions import addition_marks
from services.audits.late import view_late
from services.audits.overview import AuditLine, list_audits, view_audit
from services.audits.words import OF_UNIT, AuditStatus
from services.regulation.periods import Quarter, last_finished_quarter
from services.schedule.days import unit_audit_day
from services.schedule.words import due_words

_QUARTERS_BACK = 12


def choose(actor: Actor) -> UnitContext | None:
    """Return the unit and quarter in the address or chosen here; None while the list is shown."""
    latest = last_finished_quarter(actor.today)
    quarters = _quarters(actor)
    _open_audit_of_address(actor)
    # A closed unit is listed only in the quarters that it owes: the address is read with those of its own.
    addressed = {str(one): one for one in quarters}.get(st.query_params.get("quarter", ""), latest)
    lines = list_audits(actor, addressed)
    fields = address_fields(lines, quarters, latest)
    if address.read(PAGE, fields):
        st.warning(
            "網址中有您看不到或不存在的單位、季別或步驟，已略過。", icon=":material/link_off:"
        )
    left, right = st.columns([1, 3])
    with left:
        quarter = _choose_quarter(quarters)
    if quarter != addressed:
        lines = list_audits(actor, quarter)
    by_code = {line.unit_code: line for line in lines}
    with right:
        code = _choose_unit(by_code)
    if code is None:
        _show_list(actor, quarter, lines)
        address.write(PAGE, fields)
        return None
    line = by_code[code]
    _headline(actor, line, quarter)
    audit, late, part = None, None, OWN
    if line.audit_id:
        late = view_late(actor, line.audit_id)
        part, audit = choose_part(actor, view_audit(actor, line.audit_id), late)
    return UnitContext(
        actor=actor,
        page=PAGE,
        of=f"{code}/{part}",
        period=quarter,
        audit=audit,
        fields=fields,
        may_conduct=line.may_conduct,
        line=line,
        quarter=quarter,
        late=late,
    )


def address_fields(
    lines: list[AuditLine], quarters: list[Quarter], latest: Quarter
) -> dict[str, address.Field]:
    """Return what the page's address may hold for this person."""
    return {
        "unit": address.Field([line.unit_code for line in lines]),
        "quarter": address.Field([str(quarter) for quarter in quarters], str(latest)),
        "part": address.Field(PARTS, OWN),
        "step": address.Field(list(STEPS)),
        "filter": address.Field(list(SHEET_FILTERS)),
    }


def _quarters(actor: Actor) -> list[Quarter]:
    quarters = [Quarter.of(actor.today)]
    for _ in range(_QUARTERS_BACK):
        quarters.append(quarters[-1].previous())
    return quarters


def _open_audit_of_address(actor: Actor) -> None:
    """Turn ``?audit=12`` into the unit and quarter of that audit."""
    if audit := audit_of_address(actor, *OF_UNIT):
        st.query_params["part"] = part_of(actor, audit)
        st.query_params["unit"] = audit.unit_code
        st.query_params["quarter"] = str(audit.period)


def _choose_quarter(quarters: list[Quarter]) -> Quarter:
    code = st.selectbox(
        "季別",
        [str(quarter) for quarter in quarters],
        format_func=lambda text: (
            Quarter.parse(text).label + ("（未結束）" if text == str(quarters[0]) else "")
        ),
        key=address.key(PAGE, "quarter"),
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
    )
    return code


def _show_list(actor: Actor, quarter: Quarter, lines: list[AuditLine]) -> None:
    if not lines:
        st.info("您目前沒有可檢視的單位。", icon=":material/info:")
        return
    counts = Counter(line.status for line in lines)
    with st.container(horizontal=True):
        for status in AuditStatus:
            st.badge(f"{status.label} {counts[status]:,}", color=STATUS_COLOURS[status])
    st.caption(f"{quarter.label}單位稽核{due_words(unit_audit_day(quarter))}。勾選一列開啟。")
    marks = addition_marks(actor, [line.audit_id for line in lines if line.audit_id])
    event = st.dataframe(
        [
            {
                "機關": line.agency,
                "單位": line.unit,
                "代碼": line.unit_code,
                "狀態": line.status.label,
                "重抽、加抽與判斷抽查": marks.get(line.audit_id or 0, ""),
            }
            for line in lines
        ],
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=f"units_{quarter}",
    )
    if places := event["selection"]["rows"]:
        st.query_params["unit"] = lines[places[0]].unit_code
        st.query_params["quarter"] = str(quarter)
        st.rerun()


def _headline(actor: Actor, line: AuditLine, quarter: Quarter) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"{plain(line.agency)} {plain(line.unit)}．{quarter.label}",
            anchor=False,
            width="content",
        )
        st.badge(line.status.label, color=STATUS_COLOURS[line.status])
        due = unit_audit_day(quarter)
        if due.is_past(actor.today) and not line.status.is_signed:
            st.badge("逾期", color="red")
        st.caption(due_words(due))
