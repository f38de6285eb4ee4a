"""Whose password is checked: the one account that asks, in the form the sign-in library reads."""

from typing import Any

import bcrypt
from sqlalchemy import select

from data.engine import reading
from data.models import Account
from services.identity.lockout import typed_name
from services.regulation.roles import AccountStatus

PASSWORD_MAX_BYTES = 72
"""bcrypt reads no further and its library refuses longer input."""
_DUMMY_HASH = b"$2b$12$CwTycUXWue0Thq9StjUM0uJ8V9n5BL6BdXG8IvmPVh6NFdX5Q8aQi"
"""As costly as the hashes of `services.identity.passwords`."""


def typed_password(password: str) -> str:
    """Return the password that counts: the sign-in library takes the blanks around it away.

    Whoever hashes, measures or compares a password does it with this one.
    """
    return password.strip()


def find_credentials(username: str, password: str) -> dict[str, Any]:
    """Return the sign-in library's credentials of the one account called ``username``.

    A suspended one counts: its holder signs in only to apply for reinstatement, and never gets a
    session (`Step.REINSTATE`). For an unknown or cancelled name, an over-long or empty password, the same bcrypt work is done
    and nothing is returned, so that neither time nor answer tells which names exist. The attempt has
    been counted before (`lockout.take`).
    """
    password = typed_password(password)
    with reading() as db:
        account = db.scalar(select(Account).where(Account.username == typed_name(username)))
    too_long = len(password.encode()) > PASSWORD_MAX_BYTES
    closed = account is None or account.status == AccountStatus.CANCELLED
    if account is None or closed or too_long or not password:
        bcrypt.checkpw(password.encode()[:PASSWORD_MAX_BYTES] or b"-", _DUMMY_HASH)
        return {"usernames": {}}
    return credentials_of(account)


def credentials_of(account: Account) -> dict[str, Any]:
    """Return ``account`` in the form that streamlit-authenticator reads."""
    return {
        "usernames": {
            account.username: {
                "email": account.email,
                "name": account.name,
                "password": account.password_hash,
            }
        }
    }
