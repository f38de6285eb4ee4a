"""An invented register for two sections of every district: parcels, buildings, owners and rights."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from data.models import BuildingDescription, LandDescription, OtherRight, Ownership, Property
from services.cadastre.numbers import Kind, written
from services.demo import places
from services.demo.owners import Owner, Owners
from services.demo.sections import DISTRICTS, SectionRow
from services.parcels.masking import masked_identity


@dataclass(frozen=True)
class Site:
    """A parcel and a building to look up on it, as usage records name them."""

    section: SectionRow
    land_number: str
    land_target: str
    building_number: str
    building_target: str
    owner: str
    """The first owner's identity number as it is shown, masked."""


@dataclass
class Register:
    """Rows ready to be inserted, and the sites they make, in order of section and number."""

    properties: list[dict[str, Any]] = field(default_factory=list)
    lands: list[dict[str, Any]] = field(default_factory=list)
    buildings: list[dict[str, Any]] = field(default_factory=list)
    ownerships: list[dict[str, Any]] = field(default_factory=list)
    rights: list[dict[str, Any]] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


def write_register(
    db: Session, sections: list[SectionRow], owners: Owners, today: date, parcels: int
) -> list[Site]:
    """Store ``parcels`` parcels a section with their buildings and return where to look things up."""
    register = Register()
    chosen = [section for section in sections if section.name in places.SECTIONS]
    chosen.sort(key=lambda section: (DISTRICTS.index(section.district), section.code))
    for section in chosen:
        _Block(register, section, owners, today).fill(parcels)
    numbered = insert(Property).returning(Property.id, sort_by_parameter_order=True)
    ids = list(db.scalars(numbered, register.properties))
    for model, rows in (
        (LandDescription, register.lands),
        (BuildingDescription, register.buildings),
        (Ownership, register.ownerships),
        (OtherRight, register.rights),
    ):
        db.execute(insert(model), [row | {"property_id": ids[row["property_id"]]} for row in rows])
    return register.sites


