"""Units with their agencies, as choices and look-ups everywhere need them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from data.engine import reading
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


def open_units() -> tuple[UnitInfo, ...]:
    """Return the units that people can apply for: no secret, and shown before anybody signs in."""
    with reading() as db:
        return _units(db, Unit.active, Agency.active)


def units_within(db: Session, reached: Reach, open_only: bool = False) -> tuple[UnitInfo, ...]:
    """Return every unit within ``reached``, or those in use, by the codes of agency and unit."""
    where = within(reached, unit=Unit.id, agency=Unit.agency_id)
    return _units(db, where, *((Unit.active, Agency.active) if open_only else ()))


def _units(
    db: Session, *where: ColumnElement[bool] | InstrumentedAttribute[bool]
) -> tuple[UnitInfo, ...]:
    rows = db.execute(
        select(Unit.id, Unit.code, Unit.name, Agency.id, Agency.code, Agency.name)
        .join(Agency, Agency.id == Unit.agency_id)
        .where(*where)
        .order_by(Agency.code, Unit.code)
    )
    return tuple(UnitInfo(*row) for row in rows)
