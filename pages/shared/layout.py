"""What every page has in common: the head, the person in the sidebar, the demo notice."""

import streamlit as st

from pages.shared import told
from pages.shared.text import plain
from services.actor import Actor
from services.installation import facts

APP_TITLE = "地籍資料使用管理系統"


_UPLOADER = "[data-testid='stFileUploader']"
_NOT_TAKEN = "這個檔案的種類或大小不符，沒有上傳；請移除後依說明重新選擇。"


def no_english_hints() -> None:
    """Hide what Streamlit writes in English and cannot be told to write otherwise.

    That is what Enter does in a text field, which is no news, and the words of the uploader: its
    button gets ours, its limits stand in our label or help, and what it refuses by itself is said
    under it, as no service hears of such a file.
    """
    st.html(
        "<style>[data-testid='InputInstructions'], [data-testid='stTooltipErrorContent'],"
        "[data-testid='stFileUploaderDropzoneInstructions'] {display: none}"
        f"{_UPLOADER} button[kind='secondary'] p {{font-size: 0}}"
        f"{_UPLOADER} button[kind='secondary'] p::after {{content: '選擇檔案'; font-size: 0.93rem}}"
        f"{_UPLOADER}:has([aria-invalid='true'])::after"
        f" {{content: '{_NOT_TAKEN}'; color: #B42318; font-size: 0.87rem}}</style>"
    )


def no_sidebar() -> None:
    """Hide the sidebar: Streamlit leaves an empty one standing where a session has just ended."""
    st.html("<style>[data-testid='stSidebar'] {display: none}</style>")


def page_head(title: str, sentence: str) -> None:
    """Show the page's title and the one sentence that says what it is for."""
    st.title(title, anchor=False)
    st.caption(sentence)


def demo_notice() -> None:
    """Say on every page that everything is invented, while demo data is loaded."""
    if facts.demo_scale():
        # Coloured text and no badge: a badge is cut off where the screen is narrow.
        st.caption(
            ":violet-background[:violet[:material/science: 示範資料：人員、登記資料與使用紀錄均為虛構，"
            "不得作為任何公務依據]]"
        )


def person_card(actor: Actor) -> bool:
    """Show who is signed in, and return whether 登出 was pressed."""
    with st.sidebar.container(border=True):
        st.markdown(f"**{plain(actor.label)}**")
        words = [actor.role.label] if actor.role else []
        words += [held.duty.label for held in actor.duties]
        st.caption("、".join(dict.fromkeys(words)))
        return st.button("登出", icon=":material/logout:", width="stretch", key="sign_out")


def replaced_notice() -> None:
    """Say which other session signing in here has ended, until it has been read."""
    if sentence := told.replaced_sentence():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/devices: {plain(sentence)}")
            st.button("知道了", icon=":material/check:", on_click=told.replaced_read)
