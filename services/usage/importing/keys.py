"""What makes a row one and the same record, whatever the file's format and spelling.

Keys stay as they were when a record was stored: a file in which every column with data is mapped has
the keys that every version gave it, so that it stores nothing again. A row can have been stored under
another key: by an earlier version (what unmapped columns say counts by now, protection is stripped,
workbooks' fractions of a second are no longer rounded up), or before a column was mapped by hand. The row
carries these keys too (`GoodRow.other_keys`), and a record stored under one of them is one of the rows that
would have had it (`storing.Stored`).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.moments import parse_moment
from services.rocdate import parse_date
from services.usage.importing.cells import Cells


def base_key(cells: Cells, moment: datetime, item: str, action: str) -> str:
    """Return the key of what the mapped columns say.

    The name is left out: a person is their code, and exports carry the name of the day.
    """
    parts: tuple[Any, ...] = (
        *(cells.serial, cells.agency, cells.unit, cells.user_code),
        *(moment.isoformat(), item, action, cells.district, cells.section, cells.number),
        *(cells.case_or_document_no, cells.case_no, cells.document_no),
        *(cells.reason, cells.address),
    )
    return _digest(*parts)


def key_with(base: str, said: Sequence[tuple[str, str]]) -> str:
    """Return the key of a row of which unmapped columns (heading and text) say something as well."""
    return _digest(base, *(part for pair in sorted(said) for part in pair)) if said else base


def alike_key(key: str, ordinal: int) -> str:
    """Return the key of the ``ordinal``-th row (from 1) of a sheet among rows alike in everything."""
    return key if ordinal == 1 else _digest(key, str(ordinal))


@lru_cache(1 << 15)
def spelled_alike(text: str) -> str:
    """Return what an unmapped column says, moments and dates in one spelling for all formats."""
    if 6 <= len(text) <= 40 and text[0].isdigit():
        for parse in (parse_moment, parse_date):
            try:
                return parse(text).isoformat()
            except ValueError:
                continue
    return text


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
