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
from pathlib import Path
from typing import BinaryIO

from services.errors import Invalid
from services.usage.importing.text import BIG5_ERRORS
from services.usage.importing.workbook import ACCEPTED, open_workbook, workbook_kind

FileData = bytes | Path

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
            kind = workbook_kind(raw)
            with open_workbook(raw, kind, is_ours) as (rows, done):
                yield Table(kind, rows, done)
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
