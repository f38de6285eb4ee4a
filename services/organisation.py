"""Units with their agencies, as choices and look-ups everywhere need them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Agency, Unit
from services.identity.permissions import Reach
from services.identity.scoping import within


@dataclass(frozen=True)
class UnitInfo:
    """A unit with its agency."""

    id: int
    code: str
    name: str
    agency_id: int
    agency_code: str
    agency_name: str

    @property
    def label(self) -> str:
        return f"{self.agency_name} {self.name}"


def units_within(db: Session, reached: Reach) -> tuple[UnitInfo, ...]:
    """Return every unit within ``reached``, by the codes of agency and unit."""
    rows = db.execute(
        select(Unit.id, Unit.code, Unit.name, Agency.id, Agency.code, Agency.name)
        .join(Agency, Agency.id == Unit.agency_id)
        .where(within(reached, unit=Unit.id, agency=Unit.agency_id))
        .order_by(Agency.code, Unit.code)
    )
    return tuple(UnitInfo(*row) for row in rows)