class _Block:
    """The parcels of one section."""

    def __init__(
        self, register: Register, section: SectionRow, owners: Owners, today: date
    ) -> None:
        self.register, self.section, self.owners, self.today = register, section, owners, today
        self.random: Random = owners.random
        self.roc = today.year - 1911
        self.building_serial = self.random.randint(2, 60)

    def fill(self, parcels: int) -> None:
        main = 18
        for _ in range(parcels):
            # 18-1 of the first section stands in the manual, so every section begins at 18-1.
            self._parcel(f"{main:04d}{self.random.randint(0, 3) if main > 18 else 1:04d}")
            main += self.random.randint(1, 9)

    def _parcel(self, number: str) -> None:
        zone = self.random.choices([z for z, _ in places.ZONES], [w for _, w in places.ZONES])[0]
        built = zone not in places.PUBLIC and zone != "保護區" and self.random.random() < 0.75
        if number == "00180001":
            zone, built = "第三種住宅區", True
        land = self._property("land", number)
        value = self.random.randint(90, 620) * 1000
        self.register.lands.append(
            {
                "property_id": land,
                "registered_on": self._roc_day(64, 96),
                "cause": self.random.choice(places.LAND_CAUSES),
                "area_m2": Decimal(self.random.randint(4_000, 96_000)) / 100,
                "zoning": zone,
                "announced_value": value,
                "announced_price": value * self.random.randint(24, 34) // 100,
                "value_year_month": f"{self.roc}01",
            }
        )
        if built:
            self._building(land, number)
        else:
            owner = self.owners.city() if zone in places.PUBLIC else self.owners.person()
            self._owned(land, [owner], 1)
            # A site needs a building to look up: the neighbour's stands in, or one that is not there.
            self._add_site(number, max(1, self.building_serial - 1), owner)

    def _building(self, land: int, number: str) -> None:
        """Put a house of one to five floors on the parcel, a building number and owner a floor."""
        floors = self.random.choice((1, 1, 2, 4, 4, 5))
        owners = [self.owners.person() for _ in range(floors)]
        completed = self._roc_day(58, self.roc - 3)
        self._owned(land, owners, floors if floors < 3 else 10_000)
        road, house = places.ROADS[self.section.district], self.random.randint(1, 240)
        structure, use = self.random.choice(places.STRUCTURES), self.random.choice(places.USES)
        self._add_site(number, self.building_serial, owners[0])
        for floor, owner in enumerate(owners, 1):
            building = self._property("building", f"{self.building_serial:05d}000")
            label = f"{house}號" + (f"{_HAN[floor]}樓" if floors > 1 else "")
            self.register.buildings.append(
                {
                    "property_id": building,
                    "registered_on": _later(completed),
                    "cause": "第一次登記",
                    "address": f"臺北市{self.section.district}{road}{label}",
                    "land_number": number,
                    "main_use": self.random.choice(places.GROUND_FLOOR) if floor == 1 else use,
                    "structure": structure,
                    "floors": floors,
                    "area_m2": Decimal(self.random.randint(3_500, 16_500)) / 100,
                    "completed_on": completed,
                }
            )
            self._owned(building, [owner], 1, earliest=int(completed[:3]) + 2)
            self.building_serial += 1

    def _property(self, kind: str, number: str) -> int:
        """Add a property and return its place in the list; its id comes with the insert."""
        self.register.properties.append(
            {
                "section_code": self.section.code,
                "kind": kind,
                "number": number,
                "transferred_on": self.today,
            }
        )
        return len(self.register.properties) - 1

    def _owned(
        self, property_id: int, owners: list[Owner], denominator: int, earliest: int = 70
    ) -> None:
        """Give the property to ``owners``; what cannot be shared evenly goes to the first."""
        each = denominator // len(owners)
        since = self._roc_day(earliest, self.roc - 1)
        for sequence, (name, identity, address) in enumerate(owners, 1):
            share = each + (denominator - each * len(owners) if sequence == 1 else 0)
            self.register.ownerships.append(
                {
                    "property_id": property_id,
                    "sequence": f"{sequence:04d}",
                    "registered_on": since,
                    "cause": self.random.choice(
                        ("買賣", "買賣", "繼承", "贈與", "夫妻贈與", "第一次登記")
                    ),
                    "owner_name": name,
                    "owner_identity": identity,
                    "owner_address": address,
                    "share_numerator": share,
                    "share_denominator": denominator,
                }
            )
        if owners[0][1] and self.random.random() < 0.35:
            self._mortgage(property_id, since)

    def _mortgage(self, property_id: int, since: str) -> None:
        year = min(self.roc - 1, int(since[:3]) + self.random.randint(0, 6))
        self.register.rights.append(
            {
                "property_id": property_id,
                "sequence": "0001000",
                "registered_on": f"{year:03d}{since[3:]}",
                "right_kind": "最高限額抵押權",
                "holder_name": self.random.choice(places.BANKS),
                "secured_amount": self.random.randint(12, 240) * 120_000,
                "expires_on": f"{year + 30:03d}{since[3:]}",
            }
        )

    def _add_site(self, land: str, building_serial: int, owner: Owner) -> None:
        section, building = self.section.name, f"{building_serial:05d}000"
        self.register.sites.append(
            Site(
                self.section,
                land,
                section + written(Kind.LAND, land),
                building,
                section + written(Kind.BUILDING, building),
                masked_identity(owner[1]) or owner[0],
            )
        )

    def _roc_day(self, first_year: int, last_year: int) -> str:
        year = self.random.randint(first_year, max(first_year, last_year))
        return f"{year:03d}{self.random.randint(1, 12):02d}{self.random.randint(1, 28):02d}"


_HAN = "零一二三四五"


def _later(roc_day: str) -> str:
    """A house is registered the year after it was finished."""
    return f"{int(roc_day[:3]) + 1:03d}{roc_day[3:]}"
