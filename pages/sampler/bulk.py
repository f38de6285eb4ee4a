"""整批判定: asks before many records are judged in one stroke, and leaves out what the machine has flagged."""

import streamlit as st

from pages.sampler.verdict import BULK, Draft, given
from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import showing_errors
from pages.shared.session import current_actor
from services.audits.sheet import SheetRow
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import Invalid


def ask_for_bulk(audit_id: int, rows: list[SheetRow]) -> None:
    """Open the dialog that a verdict on many records has asked for, if one has."""
    if (about := opened(BULK)) is None:
        return
    of_audit, seen, ruling, typed = about
    if of_audit != audit_id:
        close_dialog()
        return
    _ask(audit_id, [row for row in rows if row.record_id in seen], seen, ruling, typed)


@st.dialog("整批判定", on_dismiss=close_dialog)
def _ask(
    audit_id: int, rows: list[SheetRow], seen: dict[int, int], ruling: Ruling, typed: Draft
) -> None:
    flagged = {row.record_id: row for row in rows if row.checks}
    st.markdown(
        f"選取 **{len(seen):,} 筆**，其中 **{len(flagged):,} 筆有系統提示**。"
        "整批判定的紀錄會註明「整批判定」與筆數，並列在紀錄表與匯出的明細。"
    )
    chosen: list[int] = []
    if flagged:
        chosen = st.multiselect(
            "有系統提示的紀錄不列入；看過後要一併判定的，請逐筆選取",
            list(flagged),
            format_func=lambda record: f"{record}　{'、'.join(flagged[record].checks)}",
            placeholder="都不列入",
            key="bulk.flagged",
        )
    judged = {
        record: sequence
        for record, sequence in seen.items()
        if record not in flagged or record in chosen
    }
    if not judged:
        st.info("沒有可整批判定的紀錄；請逐筆查核有系統提示的紀錄。", icon=":material/flag:")
    label = f"確定將 {len(judged):,} 筆判定為「{ruling.label}」"
    with showing_errors():
        if st.button(
            label, type="primary", icon=":material/library_add_check:", disabled=not judged
        ):
            if not judged:
                raise Invalid("請至少選取一筆。")
            judge(
                current_actor(),
                audit_id,
                judged,
                ruling,
                typed.note,
                typed.why,
                typed.failed,
                flagged_too=chosen,
            )
            given(audit_id, seen, len(judged), ruling)
            close_dialog()
            st.rerun()
