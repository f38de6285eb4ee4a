"""The posts of the demo city: which role and duties belong to each, and the usual sets of authorised items."""

from services.regulation.items import BUILDING_ITEMS, LAND_ITEMS, Item
from services.regulation.roles import Duty, Role

PROFILES: tuple[tuple[Item, ...], ...] = (
    (*LAND_ITEMS, *BUILDING_ITEMS),
    (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP),
    (*LAND_ITEMS, Item.CADASTRAL_MAP),
    (Item.LAND_DESCRIPTION, *BUILDING_ITEMS),
    (*LAND_ITEMS, *BUILDING_ITEMS, Item.OWNER_HOLDINGS),
)
"""The usual sets of authorised items."""
TOO_MANY: tuple[Item, ...] = tuple(Item)
USUAL = {
    "tax": (4, 0, 0, 3),
    "works": (0, 2, 2, 1),
    "plan": (0, 2, 3, 0),
    "land": (0, 2, 0, 4),
    "social": (1, 0, 3, 4),
}
TITLES = ("科員", "辦事員", "助理員", "股長", "專員", "約僱人員", "書記", "科員")
POSTS: dict[str, tuple[str, Role, tuple[tuple[Duty, str], ...]]] = {
    # post: title, role, duties with "unit", "agency" or "all"
    "clerk": ("科員", Role.GENERAL_USER, ()),
    "head": ("主任", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)),
    "auditor": ("股長", Role.GENERAL_USER, ()),  # appointed by the unit's head, like anybody's
    "unit_manager": ("專員", Role.UNIT_MANAGER, ()),
    "agency_manager": ("專員", Role.AGENCY_MANAGER, ()),
    "ethics": ("政風室主任", Role.GENERAL_USER, ((Duty.ETHICS_OFFICER, "agency"),)),
    "agency_head": ("首長", Role.GENERAL_USER, ((Duty.AGENCY_HEAD, "agency"),)),
    "reviewer": ("專員", Role.GENERAL_USER, ((Duty.BUREAU_REVIEWER, "all"),)),
    "system_manager": ("分析師", Role.SYSTEM_MANAGER, ()),
}
USER: tuple[Role, tuple[tuple[Duty, str], ...]] = (Role.GENERAL_USER, ())
FIXED_PLACES = {
    "TAX-DAAN": ("clerk", "head", "auditor", "unit_manager"),
    "TAX-LEGAL": ("agency_manager", "ethics", "agency_head"),
    "LAND-INFO": ("reviewer", "system_manager"),
}
