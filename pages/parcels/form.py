"""The query form: where, which number, which items, and for what purpose (clause 6.3.2)."""

import streamlit as st

from services.actor import Actor
from services.cadastre.numbers import Kind
from services.errors import Invalid
from services.parcels.query import ITEMS_OF, ParcelRequest
from services.parcels.sections import districts, find_section, sections_of
from services.regulation.items import Item
from services.regulation.purpose import Purpose

RESULT = "parcel.result"
_DISTRICT, _KIND, _NUMBER = "parcel.district", "parcel.kind", "parcel.number"


def kinds_open_to(actor: Actor) -> list[Kind]:
    """Return what the person may ask about: land, buildings or both."""
    return [kind for kind in Kind if actor.items.intersection(ITEMS_OF[kind])]


def parcel_form(actor: Actor, kinds: list[Kind]) -> ParcelRequest | None:
    """Show the form; return the request in the run in which 查詢 was pressed."""
    if _KIND not in st.session_state and _start_from_address(actor, kinds):
        st.warning(
            "網址中有不存在的地段，或不存在、您未獲授權的種類，已略過。", icon=":material/link_off:"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        district = st.selectbox(
            "行政區", districts(actor), key=_DISTRICT, on_change=forget_result, width=180
        )
        kind = st.segmented_control(
            "種類",
            kinds,
            format_func=lambda kind: f"{kind.label}（{kind.suffix}）",
            key=_KIND,
            required=True,
            on_change=forget_result,
        )
    if district is None or kind is None:
        st.info("尚未匯入地段清冊，無法查詢；請洽系統管理者。", icon=":material/info:")
        return None
    with st.form("parcel.form"):
        return _inside_form(actor, district, kind)


def _inside_form(actor: Actor, district: str, kind: Kind) -> ParcelRequest | None:
    sections = {section.code: section for section in sections_of(actor, district)}
    left, right = st.columns(2)
    code = left.selectbox(
        "地段",
        list(sections),
        index=None,
        format_func=lambda code: sections[code].label,
        placeholder="輸入代碼或名稱搜尋",
        key=_section_key(district),
    )
    number = right.text_input(
        kind.suffix, placeholder=f"例如 {kind.examples}", key=_NUMBER, max_chars=40
    )
    options = [item for item in ITEMS_OF[kind] if item in actor.items]
    items = st.pills(
        "查詢項目（僅列出您已獲授權的項目；每一項目留存一筆使用紀錄）",
        options,
        selection_mode="multi",
        default=options[:1],
        format_func=lambda item: Item(item).label,
        key=f"parcel.items.{kind.value}",
    )
    case_no, document_no, reason = st.columns([1, 1, 1.4])
    purpose = Purpose(
        case_no=case_no.text_input(
            "案件號", placeholder="113年大安字第012340號", key="parcel.case_no", max_chars=60
        )
        or "",
        document_no=document_no.text_input(
            "公文號", placeholder="府授地資字第1136012388號", key="parcel.document_no", max_chars=60
        )
        or "",
        reason=reason.text_input(
            "查詢原因", placeholder="地價稅稽徵查核", key="parcel.reason", max_chars=200
        )
        or "",
    )
    st.caption(
        "案件號、公文號、查詢原因三者至少填一項，並留存供稽核（第六點（三）2.）。"
        "原因請寫明業務與對象；「查詢」、「公務」、「測試」等空泛用語不受理。"
    )
    if not st.form_submit_button("查詢", type="primary", icon=":material/search:"):
        return None
    st.query_params.from_dict({"section": code or "", "number": number or "", "kind": kind.value})
    return ParcelRequest(code or "", kind, number or "", tuple(items), purpose)


def forget_result() -> None:
    """Take the last result away: it must not stand beside another query's parameters."""
    st.session_state.pop(RESULT, None)


def _start_from_address(actor: Actor, kinds: list[Kind]) -> bool:
    """Fill a newly opened form from ``?section=AD0609&number=18-1&kind=land``.

    Returns whether the address held a kind or a section that means nothing here.
    """
    forget_result()
    asked = st.query_params.to_dict()
    kind = next((k for k in kinds if k.value == asked.get("kind")), None)
    st.session_state[_KIND] = kind or kinds[0]
    unknown = bool(asked.get("kind")) and kind is None
    st.session_state[_NUMBER] = asked.get("number", "")[:40]
    if code := asked.get("section", ""):
        try:
            section = find_section(actor, code)
        except Invalid:
            return True
        st.session_state[_DISTRICT] = section.district
        st.session_state[_section_key(section.district)] = section.code
    return unknown


def _section_key(district: str) -> str:
    return f"parcel.section.{district}"
