"""Reads the register of one parcel or building; called only after the usage record is committed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import (
    BuildingDescription,
    LandDescription,
    OtherRight,
    Ownership,
    Property,
)
from services.cadastre.numbers import Kind, written
from services.parcels.masking import masked_identity
from services.regulation.items import Item

Rows = tuple[tuple[str, ...], ...]

_FACTS = ("項目", "內容")
_OWNERS = ("登記次序", "所有權人", "統一編號", "住址", "權利範圍", "登記日期", "登記原因")
_RIGHTS = ("登記次序", "權利種類", "權利人", "擔保債權總金額", "清償日期", "登記日期")


@dataclass(frozen=True)
class Block:
    """What the register says about one item; no rows means that nothing is registered."""

    item: Item
    columns: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True)
class Sheet:
    """The blocks of one property, and the day the land office transferred them (clause 8)."""

    transferred_on: date
    blocks: tuple[Block, ...]


def read_register(
    db: Session, section_code: str, kind: Kind, number: str, items: tuple[Item, ...]
) -> Sheet | None:
    """Return what the register holds, or None when there is no such parcel or building."""
    found = db.scalar(
        select(Property).where(
            Property.section_code == section_code,
            Property.kind == kind.value,
            Property.number == number,
        )
    )
    if found is None:
        return None
    return Sheet(found.transferred_on, tuple(_block(db, found, item) for item in items))


def _block(db: Session, found: Property, item: Item) -> Block:
    match item:
        case Item.LAND_DESCRIPTION:
            return Block(item, _FACTS, _land(db.get(LandDescription, found.id)))
        case Item.BUILDING_DESCRIPTION:
            return Block(item, _FACTS, _building(db.get(BuildingDescription, found.id)))
        case Item.LAND_OWNERSHIP | Item.BUILDING_OWNERSHIP:
            return Block(item, _OWNERS, _owners(db, found.id))
        case Item.LAND_OTHER_RIGHTS | Item.BUILDING_OTHER_RIGHTS:
            return Block(item, _RIGHTS, _rights(db, found.id))
        case _:
            raise ValueError(f"{item} is no part of a property's register")


def _land(row: LandDescription | None) -> Rows:
    if row is None:
        return ()
    return (
        ("面積", f"{row.area_m2:,.2f} 平方公尺"),
        ("使用分區", row.zoning),
        (
            "公告土地現值",
            f"{_year_month(row.value_year_month)} 每平方公尺 {row.announced_value:,} 元",
        ),
        ("公告地價", f"每平方公尺 {row.announced_price:,} 元"),
        ("登記日期", register_date(row.registered_on)),
        ("登記原因", row.cause),
    )


def _building(row: BuildingDescription | None) -> Rows:
    if row is None:
        return ()
    return (
        ("建物門牌", row.address),
        ("坐落地號", written(Kind.LAND, row.land_number)),
        ("主要用途", row.main_use),
        ("主要建材", row.structure),
        ("層數", f"{row.floors} 層"),
        ("總面積", f"{row.area_m2:,.2f} 平方公尺"),
        ("建築完成日期", register_date(row.completed_on)),
        ("登記日期", register_date(row.registered_on)),
        ("登記原因", row.cause),
    )


def _owners(db: Session, property_id: int) -> Rows:
    owners = db.scalars(
        select(Ownership).where(Ownership.property_id == property_id).order_by(Ownership.sequence)
    )
    return tuple(
        (
            row.sequence,
            row.owner_name,
            masked_identity(row.owner_identity),
            row.owner_address,
            _share(row.share_numerator, row.share_denominator),
            register_date(row.registered_on),
            row.cause,
        )
        for row in owners
    )


def _rights(db: Session, property_id: int) -> Rows:
    rights = db.scalars(
        select(OtherRight)
        .where(OtherRight.property_id == property_id)
        .order_by(OtherRight.sequence)
    )
    return tuple(
        (
            row.sequence,
            row.right_kind,
            row.holder_name,
            f"{row.secured_amount:,} 元" if row.secured_amount else "",
            register_date(row.expires_on),
            register_date(row.registered_on),
        )
        for row in rights
    )


def register_date(text: str) -> str:
    """Return a register date (ROC ``YYYMMDD``) as ``113年5月22日``; anything else as it stands."""
    if len(text) != 7 or not (text.isascii() and text.isdigit()):
        return text
    return f"{int(text[:3])}年{int(text[3:5])}月{int(text[5:])}日"


def _year_month(text: str) -> str:
    if len(text) != 5 or not (text.isascii() and text.isdigit()):
        return text
    return f"{int(text[:3])}年{int(text[3:])}月"


def _share(numerator: int, denominator: int) -> str:
    return "全部" if numerator == denominator else f"{denominator:,}分之{numerator:,}"
