"""The land register as the land offices transfer it (clause 8): sections, parcels, buildings, rights."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class Section(Base):
    """A section (地段); the key is the land office and four digits, ``AD0609``."""

    __tablename__ = "sections"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    office: Mapped[str] = mapped_column(String(2), index=True)
    district: Mapped[str] = mapped_column(String(10), index=True)
    name: Mapped[str] = mapped_column(String(40), index=True)


class Property(Base):
    """A parcel (``land``) or a building (``building``); number is 4+4 or 5+3 digits."""

    __tablename__ = "properties"
    __table_args__ = (UniqueConstraint("section_code", "kind", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    section_code: Mapped[str] = mapped_column(ForeignKey("sections.code"))
    kind: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(8))
    transferred_on: Mapped[date]


class LandDescription(Base):
    """土地標示部."""

    __tablename__ = "land_descriptions"

    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"), primary_key=True)
    registered_on: Mapped[str] = mapped_column(String(7))
    cause: Mapped[str] = mapped_column(String(20))
    area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    zoning: Mapped[str] = mapped_column(String(40))
    announced_value: Mapped[int]
    announced_price: Mapped[int]
    value_year_month: Mapped[str] = mapped_column(String(5))


class BuildingDescription(Base):
    """建物標示部."""

    __tablename__ = "building_descriptions"

    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"), primary_key=True)
    registered_on: Mapped[str] = mapped_column(String(7))
    cause: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(120))
    land_number: Mapped[str] = mapped_column(String(8))
    main_use: Mapped[str] = mapped_column(String(40))
    structure: Mapped[str] = mapped_column(String(40))
    floors: Mapped[int]
    area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    completed_on: Mapped[str] = mapped_column(String(7))


class Ownership(Base):
    """土地所有權部 and 建物所有權部."""

    __tablename__ = "ownerships"
    __table_args__ = (UniqueConstraint("property_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    sequence: Mapped[str] = mapped_column(String(4))
    registered_on: Mapped[str] = mapped_column(String(7))
    cause: Mapped[str] = mapped_column(String(20))
    owner_name: Mapped[str] = mapped_column(String(60))
    owner_identity: Mapped[str] = mapped_column(String(10), index=True)
    owner_address: Mapped[str] = mapped_column(String(120))
    share_numerator: Mapped[int]
    share_denominator: Mapped[int]


class OtherRight(Base):
    """土地他項權利部 and 建物他項權利部."""

    __tablename__ = "other_rights"
    __table_args__ = (UniqueConstraint("property_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    sequence: Mapped[str] = mapped_column(String(7))
    registered_on: Mapped[str] = mapped_column(String(7))
    right_kind: Mapped[str] = mapped_column(String(20))
    holder_name: Mapped[str] = mapped_column(String(60))
    secured_amount: Mapped[int]
    expires_on: Mapped[str] = mapped_column(String(7), default="")
