"""Time-based codes (RFC 6238): the secret of an authenticator app, its codes and its QR code."""

from dataclasses import dataclass, field
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE = 1
"""Steps that a code may be early or late: clocks differ and typing takes time."""
ISSUER = "地籍資料使用管理系統"
"""What the authenticator app shows above the code."""


@dataclass(frozen=True)
class Enrolment:
    """A new secret on its way into somebody's app. Whoever holds this saw the secret being made."""

    account_id: int
    username: str
    secret: str = field(repr=False)

    @property
    def typed_secret(self) -> str:
        """The secret in groups of four, for whoever cannot take a picture of the QR code."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))

    @property
    def uri(self) -> str:
        """The secret as authenticator apps read it."""
        totp = pyotp.TOTP(self.secret, digits=DIGITS, interval=STEP_SECONDS)
        return totp.provisioning_uri(name=self.username, issuer_name=ISSUER)

    @property
    def qr_code(self) -> str:
        """The QR code of `uri` as an SVG; shown within the page, it never has an address."""
        # A screen takes no dirt: the lowest correction makes the largest modules.
        picture: str = segno.make(self.uri, error="l", micro=False).svg_inline(
            scale=5, border=4, dark="black", light="white"
        )
        return picture


def new_enrolment(account_id: int, username: str) -> Enrolment:
    """Return a fresh secret of 160 bits for somebody's app; nothing is stored."""
    return Enrolment(account_id, username, pyotp.random_base32(32))


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, within the tolerance, or None."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        # Every step is compared, so that the time taken tells nothing.
        if pyotp.utils.strings_equal(code, totp.generate_otp(step)):
            found = step
    return found
