"""Opens a file by its content, not its name, and gives its rows as text one after the other.

Nothing is evaluated: a cell that begins with ``=`` is that text, and of a formula in a workbook
only the value that the other program stored is read. The writer of exports neutralises them.
"""

import csv
import hashlib
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.errors import Invalid
from services.usage.importing.text import BIG5_ERRORS

FileData = bytes | Path
HEAD_ROWS = 10
ACCEPTED = "可匯入的格式為 CSV（UTF-8 或 Big5）、XLSX 與 ODS。"
MOST_EXPANDED_BYTES = 400_000_000
"""A workbook is held in memory whole, up to 2 bytes for each of its XML: this keeps it below 1 GiB."""

_BLOCK = 1 << 20
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """An open file: what it is, its rows (row 1 first, blank ones included), how far one has read."""

    kind: str
    rows: Iterator[list[str]]
    done: Callable[[], float]


@contextmanager
def open_table(data: FileData, is_ours: Callable[[list[list[str]]], bool]) -> Iterator[Table]:
    """Open a CSV, XLSX or ODS file; raise Invalid with a sentence for anything else.

    Of a workbook with several sheets the first whose head ``is_ours`` is taken.
    """
    with _binary(data) as raw:
        start = raw.read(4)
        if not start:
            raise Invalid(f"檔案是空的；{ACCEPTED}")
        if start == _OLD_OFFICE:
            raise Invalid(f"這是舊版 XLS 或加密的檔案，請解除密碼並另存成 XLSX；{ACCEPTED}")
        if start == b"PK\x03\x04":
            yield _open_workbook(raw, is_ours)
        else:
            yield _open_csv(raw)


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


def _open_csv(raw: BinaryIO) -> Table:
    encoding, label = _encoding(raw)
    size = max(raw.seek(0, io.SEEK_END), 1)
    raw.seek(0)
    text = io.TextIOWrapper(
        raw, encoding, BIG5_ERRORS if encoding == "cp950" else "strict", newline=""
    )
    beginning = text.read(4096)
    if not beginning.strip():
        raise Invalid(f"檔案是空的；{ACCEPTED}")
    text.seek(0)
    delimiter = max(",\t;", key=beginning.count)
    return Table(f"CSV（{label}）", _csv_rows(text, delimiter), lambda: raw.tell() / size)


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


def _open_workbook(raw: BinaryIO, is_ours: Callable[[list[list[str]]], bool]) -> Table:
    kind = _workbook_kind(raw)
    raw.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(raw)
        sheet = _choose_sheet(book, is_ours)
    except (CalamineError, ValueError, OSError) as error:
        raise _broken(kind) from error
    if sheet is None:
        raise Invalid(f"{kind} 檔案裡的工作表都是空的；{ACCEPTED}")
    height = sheet.total_height + 1
    read = itertools.count(1)
    at = [0]

    def rows() -> Iterator[list[str]]:
        for row in sheet.iter_rows():
            at[0] = next(read)
            yield [as_text(value) for value in row]

    return Table(kind, rows(), lambda: min(at[0] / height, 1.0))


def _workbook_kind(raw: BinaryIO) -> str:
    raw.seek(0)
    try:
        with zipfile.ZipFile(raw) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise _broken("XLSX 或 ODS") from error
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        kind = "XLSX"
    elif {"mimetype", "content.xml"} <= names:
        kind = "ODS"
    else:
        raise Invalid(f"這是壓縮檔，裡面不是試算表；{ACCEPTED}")
    if sum(member.file_size for member in members) > MOST_EXPANDED_BYTES:
        raise Invalid(
            f"這個 {kind} 檔展開後超過 {MOST_EXPANDED_BYTES // 1_000_000} MB，會耗盡記憶體；"
            "請另存成 CSV 再匯入，CSV 沒有大小限制。"
        )
    return kind


def _broken(kind: str) -> Invalid:
    return Invalid(f"{kind} 檔案已損壞或不完整，無法讀取；請重新匯出，或另存成 CSV 再匯入。")


def _choose_sheet(
    book: CalamineWorkbook, is_ours: Callable[[list[list[str]]], bool]
) -> CalamineSheet | None:
    first = None
    for index in range(len(book.sheet_names)):
        sheet = book.get_sheet_by_index(index)
        if not sheet.height:
            continue
        if is_ours([_texts(row) for row in itertools.islice(sheet.iter_rows(), HEAD_ROWS)]):
            return sheet
        first = first or sheet
    return first


def _texts(row: Sequence[Any]) -> list[str]:
    return [as_text(value) for value in row]


def as_text(value: Any) -> str:
    """Return a workbook's cell as a person would have typed it into a CSV file."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        # Spreadsheets keep a moment as a fraction of a day: the seconds come a little off.
        return f"{value + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)
