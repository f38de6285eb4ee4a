"""The cells of one row of another system's file, and the record or the refusal that comes of them."""

from datetime import datetime
from typing import NamedTuple


class Cells(NamedTuple):
    """The cells of one row by field, folded; a field without a column is blank."""

    serial: str
    agency: str
    unit: str
    user_code: str
    person_name: str
    occurred_at: str
    item: str
    action: str
    district: str
    section: str
    number: str
    case_or_document_no: str
    case_no: str
    document_no: str
    reason: str
    address: str
    time_of_day: str


class GoodRow(NamedTuple):
    """A row that can be stored; the person is tied to an account only when it is."""

    number: int
    source_key: str
    occurred_at: datetime
    local_month: str
    user_code: str
    person_name: str
    unit_id: int
    item: str
    action: str
    section_code: str | None
    parcel: str | None
    target: str
    case_no: str
    document_no: str
    reason: str
    flags: str
    address: str
    other_keys: tuple[str, ...] = ()
    """Keys under which the row may have been stored: by an earlier version, before it was mapped by hand."""
    numbered: bool = False
    """Whether the file gives the row a serial number, so that its double is no other record."""
    sheet: str = ""
    alike: bool = False
    """Whether a row alike in everything stands before it in its sheet."""


class RejectedRow(NamedTuple):
    """A row that cannot be a record: where it stands, why, and what stands in it."""

    number: int
    reason: str
    cells: tuple[str, ...]
    unknown_unit: tuple[str, str] | None
    """The agency and unit texts, when mapping them by hand would help."""
    sheet: str = ""
