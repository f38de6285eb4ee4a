"""Another connection comes to a tab: what is under way there before signing in starts over."""

from pages.entrance import applying, flow, reset
from pages.shared import session, told
from pages.shared.session import Clock


def start_over_elsewhere(clock: Clock) -> None:
    """Let nobody but the connection that began it go on with what the tab keeps; say what is lost.

    The person's own browser is such a connection, too, when it lost its own and made another: only
    what is still empty, the form of an application, stays open for it.
    """
    lost = flow.is_under_way() or reset.is_under_way() or applying.is_under_way()
    writing = applying.is_open() and not lost
    if session.keep_to_one_browser(clock):
        return
    if lost:
        told.tell_start_over()
    elif writing:
        applying.begin()
