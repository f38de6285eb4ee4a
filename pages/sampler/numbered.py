"""An address that names an audit by its number: ``?audit=12&step=judge``."""

import re

import streamlit as st

from pages.shared.text import plain
from services.actor import Actor
from services.audits.overview import AuditView, view_audit
from services.errors import Invalid, UserError
from services.regulation.audit_kinds import AuditKind

_WHERE = {
    AuditKind.UNIT: "稽核抽樣",
    AuditKind.SUPPLEMENT: "稽核抽樣",
    AuditKind.AGENCY: "機關稽核",
    AuditKind.SPOT: "異常與事件",
}


def audit_of_address(actor: Actor, *kinds: AuditKind) -> AuditView | None:
    """Take the number out of the address and return its audit; None without one, or after a sentence."""
    number = st.query_params.pop("audit", None)
    if number is None:
        return None
    try:
        if not re.fullmatch(r"[0-9]{1,9}", number):
            raise Invalid(
                f"網址中的稽核編號「{number[:20]}」不是數字，或數字太長；稽核編號是 1 至 9 位數字。"
            )
        audit = view_audit(actor, int(number))
        if audit.kind not in kinds:
            raise Invalid(
                f"稽核 {number} 是{audit.kind.label}，不在本頁；請由「{_WHERE[audit.kind]}」開啟。"
            )
    except UserError as error:
        st.error(plain(error), icon=":material/error:")
        return None
    return audit
