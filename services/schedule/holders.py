"""Who holds a role or duty where, as 姓名（帳號）: whoever has to do what is due."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Unit
from services.identity.terms import held_at
from services.regulation.roles import AccountStatus, Duty, Role


@dataclass(frozen=True)
class Holders:
    """The active holders by what they hold and where."""

    units: dict[tuple[str, int], list[str]]
    agencies: dict[tuple[str, int], list[str]]

    def of_unit(self, unit_id: int | None, *held: Role | Duty) -> str:
        """Name the holders in one unit; say so where there is none."""
        return _names(self.units, unit_id, held)

    def of_agency(self, agency_id: int, *held: Role | Duty) -> str:
        """Name the holders in one agency; say so where there is none."""
        return _names(self.agencies, agency_id, held)


def holders_now(db: Session, now: datetime) -> Holders:
    """Return who holds what at this moment; suspended and cancelled accounts hold nothing."""
    units: dict[tuple[str, int], list[str]] = defaultdict(list)
    agencies: dict[tuple[str, int], list[str]] = defaultdict(list)
    active = Account.status == AccountStatus.ACTIVE.value
    duties = db.execute(
        select(
            Account.name,
            Account.username,
            AccountDuty.duty,
            AccountDuty.unit_id,
            AccountDuty.agency_id,
        )
        .join(AccountDuty, AccountDuty.account_id == Account.id)
        .where(active, held_at(now))
        .order_by(Account.id)
    )
    for name, username, duty, unit_id, agency_id in duties:
        if unit_id is not None:
            units[duty, unit_id].append(f"{name}（{username}）")
        elif agency_id is not None:
            agencies[duty, agency_id].append(f"{name}（{username}）")
    managers = db.execute(
        select(Account.name, Account.username, Account.role, Unit.agency_id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(active, Account.role == Role.AGENCY_MANAGER.value)
        .order_by(Account.id)
    )
    for name, username, role, agency_id in managers:
        agencies[role, agency_id].append(f"{name}（{username}）")
    return Holders(units, agencies)


def _names(
    found: dict[tuple[str, int], list[str]], where: int | None, held: tuple[Role | Duty, ...]
) -> str:
    parts = []
    for one in held:
        there = found.get((one.value, where), []) if where is not None else []
        parts.append("、".join(there) or f"（尚無{one.label}）")
    return "、".join(dict.fromkeys(parts))
