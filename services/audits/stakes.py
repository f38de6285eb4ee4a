"""Who has a stake in which records of an audit, as accounts and duties say now (domain.md §7.3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Audit, Unit, UsageRecord
from services.actor import Actor
from services.audits.signatures import capacities, capacity_of
from services.errors import Refused
from services.identity.terms import held_at
from services.regulation.audit_kinds import AuditKind, Capacity
from services.regulation.roles import AccountStatus, Role
from services.regulation.stake import NO_STANDING, Standing, goes_to, may_judge, named


@dataclass(frozen=True)
class Stakes:
    """Who stands how in the audited unit and agency, by account."""

    kind: AuditKind
    standing: Mapping[int, Standing]

    def goes_to(self, whose: int | None) -> str:
        """Say who judges the records of an account instead of those who conduct the audit; empty where they do."""
        return goes_to(self.kind, self._of(whose))

    def own(self, judge: int | None, whose: int | None) -> bool:
        """Whether the records of one account are the judge's own."""
        return judge is not None and judge == whose

    def may(self, judge: int | None, whose: int | None) -> bool:
        """Whether one account may judge the records of another, or of somebody without one."""
        may = may_judge(self.kind, self._of(whose), self._of(judge))
        return may and not self.own(judge, whose)

    def why_not(self, judge: int | None, whose: int | None, record: int) -> str | None:
        """Return the sentence that says why an account does not judge a record; None where it may."""
        instead = self.goes_to(whose)
        if self.own(judge, whose):
            other = instead or "請由其他稽核人員判定"
            return f"紀錄 {record} 是您自己的使用紀錄，不能由本人判定；{other}。"
        if self.may(judge, whose):
            return None
        if instead:
            who = named(self.kind, self._of(whose))
            not_here = "，不由本單位的主管或稽核人員判定" if self.kind.of_unit else ""
            return f"紀錄 {record} 是{who}的使用紀錄，{instead}{not_here}。"
        return f"紀錄 {record} 由{self.kind.conductors}判定；您只判定依規定迴避的紀錄。"

    def _of(self, account: int | None) -> Standing:
        return NO_STANDING if account is None else self.standing.get(account, NO_STANDING)


def stakes_of(db: Session, audit: Audit, now: datetime, actor: Actor | None = None) -> Stakes:
    """Return who stands how towards an audit at a moment; ``actor`` as they have come in.

    An account that is cancelled is nobody's any more: what it was does not count.
    """
    found: dict[int, Standing] = {}

    def add(account: int, capacity: Capacity) -> None:
        found[account] = found.get(account, NO_STANDING) | {capacity}

    in_use = Account.status != AccountStatus.CANCELLED
    for account in db.scalars(
        select(Account.id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.role == Role.AGENCY_MANAGER, Unit.agency_id == audit.agency_id, in_use)
    ):
        add(account, Role.AGENCY_MANAGER)
    here = [AccountDuty.agency_id == audit.agency_id]
    if audit.unit_id is not None:
        here.append(AccountDuty.unit_id == audit.unit_id)
    for account, duty in db.execute(
        select(AccountDuty.account_id, AccountDuty.duty)
        .join(Account, Account.id == AccountDuty.account_id)
        .where(or_(*here), held_at(now), in_use)
    ):
        add(account, capacity_of(duty))
    stakes = Stakes(AuditKind(audit.kind), found)
    if actor is None or actor.account_id is None:
        return stakes
    own = frozenset(capacities(actor, audit))
    return replace(stakes, standing=found | {actor.account_id: own})


def users_of(db: Session, records: Collection[int]) -> dict[int, tuple[int | None, str]]:
    """Return whose each record is, in the given order: the account, if it is one's here, and the person key."""
    asked = select(UsageRecord.id, UsageRecord.account_id, UsageRecord.person_key)
    rows = db.execute(asked.where(UsageRecord.id.in_(records)))
    found = {record: (account, key) for record, account, key in rows}
    return {record: found[record] for record in records}


def require_no_stake(db: Session, actor: Actor, audit: Audit, records: Collection[int]) -> None:
    """Raise Refused, naming who judges it, for a record of the audit that ``actor`` may not judge."""
    stakes = stakes_of(db, audit, actor.now, actor)
    for record, (account, _) in users_of(db, sorted(records)).items():
        if why := stakes.why_not(actor.account_id, account, record):
            raise Refused(why)
