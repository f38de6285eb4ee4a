"""What a screen on the way in has to keep until the next run, bound to the one way in it belongs to.

It stands in the session state, on the server. Another sign-in in the same tab does not find it.
"""

from typing import Any

import streamlit as st

from services.identity.entering import Entering

_KEPT = "entrance_kept"


def keep(entering: Entering, thing: object) -> None:
    """Keep one thing for the next run of this way in."""
    st.session_state[_KEPT] = (_way_in(entering), thing)


def kept(entering: Entering) -> Any:
    """Return what was kept for this very way in, or None."""
    whose, thing = st.session_state.get(_KEPT, (None, None))
    return thing if whose == _way_in(entering) else None


def _way_in(entering: Entering) -> tuple[object, ...]:
    return entering.account_id, entering.method, entering.began_at
