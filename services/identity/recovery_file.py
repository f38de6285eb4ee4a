"""The recovery codes as a file for their owner: every time on record, never a code in the record (附表十)."""

from datetime import datetime

from sqlalchemy.orm import Session

from data.engine import transaction
from services import events
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.entering import Entering, Step, step_left
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.totp import ISSUER
from services.installation import holding
from services.rocdate import roc_date


def codes_file(entering: Entering, codes: tuple[str, ...], address: str, now: datetime) -> bytes:
    """Return the codes of somebody on the way in, who has just set the second factor up.

    Raises Conflict when that was too long ago, or is not this person's step.
    """
    holding.refuse_while_held()
    with transaction() as db:
        if step_left(db, entering, now) is not Step.CODE:
            raise Conflict("目前不能下載復原碼；請從頭再登入一次。")
        account = load_account(db, entering.account_id)
        assert account is not None  # step_left has just read it
        return _hand(db, as_actor(account, now, address=address), codes)


@guarded(Action.MANAGE_OWN_SIGN_IN)
def own_codes_file(actor: Actor, codes: tuple[str, ...]) -> bytes:
    """Return the codes that a signed-in person has just been given; as `codes_file`."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    with transaction() as db:
        return _hand(db, actor, codes)


def _hand(db: Session, person: Actor, codes: tuple[str, ...]) -> bytes:
    events.write(db, person, EventType.RECOVERY_CODES_SAVED, about=("account", person.account_id))
    lines = [
        f"{ISSUER}　復原碼",
        f"帳號：{person.username}　產生日期：{roc_date(person.today)}",
        "每組只能用一次；產生新的一組後，這一份即失效。請勿交給他人。",
        "",
        *(f"{number:>2}. {code}" for number, code in enumerate(codes, 1)),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()
