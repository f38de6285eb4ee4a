"""Rows of quarters whose frame is frozen: they are stored, and no sample of that audit can reach them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Audit, AuditFrame
from services.identity.organisation import UnitInfo
from services.regulation.periods import Month, Quarter

ByMonth = Mapping[tuple[int, str], int]
"""How many rows a unit has in a month (``YYYY-MM``)."""


@dataclass(frozen=True)
class LateRows:
    """Rows of one unit and a quarter that its audit has frozen (7.1.1)."""

    unit: str
    quarter: Quarter
    rows: int

    @property
    def sentence(self) -> str:
        """What becomes of them."""
        return f"{self.unit} {self.quarter.label}已凍結，{self.rows:,} 筆不列入"


def late_rows(db: Session, counted: ByMonth, units: Iterable[UnitInfo]) -> tuple[LateRows, ...]:
    """Return which of the rows counted come too late for their unit's audit, by unit and quarter."""
    by_quarter = Counter[tuple[int, Quarter]]()
    for (unit_id, month), rows in counted.items():
        by_quarter[unit_id, Quarter.of(Month.parse(month).first_day)] += rows
    frozen = select(Audit.unit_id, Audit.period).where(
        # A unit's audit by its quarter; an agency's half-year and spot checks have frames of their own.
        Audit.kind == "unit",
        Audit.unit_id.in_({unit_id for unit_id, _ in by_quarter}),
        Audit.id.in_(select(AuditFrame.audit_id)),
    )
    known = {(unit_id, period) for unit_id, period in db.execute(frozen)}
    names = {unit.id: unit.label for unit in units}
    return tuple(
        LateRows(names[unit_id], quarter, rows)
        for (unit_id, quarter), rows in sorted(
            by_quarter.items(), key=lambda entry: (entry[0][1].first_day, entry[0][0])
        )
        if (unit_id, str(quarter)) in known
    )
