"""Entry: set-up, sign-in, session guard, and the page registry of whoever is signed in."""

from pathlib import Path

import streamlit as st

from pages.entrance.applying import applying_screen, take_link
from pages.entrance.flow import entrance
from pages.entrance.provider import leave_provider
from pages.entrance.reset import reset_screen, take_token
from pages.entrance.starting_over import start_over_elsewhere
from pages.shared import idle, layout, registry, session
from pages.shared.feedback import numbered_errors, show_notice
from pages.shared.held_screen import held_screen
from services import clock
from services.installation import facts
from services.operation.resuming import still_held

# A file of our own: for a Material icon the browser would ask fonts.gstatic.com.
ICON = Path(__file__).parent / "pages" / "assets" / "icon.svg"
st.set_page_config(page_title=layout.APP_TITLE, page_icon=str(ICON), layout="wide")


def main() -> None:
    """Show the sign-in screen or, for a signed-in person, the page that was asked for."""
    layout.no_english_hints()
    if still_held(clock.utc_now()):
        # Addresses stay as they are, so that the page that was asked for comes back by itself.
        st.navigation(registry.closed_doors(), position="hidden")
        held_screen(clock.utc_now)
        return
    if not facts.is_ready():
        st.error("系統尚未建置：請先執行 `make run`，或 `python manage.py init` 並建立系統管理者。")
        return
    start_over_elsewhere(clock.utc_now)
    if take_token():
        st.navigation(registry.closed_doors(), position="hidden")
        reset_screen(clock.utc_now)
        return
    if take_link():
        st.navigation(registry.closed_doors(), position="hidden")
        applying_screen(clock.utc_now)
        return
    actor = session.guard(clock.utc_now)
    if actor is None:
        # Addresses stay as they are, so that a link opened cold leads there after signing in.
        st.navigation(registry.closed_doors(), position="hidden")
        entrance(clock.utc_now)
        return
    if session.waiting_for_cookie():
        st.navigation(registry.closed_doors(), position="hidden")
        return
    # A long menu folded up would end in an English "View 3 more".
    page = st.navigation(registry.menu(actor), expanded=True)
    if layout.person_card(actor):
        session.sign_out(clock.utc_now)
        leave_provider()
        st.success("您已登出。", icon=":material/logout:")
        st.button("重新登入", icon=":material/login:")
        return
    layout.demo_notice()
    layout.replaced_notice()
    show_notice()
    idle.watch_time(clock.utc_now)
    registry.show(page)


try:
    with numbered_errors():
        main()
finally:
    session.run_is_over()
