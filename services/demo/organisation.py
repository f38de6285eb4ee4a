"""Stores the agencies and units of the demo city and says where each one stands."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.models import Agency, Unit
from services.demo.agencies import AGENCIES, SMALL_UNITS, AgencySpec, UnitSpec


@dataclass(frozen=True)
class PlacedUnit:
    """A unit as it stands in the database, beside what is known of it here."""

    spec: UnitSpec
    agency: AgencySpec
    unit_id: int
    agency_id: int
    is_seat: bool = False

    @property
    def letters(self) -> str:
        return self.spec.letters or self.agency.letters


def write_organisation(db: Session, small: bool) -> list[PlacedUnit]:
    """Store the agencies and units and return the units in the order of `AGENCIES`."""
    placed = []
    for spec in AGENCIES:
        units = [unit for unit in spec.units if not small or unit.code in SMALL_UNITS]
        if not units:
            continue
        agency = Agency(code=spec.code, name=spec.name, is_bureau=spec.code == "LAND")
        db.add(agency)
        db.flush()
        for unit_spec in units:
            unit = Unit(agency_id=agency.id, code=unit_spec.code, name=unit_spec.name)
            db.add(unit)
            db.flush()
            placed.append(
                PlacedUnit(unit_spec, spec, unit.id, agency.id, is_seat=unit_spec is units[0])
            )
    return placed
