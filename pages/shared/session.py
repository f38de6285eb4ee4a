"""Who is at this screen: the session opened, checked on every rerun, and signed out."""

import threading
from collections.abc import Callable
from datetime import datetime

import streamlit as st

from pages.shared import connection, told
from pages.shared.cookies import SessionCookie
from services.actor import Actor
from services.identity import presence, sessions
from services.identity.entering import Entering
from services.identity.presence import Ended, Present
from services.installation import keys

_SESSION, _REFRESH, _CLOCK = "sign_in_session", "refresh_actor", "session_clock"


class _ThisRun(threading.local):
    """Whom `guard` found in the run of `app.py` that this thread is at, and nobody in between.

    Not in the session state: a browser that stops a run interrupts whatever touches that, the
    clearing too, and whoever stood there would go on after the session is over.
    """

    present: Present | None = None


_this_run = _ThisRun()

Clock = Callable[[], datetime]


def address() -> str:
    """The address the browser calls from; empty where Streamlit does not know it."""
    return st.context.ip_address or ""


def guard(clock: Clock) -> Actor | None:
    """Return the signed-in person of this rerun, or None after showing nothing.

    The session, its times, the account's status, role, duties and items are read anew every time.
    A browser brings its session in a cookie; nothing else from outside can name one.
    """
    where = address()
    keep_to_one_browser(clock)
    session_id = st.session_state.get(_SESSION, "")
    found = presence.check(session_id, clock(), where)
    if session_id and not isinstance(found, Present):
        forget()
        told.tell(session_id, found)
    if not isinstance(found, Present):
        cookie = SessionCookie(keys.cookie_key())
        session_id = cookie.session_id(clock())
        found = presence.check(session_id, clock(), where)
        if isinstance(found, Ended) and not told.knows_of(session_id):
            cookie.delete_cookie()
            told.tell(session_id, found)
    if not isinstance(found, Present):
        return None

    def refresh() -> Actor | None:
        now_found = presence.check(session_id, clock(), where)
        return now_found.actor if isinstance(now_found, Present) else None

    st.session_state[_SESSION] = session_id
    st.session_state[_REFRESH] = refresh
    st.session_state[_CLOCK] = clock
    _this_run.present = found
    return found.actor


def waiting_for_cookie() -> bool:
    """Send a new session's cookie and show nothing else until the browser has it.

    The browser's answer is a rerun; a page that it cut off would lose what it had just set up.
    """
    cookie = SessionCookie(keys.cookie_key())
    if not cookie.is_due():
        return False
    st.caption(":material/hourglass_top: 正在登入…")
    if st.button("繼續", help="畫面停在這裡時按此；重新整理後須再登入。", type="tertiary"):
        cookie.give_up()
        return False
    return True


def open_session(entering: Entering, clock: Clock) -> None:
    """Open the session of somebody of whom nothing more is asked; the next run sends its cookie.

    What the tab had in memory before belongs to nobody who is signed in, and is cleared.
    """
    opened = sessions.open_session(entering, address(), clock())
    forget()
    SessionCookie(keys.cookie_key()).issue(opened.id)
    st.session_state[_SESSION] = opened.id
    told.tell_replaced(opened.replaced)


def run_is_over() -> None:
    """Forget what `guard` found: what comes next (a callback, a fragment, a download) asks anew."""
    _this_run.present = None


def look(clock: Clock) -> Present | None:
    """Return how the session stands without counting this as activity."""
    if _this_run.present is not None:
        return _this_run.present
    if not _is_our_browser(clock):
        return None
    found = presence.check(st.session_state.get(_SESSION, ""), clock(), address(), seen=False)
    return found if isinstance(found, Present) else None


def stay() -> None:
    """Count this click as activity, as every other click does (for ``on_click``)."""
    if refresh := st.session_state.get(_REFRESH):
        refresh()


def sign_out(clock: Clock) -> None:
    """End the session row, drop the cookie and everything this browser tab had in memory."""
    session_id = st.session_state.get(_SESSION, "")
    sessions.end_session(session_id, clock())
    SessionCookie(keys.cookie_key()).delete_cookie()
    forget()
    # Taking the cookie away brings a rerun: the sign-in screen says it, too.
    found = presence.check(session_id, clock(), seen=False)
    told.tell(session_id, found if isinstance(found, Ended) else None)


def forget() -> None:
    """Clear the whole session state; the library would clear only its own keys."""
    run_is_over()
    connection.clear_memory()


def keep_to_one_browser(clock: Clock) -> bool:
    """Forget everything when another connection has come; return whether it is still the same one.

    Called before anything that the tab keeps is looked at, by whoever is signed in or on the way in.
    """
    if _is_our_browser(clock):
        return True
    run_is_over()
    connection.hand_over()
    return False


def current_actor() -> Actor:
    """Return the person of this run; a page that is run without the router stops here.

    In a run of `app.py` that is whom `guard` has just found; everywhere else (a callback, a fragment, a
    dialog) the session is read anew. Where it is over, the whole of `app.py` runs next: `guard` says why.
    """
    if _this_run.present is not None:
        return _this_run.present.actor
    refresh, clock = st.session_state.get(_REFRESH), st.session_state.get(_CLOCK)
    actor: Actor | None = refresh() if refresh and clock and _is_our_browser(clock) else None
    if actor is None and refresh is not None:
        st.rerun()
    if actor is None:
        st.error("請先登入。", icon=":material/lock:")
        st.stop()
    return actor


def _is_our_browser(clock: Clock) -> bool:
    """Whether this connection may go on; a part of a page runs without `guard`, which asks the same."""
    return connection.may_go_on(st.session_state.get(_SESSION, ""), clock())


def actor_source() -> Callable[[], Actor | None]:
    """Return a function that reads the acting person anew outside a script run (downloads)."""
    refresh: Callable[[], Actor | None] = st.session_state[_REFRESH]
    return refresh
