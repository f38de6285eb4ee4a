"""People of the demo city acting on a day that is past."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from data.engine import reading
from data.models import Account, Audit
from services.actor import Actor
from services.audits.bulk import AT_ONCE
from services.audits.signing import content_now
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.identity.people import as_actor, load_account


def acting(account_id: int, when: datetime) -> Actor:
    """Return somebody of the city as they act at ``when``."""
    return as_actor(_account(account_id), when)


@cache
def _account(account_id: int) -> Account:
    """Nobody's account changes while the audits of a load are made, and most people act many times."""
    with reading() as db:
        account = load_account(db, account_id)
        assert account is not None  # written by the same load
        return account


def meet_anew() -> None:
    """Forget who acted in an earlier load of this process."""
    _account.cache_clear()


def content_of(audit_id: int) -> str:
    """Return the hash of what an audit holds, which its page would show and a signature names."""
    with reading() as db:
        return content_now(db, db.get_one(Audit, audit_id))


def rule(
    judge_: Actor, audit_id: int, records: Sequence[int], ruling: Ruling, note: str = ""
) -> None:
    """Judge records nobody judged yet, so few at once that none counts as judged in bulk."""
    for start in range(0, len(records), AT_ONCE):
        some = records[start : start + AT_ONCE]
        judge(judge_, audit_id, dict.fromkeys(some, 0), ruling, note)
