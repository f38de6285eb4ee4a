"""Which account a user of another system probably is: proposed with the reason, tied by a person (clause 9)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import literal, select
from sqlalchemy.orm import Session, selectinload

from data.engine import reading
from data.models import Account, SourceUser, Unit, UsageRecord
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.roles import AccountStatus
from services.usage.importing.text import match_key

_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Match:
    """A user of another system without an account, and the account proposed for them."""

    user_code: str
    user_name: str
    account_id: int
    account_label: str
    why: str
    name_differs: bool
    """Whether both have a name and not the same one: the person has to look closer."""


@guarded(Action.IMPORT_USAGE)
def propose_matches(actor: Actor, source_id: int) -> list[Match]:
    """Return the accounts that untied users of a source probably are, by code.

    The code is a user name or a staff number here, or the name is that of one person alone in the agency
    in which the user was seen last. Where two accounts or two users would do, or the account
    of that name is tied already, nothing is proposed.
    Cancelled accounts are nobody's.
    """
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        users = db.scalars(
            select(SourceUser)
            .where(SourceUser.source_id == source_id, SourceUser.account_id.is_(None))
            .order_by(SourceUser.user_code)
        ).all()
        accounts = db.scalars(
            select(Account)
            .where(Account.status != AccountStatus.CANCELLED.value)
            .options(selectinload(Account.unit).selectinload(Unit.agency))
        ).all()
        return list(_matches(db, source_id, users, accounts))


def _matches(
    db: Session, source_id: int, users: Sequence[SourceUser], accounts: Sequence[Account]
) -> Iterable[Match]:
    by_code = _by_code(users, accounts)
    tied = set(
        db.scalars(
            select(SourceUser.account_id).where(
                SourceUser.source_id == source_id, SourceUser.account_id.is_not(None)
            )
        )
    )
    by_name = _by_name(
        db,
        source_id,
        [user for user in users if user.user_code not in by_code],
        [account for account in accounts if account.id not in tied],
    )
    for user in users:
        found = by_code.get(user.user_code) or by_name.get(user.user_code)
        if found:
            account, why = found
            yield Match(
                user_code=user.user_code,
                user_name=user.name,
                account_id=account.id,
                account_label=f"{account.unit.agency.name} {account.unit.name} "
                f"{account.name}（{account.username}）",
                why=why,
                name_differs=bool(user.name) and match_key(user.name) != match_key(account.name),
            )


def _by_code(
    users: Sequence[SourceUser], accounts: Sequence[Account]
) -> dict[str, tuple[Account, str]]:
    """Return whom the code names; where it is one account's name and another's number, the name decides."""
    found: defaultdict[str, list[tuple[Account, str]]] = defaultdict(list)
    for account in accounts:
        found[account.username.casefold()].append((account, "代號與帳號相同"))
        if account.staff_no.casefold() != account.username.casefold():
            found[account.staff_no.casefold()].append((account, "代號與員工編號相同"))
    by_code = {}
    for user in users:
        all_of_them = found.get(user.user_code.casefold(), [])
        if len(all_of_them) > 1:
            key = match_key(user.name)
            all_of_them = [one for one in all_of_them if key and match_key(one[0].name) == key]
        if len(all_of_them) == 1:
            by_code[user.user_code] = all_of_them[0]
    return by_code


def _by_name(
    db: Session, source_id: int, users: Sequence[SourceUser], accounts: Sequence[Account]
) -> dict[str, tuple[Account, str]]:
    """Return whom the name names, where one user and one account of one agency have it."""
    of_account: defaultdict[tuple[int, str], list[Account]] = defaultdict(list)
    for account in accounts:
        of_account[account.unit.agency_id, match_key(account.name)].append(account)
    names = {name for _, name in of_account}
    asked = [user for user in users if user.name and match_key(user.name) in names]
    agency = _agencies(db, source_id, [user.user_code for user in asked])
    of_user: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for user in asked:
        if (agency_id := agency.get(user.user_code)) is not None:
            of_user[agency_id, match_key(user.name)].append(user.user_code)
    return {
        codes[0]: (of_account[place][0], "同機關的同姓名者只有一位")
        for place, codes in of_user.items()
        if len(codes) == 1 and len(of_account[place]) == 1
    }


def _agencies(db: Session, source_id: int, codes: Sequence[str]) -> dict[str, int]:
    """Return the agency in which each user of a source was seen last."""
    seen_last = (
        select(UsageRecord.agency_id)
        .where(UsageRecord.person_key == literal(f"S{source_id}:") + SourceUser.user_code)
        .order_by(UsageRecord.occurred_at.desc(), UsageRecord.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found: dict[str, int] = {}
    for start in range(0, len(codes), _ASKED_AT_ONCE):
        rows = db.execute(
            select(SourceUser.user_code, seen_last).where(
                SourceUser.source_id == source_id,
                SourceUser.user_code.in_(codes[start : start + _ASKED_AT_ONCE]),
            )
        )
        found |= {code: agency_id for code, agency_id in rows if agency_id is not None}
    return found
