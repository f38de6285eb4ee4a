"""The sections (地段) of the city, found by district or by code (domain.md §5)."""

from dataclasses import dataclass

from sqlalchemy import select

from data.engine import reading
from data.models import Section
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.purpose import tidy

OFFICES = {
    "AA": "古亭地政事務所",
    "AB": "建成地政事務所",
    "AC": "中山地政事務所",
    "AD": "松山地政事務所",
    "AE": "士林地政事務所",
    "AF": "大安地政事務所",
}
# fmt: off
_DISTRICTS = (
    "松山區", "信義區", "大安區", "中山區", "中正區", "大同區",
    "萬華區", "文山區", "南港區", "內湖區", "士林區", "北投區",
)
# fmt: on
"""In the order of their official codes."""


@dataclass(frozen=True)
class SectionInfo:
    """A section as pages show it."""

    code: str
    name: str
    district: str
    office: str

    @property
    def label(self) -> str:
        """``AD0609 延吉段一小段``."""
        return f"{self.code} {self.name}"

    @property
    def office_name(self) -> str:
        return OFFICES.get(self.office, self.office)


def as_info(section: Section) -> SectionInfo:
    """Return a stored section as pages show it."""
    return SectionInfo(section.code, section.name, section.district, section.office)


@guarded(Action.QUERY_PARCEL)
def districts(actor: Actor) -> list[str]:
    """Return the districts that have sections, in their official order."""
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    with reading() as db:
        found = set(db.scalars(select(Section.district).distinct()))
    return [name for name in _DISTRICTS if name in found] + sorted(found - set(_DISTRICTS))


@guarded(Action.QUERY_PARCEL)
def sections_of(actor: Actor, district: str) -> list[SectionInfo]:
    """Return the sections of ``district`` by code."""
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    with reading() as db:
        rows = db.scalars(
            select(Section).where(Section.district == tidy(district)).order_by(Section.code)
        )
        return [as_info(row) for row in rows]


@guarded(Action.QUERY_PARCEL)
def find_section(actor: Actor, code: str) -> SectionInfo:
    """Return the section with this code, or raise Invalid with a sentence."""
    permit(actor, Action.QUERY_PARCEL, account_id=actor.account_id)
    wanted = tidy(code).upper()
    with reading() as db:
        section = db.get(Section, wanted) if wanted else None
    if not wanted:
        raise Invalid("請從清單選取地段。")
    if section is None:
        shown = wanted[:20]
        raise Invalid(
            f"沒有「{shown}」這個地段；請從地段清單選取，代碼是事務所代碼加四位數字，例如 AD0609。"
        )
    return as_info(section)
