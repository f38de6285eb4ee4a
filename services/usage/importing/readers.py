"""Opens a file by its content, not its name, and gives its rows as text one after the other.

Nothing is evaluated: a cell that begins with ``=`` is that text, and of a formula in a workbook
only the value that the other program stored is read. The writer of exports neutralises them.
"""

import csv
import hashlib
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from services.errors import Invalid
from services.usage.importing.delimiters import Fits, first_rows, guess_delimiter
from services.usage.importing.foreign import refuse_foreign
from services.usage.importing.text import BIG5_ERRORS, short
from services.usage.importing.workbook import (
    ACCEPTED,
    HEAD_ROWS,
    SheetHead,
    open_workbook,
    workbook_kind,
)

FileData = bytes | Path

ALL_HIDDEN = "看得見的工作表沒有資料，其餘的工作表是隱藏的；請取消隱藏後再匯入。"
_BLOCK = 1 << 20
_START = 1 << 12
_BEGINNING = 1 << 16
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Sheet:
    """One sheet of an open file; a CSV file is one without a name.

    ``rows`` gives all of them, row 1 first and blank ones included, and can be called once.
    """

    name: str
    visible: bool
    empty: bool
    head: list[list[str]]
    rows: Callable[[], Iterator[list[str]]]


@dataclass(frozen=True)
class Book:
    """An open file: what it is, its sheets, and how far one has read (0 to 1)."""

    kind: str
    sheets: tuple[Sheet, ...]
    done: Callable[[], float]
    delimiter: str | None = None
    """What separates the cells of a CSV file; None for a workbook."""


@dataclass(frozen=True)
class Table:
    """One sheet of a file: what it is, its rows (row 1 first, blank ones included)."""

    kind: str
    rows: Iterator[list[str]]


@contextmanager
def open_book(data: FileData, fits: Fits, delimiter: str | None = None) -> Iterator[Book]:
    """Open a CSV, XLSX or ODS file with its sheets; raise Invalid with a sentence for anything else.

    ``fits`` helps to find what separates the cells of a CSV file, unless ``delimiter`` says so.
    """
    with _binary(data) as raw:
        start = raw.read(_START)
        if not start:
            raise Invalid(f"檔案是空的；{ACCEPTED}")
        refuse_foreign(start)
        if start[:4] == b"PK\x03\x04":
            kind = workbook_kind(raw)
            with open_workbook(raw, kind) as (sheets, rows):
                if all(sheet.visible and not sheet.height for sheet in sheets):
                    raise Invalid(f"{kind} 檔案裡的工作表都是空的；{ACCEPTED}")
                yield _workbook(kind, sheets, rows)
        else:
            yield _open_csv(raw, fits, delimiter)


@contextmanager
def open_table(data: FileData, fits: Fits) -> Iterator[Table]:
    """Open a file of which one sheet is wanted: the visible one that ``fits``, or the first with rows.

    Raises Invalid when several fit: none of them is left out without a word.
    """
    with open_book(data, fits) as book:
        seen = [sheet for sheet in book.sheets if sheet.visible and not sheet.empty]
        ours = [sheet for sheet in seen if fits(sheet.head)]
        if len(book.sheets) > 1 and len(ours) > 1:
            names = "、".join(f"「{short(sheet.name)}」" for sheet in ours[:5])
            raise Invalid(
                f"檔案裡有 {len(ours)} 張工作表都有標題列（{names}）；請只留一張，其餘分成另外的檔案。"
            )
        if not seen:
            raise Invalid(ALL_HIDDEN)
        yield Table(book.kind, (ours or seen)[0].rows())


def _workbook(
    kind: str, heads: list[SheetHead], rows: Callable[[int], Iterator[list[str]]]
) -> Book:
    total = sum(head.height for head in heads if head.visible) or 1
    read = [0]

    def counted(index: int) -> Iterator[list[str]]:
        for row in rows(index):
            read[0] += 1
            yield row

    sheets = tuple(
        Sheet(head.name, head.visible, not head.height, head.head, partial(counted, head.index))
        for head in heads
    )
    return Book(kind, sheets, lambda: min(read[0] / total, 1.0))


def fingerprint(data: FileData) -> str:
    """Return the SHA-256 of the file."""
    with _binary(data) as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _binary(data: FileData) -> io.BytesIO | io.BufferedReader:
    if isinstance(data, bytes):
        return io.BytesIO(data)
    try:
        return data.open("rb")
    except OSError as error:
        raise Invalid(f"無法開啟檔案「{data.name}」：請確認路徑存在且可以讀取。") from error


def _open_csv(raw: BinaryIO, fits: Fits, delimiter: str | None) -> Book:
    encoding, label = _encoding(raw)
    size = max(raw.seek(0, io.SEEK_END), 1)
    raw.seek(0)
    text = io.TextIOWrapper(
        raw, encoding, BIG5_ERRORS if encoding == "cp950" else "strict", newline=""
    )
    beginning = text.read(_BEGINNING)
    if not beginning.strip():
        raise Invalid(f"檔案是空的；{ACCEPTED}")
    text.seek(0)
    used = delimiter or guess_delimiter(beginning, fits, HEAD_ROWS)
    head = first_rows(beginning, used, HEAD_ROWS)
    sheet = Sheet("", True, False, head, lambda: _csv_rows(text, used))
    return Book(f"CSV（{label}）", (sheet,), lambda: raw.tell() / size, used)


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[list[str]]:
    rows = csv.reader(text, delimiter=delimiter)
    for number in itertools.count(1):
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise Invalid(
                f"第 {number} 列讀不下去：可能少了一個結尾的雙引號；請修正後再匯入。"
            ) from None


def _encoding(raw: BinaryIO) -> tuple[str, str]:
    """Return the codec that the whole file can be read with, and its name for people."""
    raw.seek(0)
    start = raw.read(1 << 16)
    if start[:2] in _UTF16:
        candidates = [("utf-16", "UTF-16")]
    else:
        if len(start.translate(None, _CONTROL)) != len(start):
            raise Invalid(f"這不是文字檔，內容含有二進位資料；{ACCEPTED}")
        candidates = [("utf-8-sig", "UTF-8"), ("cp950", "Big5")]
    for codec, label in candidates:
        if _decodes(raw, codec):
            return codec, label
    raise Invalid(f"無法辨識檔案的文字編碼；請另存成 UTF-8 的 CSV。{ACCEPTED}")


def _decodes(raw: BinaryIO, codec: str) -> bool:
    raw.seek(0)
    text = io.TextIOWrapper(raw, codec, BIG5_ERRORS if codec == "cp950" else "strict", newline="")
    try:
        while text.read(_BLOCK):
            pass
    except UnicodeError:
        return False
    finally:
        text.detach()
    return True
