"""Above the steps: which half-year, which agency, and where every agency stands."""

from collections import Counter

import streamlit as st

from pages.agency_audit.context import AGENCY_STEPS, PAGE, AgencyContext
from pages.agency_audit.days import due_words, is_late
from pages.sampler.context import STATUS_COLOURS
from pages.sampler.numbered import audit_of_address
from pages.sampler.sheet_filter import AGENCY_FILTERS
from pages.shared import address
from pages.shared.choice import table_key
from pages.shared.text import plain
from services.actor import Actor
from services.audits.agency.overview import AgencyHalf, AgencyLine, agency_half, list_agencies
from services.audits.overview import AuditView, view_audit
from services.audits.words import FrameScope
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, last_finished_half

_HALVES_BACK = 6


def choose(actor: Actor) -> AgencyContext | None:
    """Return the agency and half-year in the address or chosen here; None while the list is shown."""
    latest = last_finished_half(actor.today)
    halves = _halves(actor)
    lines = list_agencies(actor, latest)
    fields = {
        "agency": address.Field([line.code for line in lines]),
        "half": address.Field([str(half) for half in halves], str(latest)),
        "scope": address.Field([scope.value for scope in FrameScope], FrameScope.AUDITED.value),
        "step": address.Field(list(AGENCY_STEPS)),
        "filter": address.Field(list(AGENCY_FILTERS)),
    }
    _open_audit_of_address(actor)
    if address.read(PAGE, fields):
        st.warning(
            "網址中有您看不到或不存在的機關、半年別或步驟，已略過。", icon=":material/link_off:"
        )
    left, right = st.columns([1, 3])
    with left:
        half = _choose_half(halves)
    if half != latest:
        lines = list_agencies(actor, half)
    by_code = {line.code: line for line in lines}
    with right:
        code = _choose_agency(by_code)
    if code is None:
        _show_list(half, lines)
        address.write(PAGE, fields)
        return None
    agency = agency_half(actor, by_code[code].agency_id, half)
    audit = view_audit(actor, agency.audit_id) if agency.audit_id else None
    _headline(actor, agency, audit)
    chosen = FrameScope(st.session_state[address.key(PAGE, "scope")])
    return AgencyContext(
        actor=actor,
        page=PAGE,
        of=code,
        period=half,
        audit=audit,
        fields=fields,
        may_conduct=agency.may_conduct,
        steps=AGENCY_STEPS,
        agency=agency,
        half=half,
        scope=(audit and audit.scope) or chosen,
    )


def _halves(actor: Actor) -> list[HalfYear]:
    halves = [HalfYear.of(actor.today)]
    for _ in range(_HALVES_BACK):
        halves.append(halves[-1].previous())
    return halves


def _open_audit_of_address(actor: Actor) -> None:
    """Turn ``?audit=12`` into the agency and half-year of that audit."""
    if audit := audit_of_address(actor, AuditKind.AGENCY):
        # Of a whole agency the code is the agency's.
        st.query_params["agency"] = audit.unit_code
        st.query_params["half"] = str(audit.period)


def _choose_half(halves: list[HalfYear]) -> HalfYear:
    code = st.selectbox(
        "半年別",
        [str(half) for half in halves],
        format_func=lambda text: (
            HalfYear.parse(text).label + ("（未結束）" if text == str(halves[0]) else "")
        ),
        key=address.key(PAGE, "half"),
    )
    return HalfYear.parse(code)


def _choose_agency(lines: dict[str, AgencyLine]) -> str | None:
    if len(lines) == 1:
        st.session_state[address.key(PAGE, "agency")] = next(iter(lines))
        return next(iter(lines))
    code: str | None = st.selectbox(
        "機關",
        list(lines),
        format_func=lambda code: lines[code].name,
        placeholder="選擇機關（可輸入文字搜尋）",
        key=address.key(PAGE, "agency"),
        index=None,
    )
    return code


def _show_list(half: HalfYear, lines: list[AgencyLine]) -> None:
    if not lines:
        st.info("您目前沒有可檢視的機關。", icon=":material/info:")
        return
    counts = Counter(line.status for line in lines)
    with st.container(horizontal=True):
        for status in AuditStatus:
            if status is not AuditStatus.RECEIVED:
                st.badge(f"{status.label} {counts[status]:,}", color=STATUS_COLOURS[status])
    st.caption(f"{half.label}機關稽核{due_words(half)}。勾選一列開啟。")
    event = st.dataframe(
        [{"機關": line.name, "代碼": line.code, "狀態": line.status.label} for line in lines],
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key=table_key(f"agencies_{half}", [line.code for line in lines]),
    )
    if places := event["selection"]["rows"]:
        st.query_params["agency"] = lines[places[0]].code
        st.query_params["half"] = str(half)
        st.rerun()


def _headline(actor: Actor, agency: AgencyHalf, audit: AuditView | None) -> None:
    half = agency.half
    status = audit.status if audit else AuditStatus.PLANNED
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{plain(agency.name)}．{half.label}", anchor=False, width="content")
        st.badge(status.label, color=STATUS_COLOURS[status])
        if is_late(half, status, actor.today):
            st.badge("逾期", color="red")
        st.caption(due_words(half))
