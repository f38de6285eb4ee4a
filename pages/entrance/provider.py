"""Sign-in by the city's own identity provider, where one is configured."""

from pages.shared.session import Clock
from services.identity.entering import Entering


def provider_screen(clock: Clock) -> Entering | None:
    """Return whom the provider has just recognised; shows nothing while none is configured."""
    return None
