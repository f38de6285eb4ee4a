"""XLSX and ODS: looked at from outside first, then read by a process of its own (`workbook_worker.py`).

Whatever a file does to its reader (fill the memory, panic, never end), the server lives on and says
that the file cannot be read.
"""

import io
import json
import shutil
import subprocess  # nosec B404  # runs our own worker with our own arguments, see _running
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from services.errors import Invalid

ACCEPTED = "可匯入的格式為 CSV（UTF-8 或 Big5）、XLSX 與 ODS。"
HEAD_ROWS = 10
MOST_EXPANDED_BYTES = 400_000_000
"""A workbook is held in memory whole, up to 2 bytes for each of its XML: this keeps it below 1 GiB."""
MOST_MEMBERS = 5_000
WORKER = Path(__file__).with_name("workbook_worker.py")
WORKER_MEMORY_BYTES = 2 << 30
WORKER_CPU_SECONDS = 300


def workbook_kind(raw: BinaryIO) -> str:
    """Return XLSX or ODS by the archive's contents; raise Invalid for anything else or too large."""
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
    expanded = sum(member.file_size for member in members)
    if expanded > MOST_EXPANDED_BYTES or len(members) > MOST_MEMBERS:
        raise Invalid(
            f"這個 {kind} 檔展開後超過 {MOST_EXPANDED_BYTES // 1_000_000} MB，會耗盡記憶體；"
            "請另存成 CSV 再匯入，CSV 沒有大小限制。"
        )
    return kind


@dataclass(frozen=True)
class SheetHead:
    """One sheet of a workbook before its rows: ``height`` is 0 when it is empty."""

    index: int
    name: str
    visible: bool
    height: int
    head: list[list[str]]


@contextmanager
def open_workbook(
    raw: BinaryIO, kind: str
) -> Iterator[tuple[list[SheetHead], Callable[[int], Iterator[list[str]]]]]:
    """Open a workbook; yields its sheets, and what gives the rows of one of them by its number."""
    with _running(raw, kind) as worker:
        sheets: list[SheetHead] = []
        while not (told := _hear(worker, kind)).get("end"):
            sheets.append(SheetHead(**told))

        answering = [False]

        def rows(index: int) -> Iterator[list[str]]:
            while answering[0]:  # a sheet that was not read to its end
                answering[0] = _hear(worker, kind) is not None
            _ask(worker, kind, index)
            answering[0] = True
            while (chunk := _hear(worker, kind)) is not None:
                yield from chunk
            answering[0] = False

        yield sheets, rows


@contextmanager
def _running(raw: BinaryIO, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    limits = (WORKER_MEMORY_BYTES, WORKER_CPU_SECONDS, HEAD_ROWS)
    worker = subprocess.Popen(  # nosec B603  # no shell; our own file and numbers
        [sys.executable, "-I", str(WORKER), *map(str, limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert worker.stdin is not None
        length = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        try:
            worker.stdin.write(length.to_bytes(8, "big"))
            shutil.copyfileobj(raw, worker.stdin, 1 << 20)
            worker.stdin.flush()
        except OSError as error:
            raise _broken(kind) from error
        yield worker
    finally:
        worker.kill()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        worker.wait()


def _hear(worker: subprocess.Popen[bytes], kind: str) -> Any:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line.endswith(b"\n"):
        raise Invalid(
            f"{kind} 檔案無法讀取：內容已損壞，或展開後太大（例如儲存格散布到工作表的最邊緣）；"
            "請另存成 CSV 再匯入。"
        )
    said = json.loads(line)
    if isinstance(said, dict) and said.get("broken"):
        raise _broken(kind)
    return said


def _ask(worker: subprocess.Popen[bytes], kind: str, index: int) -> None:
    assert worker.stdin is not None
    try:
        worker.stdin.write(b"%d\n" % index)
        worker.stdin.flush()
    except OSError as error:
        raise _broken(kind) from error


def _broken(kind: str) -> Invalid:
    return Invalid(f"{kind} 檔案已損壞或不完整，無法讀取；請重新匯出，或另存成 CSV 再匯入。")
