"""Lists of people as agencies send them."""

from collections.abc import Iterable

from services.applications.bulk.columns import HEADERS
from tests.services.import_helpers import table_csv


def person(number: int, unit: str = "大安分處", **other: str) -> dict[str, str]:
    """Return a good row; ``other`` replaces cells by header."""
    return {
        "姓名": f"新人{number:03d}",
        "員工編號": f"N{number:05d}",
        "帳號": f"new.{number:05d}",
        "職稱": "科員",
        "公務電子郵件": f"new{number:05d}@gov.taipei",
        "電話": "02-27208889 #1234",
        "單位": unit,
        "授權項目": "土地標示部、地籍圖",
        "原因": "辦理地價稅稽徵業務",
    } | other


def rows_of(people: Iterable[dict[str, str]]) -> list[list[str]]:
    """Return the header and a row for each of the people."""
    return [list(HEADERS), *([one[name] for name in HEADERS] for one in people)]


def list_of(*people: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    """Return a CSV file of the people."""
    return table_csv(rows_of(people), encoding)
