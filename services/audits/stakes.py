"""Who has a stake in which records of an audit, as accounts and duties say now (domain.md §7.3)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Audit, SourceUser, Unit, UsageRecord
from services.actor import Actor
from services.audits.signatures import capacities, capacity_of
from services.errors import Refused
from services.identity.terms import held_at
from services.regulation.audit_kinds import AuditKind
from services.regulation.roles import AccountStatus, Role
from services.regulation.stake import NO_STANDING, Standing, goes_to, may_judge, named


@dataclass(frozen=True)
class Stakes:
    """Who stands how in the audited unit and agency: what accounts hold, and whose the records are."""

    kind: AuditKind
    held: Mapping[int, Standing]
    """What each account holds itself: in that it judges."""
    people: Mapping[int, frozenset[str]]
    """The person keys that the records of each account's person bear, whatever account they came by."""
    standing: Mapping[str, Standing] = field(init=False)
    """How the person behind a person key stands, over all of their accounts."""

    def __post_init__(self) -> None:
        standing: dict[str, Standing] = {}
        for account, capacities_ in self.held.items():
            for key in self.people[account]:
                standing[key] = standing.get(key, NO_STANDING) | capacities_
        object.__setattr__(self, "standing", standing)

    def goes_to(self, whose: str) -> str:
        """Say who judges somebody's records instead of those who conduct the audit; empty where they do."""
        return goes_to(self.kind, self.standing.get(whose, NO_STANDING))

    def own(self, judge: int | None, whose: str) -> bool:
        """Whether records are the judge's own."""
        return judge is not None and whose in self.people.get(judge, ())

    def may(self, judge: int | None, whose: str) -> bool:
        """Whether an account may judge somebody's records."""
        if judge is None or self.own(judge, whose):
            return False
        held = self.held.get(judge, NO_STANDING)
        return may_judge(self.kind, self.standing.get(whose, NO_STANDING), held)

    def why_not(self, judge: int | None, whose: str, record: int) -> str | None:
        """Return the sentence that says why an account does not judge a record; None where it may."""
        instead = self.goes_to(whose)
        if self.own(judge, whose):
            other = instead or "請由其他稽核人員判定"
            return f"紀錄 {record} 是您自己的使用紀錄，不能由本人判定；{other}。"
        if self.may(judge, whose):
            return None
        if instead:
            who = named(self.kind, self.standing[whose])
            not_here = "，不由本單位的主管或稽核人員判定" if self.kind.of_unit else ""
            return f"紀錄 {record} 是{who}的使用紀錄，{instead}{not_here}。"
        return f"紀錄 {record} 由{self.kind.conductors}判定；您只判定依規定迴避的紀錄。"


def stakes_of(db: Session, audit: Audit, now: datetime, actor: Actor | None = None) -> Stakes:
    """Return who stands how towards an audit at a moment; ``actor`` as they have come in.

    An account that is cancelled is nobody's any more: what it was does not count, its records do.
    """
    held: defaultdict[int, Standing] = defaultdict(frozenset)
    in_use = Account.status != AccountStatus.CANCELLED
    for account in db.scalars(
        select(Account.id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.role == Role.AGENCY_MANAGER, Unit.agency_id == audit.agency_id, in_use)
    ):
        held[account] |= {Role.AGENCY_MANAGER}
    here = [AccountDuty.agency_id == audit.agency_id]
    if audit.unit_id is not None:
        here.append(AccountDuty.unit_id == audit.unit_id)
    for account, duty in db.execute(
        select(AccountDuty.account_id, AccountDuty.duty)
        .join(Account, Account.id == AccountDuty.account_id)
        .where(or_(*here), held_at(now), in_use)
    ):
        held[account] |= {capacity_of(duty)}
    if actor is not None and actor.account_id is not None:
        held[actor.account_id] = frozenset(capacities(actor, audit))
    return Stakes(AuditKind(audit.kind), held, people_of(db, held))


def people_of(db: Session, accounts: Collection[int]) -> dict[int, frozenset[str]]:
    """Return by account the person keys of the person behind it (domain.md §7.2).

    Accounts with the same staff number are one person's, and so are the users of other systems that are tied
    to one of them. (What they did there before somebody tied them has no account.)
    """
    numbers: dict[int, str] = dict(
        db.execute(
            select(Account.id, func.lower(Account.staff_no)).where(Account.id.in_(accounts))
        ).all()
    )
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for number, account, source, code in db.execute(
        select(func.lower(Account.staff_no), Account.id, SourceUser.source_id, SourceUser.user_code)
        .outerjoin(SourceUser, SourceUser.account_id == Account.id)
        .where(func.lower(Account.staff_no).in_(set(numbers.values())))
    ):
        keys[number].add(str(account))
        if code is not None:
            keys[number].add(f"S{source}:{code}")
    return {one: frozenset(keys[number]) for one, number in numbers.items()}


def users_of(db: Session, records: Collection[int]) -> dict[int, str]:
    """Return the person key of each record, in the given order."""
    asked = select(UsageRecord.id, UsageRecord.person_key).where(UsageRecord.id.in_(records))
    found = dict(db.execute(asked).all())
    return {record: found[record] for record in records if record in found}


def require_no_stake(db: Session, actor: Actor, audit: Audit, records: Collection[int]) -> None:
    """Raise Refused, naming who judges it, for a record of the audit that ``actor`` may not judge."""
    stakes = stakes_of(db, audit, actor.now, actor)
    for record, whose in users_of(db, sorted(records)).items():
        if why := stakes.why_not(actor.account_id, whose, record):
            raise Refused(why)
