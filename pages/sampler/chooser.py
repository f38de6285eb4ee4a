"""Above the steps: which quarter, which unit, and where every unit of the quarter stands."""

import re
from collections import Counter

import streamlit as st

from pages.sampler.context import PAGE, STATUS_COLOURS, STEPS, Context
from pages.shared import address
from pages.shared.text import plain
from services import rocdate
from services.audits.overview import AuditLine, list_audits, view_audit
from services.audits.words import AuditStatus
from services.errors import Invalid, UserError
from services.identity.actor import Actor
from services.regulation.periods import Quarter, last_finished_quarter

_QUARTERS_BACK = 12


def choose(actor: Actor) -> Context | None:
    """Return the unit and quarter in the address or chosen here; None while the list is shown."""
    latest = last_finished_quarter(actor.today)
    quarters = _quarters(actor)
    lines = list_audits(actor, latest)
    fields = address_fields(lines, quarters, latest)
    _open_audit_of_address(actor)
    if address.read(PAGE, fields):
        st.warning(
            "網址中有您看不到或不存在的單位、季別或步驟，已略過。", icon=":material/link_off:"
        )
    left, right = st.columns([1, 3])
    with left:
        quarter = _choose_quarter(quarters)
    if quarter != latest:
        lines = list_audits(actor, quarter)
    by_code = {line.unit_code: line for line in lines}
    with right:
        code = _choose_unit(by_code)
    if code is None:
        _show_list(quarter, lines)
        address.write(PAGE, fields)
        return None
    line = by_code[code]
    audit = view_audit(actor, line.audit_id) if line.audit_id else None
    _headline(actor, line, quarter)
    return Context(actor, line, quarter, audit, fields)


def address_fields(
    lines: list[AuditLine], quarters: list[Quarter], latest: Quarter
) -> dict[str, address.Field]:
    """Return what the page's address may hold for this person."""
    return {
        "unit": address.Field([line.unit_code for line in lines]),
        "quarter": address.Field([str(quarter) for quarter in quarters], str(latest)),
        "step": address.Field(list(STEPS)),
    }


def _quarters(actor: Actor) -> list[Quarter]:
    quarters = [Quarter.of(actor.today)]
    for _ in range(_QUARTERS_BACK):
        quarters.append(quarters[-1].previous())
    return quarters


def _open_audit_of_address(actor: Actor) -> None:
    """Turn ``?audit=12`` into the unit and quarter of that audit."""
    number = st.query_params.pop("audit", None)
    if number is None:
        return
    try:
        if not re.fullmatch(r"[0-9]{1,9}", number):
            raise Invalid(
                f"網址中的稽核編號「{number[:20]}」不是數字，或數字太長；稽核編號是 1 至 9 位數字。"
            )
        audit = view_audit(actor, int(number))
    except UserError as error:
        st.error(plain(error), icon=":material/error:")
        return
    st.query_params["unit"] = audit.unit_code
    st.query_params["quarter"] = str(audit.quarter)


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
    code: str | None = st.selectbox(
        "單位",
        list(lines),
        format_func=lambda code: f"{lines[code].agency} {lines[code].unit}",
        placeholder="選擇單位（可輸入文字搜尋）",
        key=address.key(PAGE, "unit"),
        index=None,
    )
    return code


def _show_list(quarter: Quarter, lines: list[AuditLine]) -> None:
    if not lines:
        st.info("您目前沒有可檢視的單位。", icon=":material/info:")
        return
    counts = Counter(line.status for line in lines)
    with st.container(horizontal=True):
        for status in AuditStatus:
            st.badge(f"{status.label} {counts[status]:,}", color=STATUS_COLOURS[status])
    st.caption(
        f"{quarter.label}單位稽核應於 {rocdate.roc_date(quarter.due)} 以前完成。勾選一列開啟。"
    )
    event = st.dataframe(
        [
            {
                "機關": line.agency,
                "單位": line.unit,
                "代碼": line.unit_code,
                "狀態": line.status.label,
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
        if actor.today > quarter.due and line.status is not AuditStatus.SIGNED:
            st.badge("逾期", color="red")
        st.caption(f"應於 {rocdate.roc_date(quarter.due)} 以前完成")
