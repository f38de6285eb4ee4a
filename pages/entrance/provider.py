"""Sign-in by the city's own identity provider, where one is configured."""

import streamlit as st

from pages.shared.feedback import show_error
from pages.shared.session import Clock, address
from services.errors import Refused
from services.identity.entering import Entering
from services.identity.oidc import is_fresh, mark_of, recognise
from services.identity.provider import Provider, configured_provider

_REFUSED = "provider.refused"


def provider_screen(clock: Clock) -> Entering | None:
    """Return whom the provider has just recognised, or show the way there.

    Shows nothing while no provider is configured.
    """
    provider = configured_provider()
    if provider is None:
        return None
    if _is_signed_in() and (entering := _returned(provider, clock)):
        return entering
    st.caption("或", text_alignment="center")
    if st.button("以市府帳號登入", icon=":material/account_balance:", width="stretch"):
        st.login()
    return None


def leave_provider() -> None:
    """Sign out at the provider too, if that is where the person came in."""
    if configured_provider() is not None and _is_signed_in():
        st.logout()


def _is_signed_in() -> bool:
    """Whether the browser brought an identity. It lets nobody in by itself: see `recognise`."""
    return bool(st.user.get("is_logged_in"))


def _returned(provider: Provider, clock: Clock) -> Entering | None:
    claims, now = st.user.to_dict(), clock()
    if not is_fresh(claims, now):
        return None
    mark = mark_of(claims)
    refused: dict[str, str] = st.session_state.setdefault(_REFUSED, {})
    if mark not in refused:
        try:
            return recognise(provider, claims, address(), now)
        except Refused as refusal:
            # Kept, so that one visit to the provider is one refusal, however often this runs.
            refused[mark] = str(refusal)
    show_error(refused[mark])
    return None
