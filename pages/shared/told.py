"""What a browser is told about a session that is over: its own, or the one that signing in ended."""

import streamlit as st

from services.identity.presence import Ended
from services.identity.sessions import Replaced

_ABOUT, _WHY, _REPLACED = "session_told", "session_ended", "session_replaced"


def tell(session_id: str, found: Ended | None) -> None:
    """Keep the reason why the browser's session is over for the sign-in screen."""
    st.session_state[_ABOUT] = session_id
    if found is not None:
        st.session_state[_WHY] = found.sentence


def knows_of(session_id: str) -> bool:
    """Whether the end of this session has been told here already."""
    return bool(st.session_state.get(_ABOUT) == session_id)


def why_signed_out() -> str | None:
    """Return why the session that this browser had is over, until somebody tries to sign in.

    Not only once: taking the cookie away brings a rerun, which would wipe the sentence off again.
    """
    sentence: str | None = st.session_state.get(_WHY)
    return sentence


def tell_start_over() -> None:
    """Keep for the sign-in screen why what was under way before signing in starts over."""
    st.session_state[_WHY] = (
        "連線曾經中斷；為了安全，還沒完成的登入、設定密碼或申請須從頭再來。"
        "由連結開啟的，請再開啟一次連結。"
    )


def reason_read() -> None:
    """Say no more why the last session ended: somebody is trying to sign in."""
    st.session_state.pop(_WHY, None)


def tell_replaced(replaced: Replaced | None) -> None:
    """Keep what signing in here ended elsewhere, if anything, until it was read."""
    if replaced is not None:
        st.session_state[_REPLACED] = replaced.sentence


def replaced_sentence() -> str | None:
    """Return what signing in here ended elsewhere, until `replaced_read`."""
    sentence: str | None = st.session_state.get(_REPLACED)
    return sentence


def replaced_read() -> None:
    """Show it no more (for ``on_click``)."""
    st.session_state.pop(_REPLACED, None)
