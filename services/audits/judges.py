"""Who can judge the records of an audit: the holders of its action, as the permission table says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Audit, Unit
from services.audits.words import CONDUCT
from services.identity.permissions import RULES, Scope
from services.identity.terms import held_at
from services.regulation.audit_kinds import AuditKind
from services.regulation.roles import AccountStatus, Role


@dataclass(frozen=True)
class Judge:
    """Somebody who can judge records of an audit."""

    account_id: int
    label: str


def judges_of(db: Session, audit: Audit, now: datetime) -> list[Judge]:
    """Return the active people who conduct an audit of this kind and place, by account name."""
    rules = [rule for rule in RULES if rule.action is CONDUCT[AuditKind(audit.kind)]]
    conditions = [
        and_(
            Account.role == rule.holder.value,
            Account.unit_id == audit.unit_id
            if rule.scope is Scope.UNIT
            else Unit.agency_id == audit.agency_id,
        )
        if isinstance(rule.holder, Role)
        else Account.id.in_(
            select(AccountDuty.account_id).where(
                AccountDuty.duty == rule.holder.value,
                AccountDuty.unit_id == audit.unit_id
                if rule.scope is Scope.UNIT
                else AccountDuty.agency_id == audit.agency_id,
                held_at(now),
            )
        )
        for rule in rules
    ]
    rows = db.execute(
        select(Account.id, Account.name, Account.username)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.status == AccountStatus.ACTIVE, or_(*conditions))
        .order_by(Account.username)
    )
    return [Judge(one, f"{name}（{username}）") for one, name, username in rows]
