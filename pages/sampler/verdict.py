"""The verdict on what stands on screen: note, checks, four buttons, and why one was not accepted.

Many at once are asked for in a dialog of their own (`bulk`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.shared.dialogs import open_dialog
from pages.shared.feedback import notify
from pages.shared.session import current_actor
from pages.shared.text import plain
from pages.shared.unsent import keep_unsent, unsent
from services.audits.bulk import AT_ONCE
from services.audits.checks import Check
from services.audits.sheet import SheetRow
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import UserError

_PROBLEM, _DRAFTS = "sampler.problem", "sampler.drafts"
BULK = "sampler.bulk"
"""The dialog that asks before many records are judged at once."""
_SHORTCUTS = {
    Ruling.COMPLIANT: "Alt+1",
    Ruling.EXPLAIN: "Alt+2",
    Ruling.DEFICIENT: "Alt+3",
    Ruling.MAJOR: "Alt+4",
}


@dataclass(frozen=True)
class Draft:
    """What was typed for a verdict that was not accepted, or not yet; it waits with its records."""

    note: str
    why: str
    failed: tuple[Check, ...]


def verdict_bar(audit_id: int, chosen: list[SheetRow]) -> None:
    """Show the note and the four verdicts for the records on screen."""
    if barred := [row for row in chosen if not row.may_judge]:
        st.warning(_by_whom(barred), icon=":material/block:")
        return
    seen = {row.record_id: row.judged.sequence for row in chosen}
    key = _key(audit_id, seen)
    _put_draft_back(key, _drafts().get(_about(audit_id, seen)))
    with st.form(f"verdict_{key}", border=False, enter_to_submit=False):
        st.text_input(
            "說明",
            max_chars=500,
            placeholder="判定「符合」可不填；其他判定請說明",
            key=unsent(f"note_{key}"),
        )
        st.pills(
            "未通過的檢核（都通過就不必勾選）",
            list(Check),
            selection_mode="multi",
            format_func=lambda check: check.failed_label,
            key=f"failed_{key}",
        )
        if any(seen.values()):
            st.text_input("更改判定的理由", max_chars=300, key=unsent(f"why_{key}"))
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
    keep_unsent()


def _by_whom(barred: list[SheetRow]) -> str:
    """Say why the records on screen are not this person's to judge, and whose they are."""
    instead = "；".join(dict.fromkeys(row.goes_to for row in barred if row.goes_to))
    if any(row.own for row in barred):
        return f"選取的紀錄中有您自己的使用紀錄，{instead or '須由其他稽核人員判定'}。"
    if instead:
        return f"選取的紀錄中有依規定迴避的紀錄，{instead}。"
    return "選取的紀錄中有一般的紀錄，由辦理這件稽核的人判定；您只判定依規定迴避的紀錄。"


def _judge(audit_id: int, seen: dict[int, int], ruling: Ruling, key: str) -> None:
    """Judge exactly the records, as they were, that stood on screen when the button was drawn.

    A callback keeps what it was drawn with; the script would work the choice out anew first, and a
    colleague's verdict in between would put another record in its place.
    """
    typed = Draft(
        str(st.session_state.get(unsent(f"note_{key}")) or ""),
        str(st.session_state.get(unsent(f"why_{key}")) or ""),
        tuple(st.session_state.get(f"failed_{key}") or ()),
    )
    about = _about(audit_id, seen)
    actor = current_actor()
    if len(seen) > AT_ONCE:
        _drafts()[about] = typed
        open_dialog(BULK, audit_id, seen, ruling, typed)
        return
    try:
        judge(actor, audit_id, seen, ruling, typed.note, typed.why, typed.failed)
    except UserError as error:
        _drafts()[about] = typed
        st.session_state[_PROBLEM] = (str(error), typed.note, about)
    else:
        given(audit_id, seen, len(seen), ruling)


def show_problem() -> None:
    """Say why the last verdict was not given, once, and where the words that were typed for it are."""
    if (problem := st.session_state.pop(_PROBLEM, None)) is None:
        return
    sentence, note, (_, records) = problem
    st.error(plain(sentence), icon=":material/error:")
    if note:
        where = f"紀錄 {records[0]}" if len(records) == 1 else f"選取的 {len(records):,} 筆"
        st.caption(f"您寫的說明保留在{where}：{plain(note)}")


def _key(audit_id: int, seen: Mapping[int, int]) -> str:
    """Name the widgets after person, records and verdicts on screen: no words go to others."""
    text = repr((current_actor().account_id, audit_id, sorted(seen.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _about(audit_id: int, seen: Mapping[int, int]) -> tuple[int, tuple[int, ...]]:
    return audit_id, tuple(sorted(seen))


def given(audit_id: int, seen: Mapping[int, int], judged: int, ruling: Ruling) -> None:
    """Say that a verdict was given, and drop what was typed for it."""
    _drafts().pop(_about(audit_id, seen), None)
    notify(f"{judged:,} 筆已判定為「{ruling.label}」。")


def _drafts() -> dict[tuple[int, tuple[int, ...]], Draft]:
    drafts: dict[tuple[int, tuple[int, ...]], Draft] = st.session_state.setdefault(_DRAFTS, {})
    return drafts


def _put_draft_back(key: str, draft: Draft | None) -> None:
    """Fill the widgets of a record whose verdict was not accepted with what was typed for it."""
    if draft is None or unsent(f"note_{key}") in st.session_state:
        return
    st.session_state[unsent(f"note_{key}")] = draft.note
    st.session_state[unsent(f"why_{key}")] = draft.why
    st.session_state[f"failed_{key}"] = list(draft.failed)
