"""What an application asks: who it is for, and what is wanted."""

from dataclasses import dataclass

import streamlit as st

from services.accounts.person import Person
from services.applications.applicant import Correction
from services.applications.applying import Wanted
from services.applications.checks import REASON_MAX
from services.identity.organisation import UnitInfo
from services.regulation.items import Item
from services.regulation.roles import Role


@dataclass(frozen=True)
class Typed:
    """A form as it was filled in."""

    person: Person
    wanted: Wanted


def new_account_form(units: tuple[UnitInfo, ...]) -> Typed | None:
    """Ask for a new account; return what was typed once 送出申請 was pressed.

    The role and the agency stand outside the form: what is asked below depends on them.
    """
    role = st.segmented_control(
        "申請的帳號類別",
        list(Role),
        default=Role.GENERAL_USER,
        required=True,
        format_func=lambda one: one.label,
        key="apply.role",
        wrap=True,
    )
    assert role is not None
    agencies = {unit.agency_id: unit.agency_name for unit in units}
    agency_id = st.selectbox(
        "機關",
        list(agencies),
        index=None,
        format_func=agencies.__getitem__,
        placeholder="請選擇您的機關",
        key="apply.agency",
    )
    own = {unit.id: unit.name for unit in units if unit.agency_id == agency_id}
    with st.form("apply", border=False):
        unit_id = st.selectbox(
            "單位",
            list(own),
            index=0 if len(own) == 1 else None,
            format_func=own.__getitem__,
            placeholder="請選擇您的單位" if own else "請先選擇機關",
            key=f"apply.unit.{agency_id}",
        )
        person = _person()
        items = ask_items((), "apply.items")
        reason = ask_reason("apply.reason")
        pressed = st.form_submit_button("送出申請", type="primary", icon=":material/send:")
    if not pressed:
        return None
    return Typed(person, Wanted(role, unit_id or 0, items, reason))


def _person() -> Person:
    # A row at a time: Tab, a reader's voice and the one column of a telephone follow this order.
    name, staff_no = st.columns(2)
    title, phone = st.columns(2)
    email, username = st.columns(2)
    return Person(
        name=name.text_input("姓名", key="apply.name", max_chars=60),
        staff_no=staff_no.text_input("員工編號", key="apply.staff_no", max_chars=20),
        title=title.text_input("職稱", key="apply.title", max_chars=40),
        phone=phone.text_input("聯絡電話", key="apply.phone", max_chars=40),
        email=email.text_input("公務電子郵件", key="apply.email", max_chars=120),
        username=username.text_input(
            "希望的帳號名稱",
            key="apply.username",
            max_chars=40,
            help="3 至 40 個英文小寫字母、數字、點、底線或連字號，以字母開頭。",
        ),
    )


def ask_items(now: tuple[Item, ...], key: str) -> tuple[Item, ...]:
    """Ask which items are to hold; those of ``now`` are chosen at first."""
    chosen = st.pills(
        "授權項目",
        list(Item),
        selection_mode="multi",
        default=list(now),
        format_func=lambda item: Item(item).label,
        key=key,
        help="只申請職務必要的項目。",
    )
    return tuple(Item(item) for item in chosen)


def ask_reason(
    key: str,
    label: str = "申請原因（必填）",
    value: str = "",
    example: str = "辦理地價稅稽徵業務",
) -> str:
    """Ask why."""
    return (
        st.text_area(label, value, placeholder=f"例如：{example}", key=key, max_chars=REASON_MAX)
        or ""
    )


def correction_form(items: tuple[Item, ...], reason: str, asks_items: bool) -> Correction | None:
    """Ask for what an application that was sent back is to say now; return it once it is sent."""
    with st.form("correct", border=False):
        wanted = ask_items(items, "correct.items") if asks_items else items
        why = ask_reason("correct.reason", value=reason)
        pressed = st.form_submit_button("補正後送出", type="primary", icon=":material/send:")
    return Correction(wanted, why) if pressed else None
