"""The real sections (地段) of Taipei, from the list that the package ``sectw`` carries."""

import json
import unicodedata
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data.models import Section

OFFICES = {
    "AA": "古亭",
    "AB": "建成",
    "AC": "中山",
    "AD": "松山",
    "AE": "士林",
    "AF": "大安",
}
"""The six land offices (地政事務所) by the first two letters of a section's key."""

DISTRICTS = (
    "松山區",
    "大安區",
    "中正區",
    "萬華區",
    "大同區",
    "中山區",
    "文山區",
    "南港區",
    "內湖區",
    "士林區",
    "北投區",
    "信義區",
)

_FILE = "sectw/2018-08-14.csv"
# Four names of the 2018 list are damaged; they stand as the package's list of 2017-11-14 has them.
_REPAIRED = {
    "AC0479": "新里族段灣子小段",
    "AC0480": "新里族十四分小段",
    "AC0498": "新里族段羊稠小段",
    "AD0707": "犂和段一小段",
}


@dataclass(frozen=True)
class SectionRow:
    """One section: key (office and four digits), office, district and name."""

    code: str
    office: str
    district: str
    name: str


def taipei_sections() -> list[SectionRow]:
    """Return every section of the city in order of its key."""
    # Importing the package would set up an ORM of its own; only its list is wanted.
    path = Path(str(distribution("sectw").locate_file(_FILE)))
    counties = json.loads(path.read_text(encoding="utf-8"))["counties"]
    towns = next(county["towns"] for county in counties if county["name"] == "臺北市")
    return sorted(
        (
            SectionRow(
                row["code6"],
                row["office"],
                town["name"],
                _REPAIRED.get(row["code6"])
                or unicodedata.normalize("NFKC", row["section_name"] + row["small_section_name"]),
            )
            for town in towns
            for row in town["sections"]
        ),
        key=lambda section: section.code,
    )


def write_sections(db: Session) -> list[SectionRow]:
    """Store the sections that are not there yet and return all of them."""
    sections = taipei_sections()
    known = set(db.scalars(select(Section.code)))
    if new := [vars(section) for section in sections if section.code not in known]:
        db.execute(insert(Section), new)
    return sections
