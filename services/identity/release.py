"""Undoing the tie between an account and a person at the identity provider."""

from sqlalchemy import delete, select

from data.engine import transaction
from data.models import Account, ExternalIdentity
from services import events
from services.actor import Actor
from services.errors import Conflict, NotFound, Refused
from services.events import EventType
from services.identity.factor_removal import checked_reason
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.purpose import tidy


@guarded(Action.CHANGE_SETTINGS)
def release_identity(actor: Actor, username: str, reason: str) -> None:
    """Let the account called ``username`` be tied anew at the next sign-in by the provider.

    For an account at the provider that was made anew. Raises Refused for anybody but the operator,
    because whoever could do this could prepare an account for somebody else.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    why = checked_reason(reason)
    with transaction() as db:
        wanted = tidy(username).lower()
        account_id = db.scalar(select(Account.id).where(Account.username == wanted))
        if account_id is None:
            raise NotFound(f"查無帳號「{tidy(username)}」。")
        bound = db.scalar(
            delete(ExternalIdentity)
            .where(ExternalIdentity.account_id == account_id)
            .returning(ExternalIdentity.subject)
        )
        if bound is None:
            raise Conflict("這個帳號沒有綁定市府身分，不需要解除。")
        events.write(
            db,
            actor,
            EventType.IDENTITY_RELEASED,
            about=("account", account_id),
            subject=bound,
            reason=why,
        )
