"""What an account may query: the authorised items (授權項目), named as the Ministry's land data API."""

from enum import StrEnum


class Item(StrEnum):
    """One authorised item; the value is what the database and exports hold."""

    LAND_DESCRIPTION = "LandDescription"
    LAND_OWNERSHIP = "LandOwnership"
    LAND_OTHER_RIGHTS = "LandOtherRights"
    BUILDING_DESCRIPTION = "BuildingDescription"
    BUILDING_OWNERSHIP = "BuildingOwnership"
    BUILDING_OTHER_RIGHTS = "BuildingOtherRights"
    OWNER_HOLDINGS = "OwnerHoldings"
    CADASTRAL_MAP = "CadastralMap"

    @property
    def label(self) -> str:
        return ITEM_LABELS[self]


ITEM_LABELS = {
    Item.LAND_DESCRIPTION: "土地標示部",
    Item.LAND_OWNERSHIP: "土地所有權部",
    Item.LAND_OTHER_RIGHTS: "土地他項權利部",
    Item.BUILDING_DESCRIPTION: "建物標示部",
    Item.BUILDING_OWNERSHIP: "建物所有權部",
    Item.BUILDING_OTHER_RIGHTS: "建物他項權利部",
    Item.OWNER_HOLDINGS: "歸戶查詢",
    Item.CADASTRAL_MAP: "地籍圖",
}

LAND_ITEMS = (Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.LAND_OTHER_RIGHTS)
BUILDING_ITEMS = (
    Item.BUILDING_DESCRIPTION,
    Item.BUILDING_OWNERSHIP,
    Item.BUILDING_OTHER_RIGHTS,
)


class UsageAction(StrEnum):
    """What was done with the data; prints and downloads are records of their own (clause 6.3.3)."""

    QUERY = "query"
    PRINT = "print"
    DOWNLOAD = "download"

    @property
    def label(self) -> str:
        return {"query": "查詢", "print": "列印", "download": "下載"}[self.value]
