"""The way in: recognised by password or provider, one screen a step, then the session is opened.

Who is on the way in (`Entering`) stands in the session state, which lives on the server: a browser
can neither claim an identity nor skip a step.
"""

from collections.abc import Callable

import streamlit as st

from pages.entrance.applying import apply_button
from pages.entrance.code import code_screen
from pages.entrance.enrol import enrol_screen
from pages.entrance.frame import entrance_frame
from pages.entrance.kept import kept
from pages.entrance.new_password import new_password_screen
from pages.entrance.password import password_screen
from pages.entrance.provider import provider_screen
from pages.entrance.reinstate import reinstate_screen
from pages.entrance.reset import forgot_password, say_what_was_done
from pages.shared.feedback import show_error
from pages.shared.session import Clock, open_session
from pages.shared.text import plain
from pages.shared.told import why_signed_out
from services.errors import UserError
from services.identity.entering import Entering, Step, next_step

Screen = Callable[[Entering, Clock], Entering | None]

SCREENS: dict[Step, Screen] = {
    Step.CODE: code_screen,
    Step.ENROL: enrol_screen,
    Step.NEW_PASSWORD: new_password_screen,
    Step.REINSTATE: reinstate_screen,
}
"""The screen of every step; it returns the way in with the step once that has just been passed."""

_ENTERING, _PROBLEM = "entering", "entering_problem"


def is_under_way() -> bool:
    """Whether somebody has been recognised here and is asked for more."""
    return _ENTERING in st.session_state


def entrance(clock: Clock) -> None:
    """Show what is asked of a visitor next; open the session when nothing is left."""
    with entrance_frame():
        entering: Entering | None = st.session_state.get(_ENTERING)
        if entering is None:
            _recognise(clock)
        else:
            _go_on(entering, clock)


def _recognise(clock: Clock) -> None:
    if reason := why_signed_out():
        st.warning(plain(reason), icon=":material/logout:")
    if problem := st.session_state.pop(_PROBLEM, None):
        show_error(problem)
    say_what_was_done()
    entering = password_screen(clock) or provider_screen(clock)
    if entering is not None:
        _keep(entering)
    with st.container(horizontal=True):
        forgot_password(clock)
        apply_button()


def _go_on(entering: Entering, clock: Clock) -> None:
    try:
        step = next_step(entering, clock())
        if step is None:
            open_session(entering, clock)
    except UserError as error:
        # Too late, or the account was closed meanwhile: everything starts anew.
        st.session_state.pop(_ENTERING, None)
        st.session_state[_PROBLEM] = str(error)
        st.rerun()
    if step is None:
        st.rerun()
    if passed := SCREENS[step](entering, clock):
        _keep(passed)
    if step is Step.CODE and kept(entering) is not None:
        return  # the right code was given; what is shown now is shown only once
    if st.button("取消，回到登入", icon=":material/arrow_back:", type="tertiary"):
        st.session_state.pop(_ENTERING, None)
        st.rerun()


def _keep(entering: Entering) -> None:
    st.session_state[_ENTERING] = entering
    st.rerun()
