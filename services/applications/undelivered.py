"""A mail about an application that was given up: its history says who was not told (clauses 5.1.3, 5.2.3).

A step can rest on a mail: the notice of a suspended person's application counts as given once it waits
to be sent. Where it can never arrive, those concerned read so, and telephone.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Account, Application, OutgoingMail
from services.actor import Actor
from services.applications.store import write_act
from services.regulation.application_states import Act

NOTE = "寄給{whom}的「{subject}」無法送達；請改以電話等方式通知，並更正電子郵件。"


def note_undelivered(db: Session, actor: Actor, message: OutgoingMail) -> None:
    """Write into the history of the message's application that it was given up, in the caller's transaction."""
    if message.application_id is None:
        return
    application = db.get_one(
        Application, message.application_id, with_for_update={"key_share": True}
    )
    note = NOTE.format(whom=_whom(db, application, message), subject=message.subject)
    write_act(db, actor, application, Act.UNDELIVERED, note=note)


def _whom(db: Session, application: Application, message: OutgoingMail) -> str:
    """Name the person, never the address: the applicant reads this, too."""
    if message.recipient.lower() == application.email.lower():
        return application.name
    named = select(Account.name).where(func.lower(Account.email) == message.recipient.lower())
    return db.scalars(named.order_by(Account.id).limit(1)).first() or "收件人"
