"""What the texts of a file stand for here: items, actions, units and sections, all matched loosely."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.errors import Invalid
from services.identity.organisation import UnitInfo
from services.regulation.items import Item, UsageAction
from services.usage.importing.sections import Sections
from services.usage.importing.text import match_key, short

ITEMS: dict[str, str] = {
    match_key(word): item.value
    for item in Item
    for word in (item.value, item.label, item.label.removesuffix("部"), f"{item.label}查詢")
} | {
    match_key(word): item.value
    for word, item in (
        ("歸戶", Item.OWNER_HOLDINGS),
        ("所有權人歸戶", Item.OWNER_HOLDINGS),
        ("歸戶資料", Item.OWNER_HOLDINGS),
        ("地籍圖資", Item.CADASTRAL_MAP),
    )
}
ACTIONS: dict[str, str] = {
    match_key(word): action.value for action in UsageAction for word in (action.value, action.label)
}


class UnknownUnit(Invalid):
    """The agency or unit of a row is not known here; it can be mapped by hand."""


@dataclass(frozen=True)
class Lookups:
    """Units, sections and the hand mapping of one import."""

    units: tuple[UnitInfo, ...]
    sections: Sections
    by_hand: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Unit ids by agency and unit text, as chosen on the page."""

    def unit_id(self, agency: str, unit: str) -> int:
        """Return the unit that these two texts mean, or raise `UnknownUnit` with a sentence."""
        if (chosen := self.by_hand.get((agency, unit))) is not None:
            return chosen
        agency_key, unit_key = match_key(agency), match_key(unit)
        if not (agency_key or unit_key):
            raise UnknownUnit("沒有填使用機關與使用單位。")
        inside = [u for u in self.units if not agency_key or _is_agency(u, agency_key)]
        if not inside:
            raise UnknownUnit(f"找不到使用機關「{short(agency)}」。")
        # An agency without units has one unit of its own.
        found = [u for u in inside if _is_unit(u, unit_key)] if unit_key else inside
        if len(found) == 1:
            return found[0].id
        if not found:
            raise UnknownUnit(
                f"「{short(agency)}」沒有使用單位「{short(unit)}」。"
                if agency_key
                else f"找不到使用單位「{short(unit)}」。"
            )
        raise UnknownUnit(
            f"不只一個單位叫「{short(unit)}」，請填使用機關。"
            if unit_key
            else f"「{short(agency)}」有多個單位，請填使用單位。"
        )

    def section_code(self, district: str, section: str) -> str | None:
        """Return the code of a section by its name or code within the district, or None."""
        return self.sections.find(district, section)


def _is_agency(unit: UnitInfo, key: str) -> bool:
    return key in (match_key(unit.agency_name), match_key(unit.agency_code))


def _is_unit(unit: UnitInfo, key: str) -> bool:
    return key in (
        match_key(unit.name),
        match_key(unit.code),
        match_key(unit.agency_name + unit.name),
    )


def item_of(text: str) -> str:
    """Return the authorised item that ``text`` names by label or code, or raise Invalid."""
    if item := ITEMS.get(match_key(text)):
        return item
    if not text:
        raise Invalid("沒有填查詢項目。")
    accepted = "、".join(item.label for item in Item)
    raise Invalid(f"查詢項目「{short(text)}」不是授權項目；可用：{accepted}。")


def action_of(text: str) -> str:
    """Return what was done (blank is 查詢), or raise Invalid."""
    if not text:
        return UsageAction.QUERY.value
    if action := ACTIONS.get(match_key(text)):
        return action
    raise Invalid(f"作業別「{short(text)}」看不懂；可用：查詢、列印、下載，空白視為查詢。")
