"""Users of other systems and the accounts here that they are tied to (clause 9).

A claim holds for what is imported afterwards; records already stored keep the person written on
them at the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from data.engine import reading, transaction
from data.models import Account, SourceUser, Unit, UsageSource
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.usage.importing.text import clean, short

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class SourceUserInfo:
    """A user of another system, with the account that was claimed for them."""

    source_id: int
    source_name: str
    user_code: str
    name: str
    account_id: int | None
    account_label: str

    @property
    def label(self) -> str:
        """姓名（代號）, or the code alone."""
        return f"{self.name}（{self.user_code}）" if self.name else self.user_code


@dataclass(frozen=True)
class AccountChoice:
    """An account that a user of another system can be tied to."""

    id: int
    label: str


@guarded(Action.IMPORT_USAGE)
def list_source_users(actor: Actor, source_id: int) -> list[SourceUserInfo]:
    """Return the users of one source, by code."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        rows = db.execute(
            select(SourceUser, UsageSource.name, Account)
            .join(UsageSource, SourceUser.source_id == UsageSource.id)
            .outerjoin(Account, SourceUser.account_id == Account.id)
            .where(SourceUser.source_id == source_id)
            .order_by(SourceUser.user_code)
        )
        return [
            SourceUserInfo(
                source_id=user.source_id,
                source_name=source_name,
                user_code=user.user_code,
                name=user.name,
                account_id=user.account_id,
                account_label=f"{account.name}（{account.username}）" if account else "",
            )
            for user, source_name, account in rows
        ]


@guarded(Action.IMPORT_USAGE)
def list_accounts(actor: Actor) -> list[AccountChoice]:
    """Return every account that can be claimed, by agency, unit and name."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        accounts = db.scalars(
            select(Account).options(selectinload(Account.unit).selectinload(Unit.agency))
        ).all()
        labels = [
            (a.unit.agency.name, a.unit.name, f"{a.name}（{a.username}）", a.id) for a in accounts
        ]
    return [AccountChoice(row[3], " ".join(row[:3])) for row in sorted(labels)]


@guarded(Action.IMPORT_USAGE)
def claim_source_user(actor: Actor, source_id: int, user_code: str, account_id: int | None) -> None:
    """Tie a user of another system to an account, or to none again."""
    permit(actor, Action.IMPORT_USAGE)
    with transaction() as db:
        _claim(db, actor, source_id, user_code, account_id)


@guarded(Action.IMPORT_USAGE)
def claim_source_users(actor: Actor, source_id: int, claims: Mapping[str, int]) -> None:
    """Tie several users of another system to an account each: all of them, or none.

    Raises Invalid for none or more than `MOST_AT_ONCE`, Conflict when one has been tied meanwhile.
    """
    permit(actor, Action.IMPORT_USAGE)
    if not 1 <= len(claims) <= MOST_AT_ONCE:
        raise Invalid(f"請選擇 1 至 {MOST_AT_ONCE} 位使用者，目前 {len(claims):,} 位。")
    with transaction() as db:
        for user_code, account_id in sorted(claims.items()):
            before = _claim(db, actor, source_id, user_code, account_id)
            if before is not None:
                raise Conflict(
                    f"「{short(user_code)}」剛才已對應到別的帳號，這次沒有對應任何一位；請重新整理後再選。"
                )


def _claim(
    db: Session, actor: Actor, source_id: int, user_code: str, account_id: int | None
) -> int | None:
    """Tie one user, with its event, and return the account it was tied to before."""
    user = db.get(SourceUser, (source_id, clean(user_code)), with_for_update=True)
    if user is None:
        raise NotFound("找不到這個外部系統的使用者；請重新整理後再選。")
    account = None if account_id is None else db.get(Account, account_id)
    if account is None and account_id is not None:
        raise NotFound("找不到這個帳號；請重新整理後再選。")
    if user.account_id == account_id:
        raise Conflict("這位使用者已經是這個對應，沒有變動。")
    before, user.account_id = user.account_id, account_id
    events.write(
        db,
        actor,
        EventType.SOURCE_USER_CLAIMED,
        about=("source_user", f"{source_id}:{user_code}"),
        account_id=account_id,
        before=before,
    )
    return before
