"""What an account's holder signs in with, taken away together with the account (clauses 5.3, 6.2).

A cancelled account's row is taken up again when somebody applies with the same number. What the
former holder had at the city's identity provider, on the phone or in the mailbox must not open it.
"""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from data.models import Account, ExternalIdentity, SecondFactor
from services import events
from services.actor import Actor
from services.events import EventType
from services.identity.passwords import void_links
from services.identity.recovery import discard_codes


def forget_credentials(db: Session, person: Actor, account: Account, why: str) -> None:
    """Take the provider's tie, the second factor, recovery codes and open links of an account away.

    In the transaction of the caller, who has checked the right and ended the sessions. The passwords
    of before stay: nothing opens with them, and none of them may be chosen again.
    """
    bound = delete(ExternalIdentity).where(ExternalIdentity.account_id == account.id)
    subject = db.scalar(bound.returning(ExternalIdentity.subject))
    factor = delete(SecondFactor).where(SecondFactor.account_id == account.id)
    had_factor = db.scalar(factor.returning(SecondFactor.account_id)) is not None
    discard_codes(db, account.id)
    void_links(db, account.id, person.now)
    about = ("account", account.id)
    if subject is not None:
        released = EventType.IDENTITY_RELEASED
        events.write(db, person, released, about=about, subject=subject, reason=why)
    if had_factor:
        events.write(db, person, EventType.SECOND_FACTOR_REMOVED, about=about, reason=why)
