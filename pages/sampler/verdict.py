"""The verdict on what stands on screen: note, four buttons, and why one was not accepted."""

import streamlit as st

from pages.shared.feedback import notify
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.audits.sheet import SheetRow
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import UserError

_PROBLEM = "sampler.problem"
_SHORTCUTS = {
    Ruling.COMPLIANT: "Alt+1",
    Ruling.EXPLAIN: "Alt+2",
    Ruling.DEFICIENT: "Alt+3",
    Ruling.MAJOR: "Alt+4",
}


def verdict_bar(audit_id: int, chosen: list[SheetRow]) -> None:
    """Show the note and the four verdicts for the records on screen."""
    if any(row.own for row in chosen):
        st.warning(
            "選取的紀錄中有您自己的使用紀錄，須由其他稽核人員判定。", icon=":material/block:"
        )
        return
    seen = {row.record_id: row.judged.sequence for row in chosen}
    key = f"{min(seen)}_{len(seen)}_{sum(seen.values())}"
    with st.form(f"verdict_{key}", border=False, enter_to_submit=False):
        st.text_input(
            "說明",
            max_chars=500,
            placeholder="判定「符合」可不填；其他判定請說明",
            key=f"note_{key}",
        )
        if any(seen.values()):
            st.text_input("更改判定的理由", max_chars=300, key=f"why_{key}")
        many = f"選取的 {len(chosen):,} 筆" if len(chosen) > 1 else "本筆"
        st.caption(f"判定{many}（按鍵 Alt+1 至 Alt+4）")
        with st.container(horizontal=True, gap="xsmall"):
            for ruling in Ruling:
                st.form_submit_button(
                    ruling.label,
                    key=f"rule_{ruling.value}",
                    type="primary" if ruling is Ruling.COMPLIANT else "secondary",
                    shortcut=_SHORTCUTS[ruling],
                    on_click=_judge,
                    args=(audit_id, seen, ruling, key),
                )


def _judge(audit_id: int, seen: dict[int, int], ruling: Ruling, key: str) -> None:
    """Judge exactly the records, as they were, that stood on screen when the button was drawn.

    A callback keeps what it was drawn with; the script would work the choice out anew first, and a
    colleague's verdict in between would put another record in its place.
    """
    note = str(st.session_state.get(f"note_{key}") or "")
    why = str(st.session_state.get(f"why_{key}") or "")
    try:
        judge(current_actor(), audit_id, seen, ruling, note, why)
    except UserError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        notify(f"{len(seen):,} 筆已判定為「{ruling.label}」。")


def show_problem() -> None:
    """Say why the last verdict was not given, once."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")
