"""XLSX and ODS: looked at from outside first, then read by a process of its own (`workbook_worker.py`).

Whatever a file does to its reader (fill the memory, panic, never end), the server lives on and says
that the file cannot be read.
"""

import io
import itertools
import json
import shutil
import subprocess  # nosec B404  # runs our own worker with our own arguments, see _running
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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

IsOurs = Callable[[list[list[str]]], bool]


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


@contextmanager
def open_workbook(
    raw: BinaryIO, kind: str, is_ours: IsOurs
) -> Iterator[tuple[Iterator[list[str]], Callable[[], float]]]:
    """Open a workbook; yields its rows and how far they have been read.

    Of several sheets the first whose head ``is_ours`` is taken, or else the first with rows.
    """
    with _running(raw, kind) as worker:
        sheet = _choose(worker, kind, is_ours)
        read = itertools.count(1)
        at = [0]

        def rows() -> Iterator[list[str]]:
            while (chunk := _hear(worker, kind)) is not None:
                for row in chunk:
                    at[0] = next(read)
                    yield row

        yield rows(), lambda: min(at[0] / sheet["height"], 1.0)


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


def _choose(worker: subprocess.Popen[bytes], kind: str, is_ours: IsOurs) -> dict[str, Any]:
    first: dict[str, Any] | None = None
    while not (sheet := _hear(worker, kind)).get("end"):
        if is_ours(sheet["head"]):
            _answer(worker, kind, "take")
            return dict(sheet)
        first = first or sheet
        _answer(worker, kind, "next")
    if first is None:
        raise Invalid(f"{kind} 檔案裡的工作表都是空的；{ACCEPTED}")
    _answer(worker, kind, str(first["index"]))
    return first


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


def _answer(worker: subprocess.Popen[bytes], kind: str, word: str) -> None:
    assert worker.stdin is not None
    try:
        worker.stdin.write(word.encode() + b"\n")
        worker.stdin.flush()
    except OSError as error:
        raise _broken(kind) from error


def _broken(kind: str) -> Invalid:
    return Invalid(f"{kind} 檔案已損壞或不完整，無法讀取；請重新匯出，或另存成 CSV 再匯入。")
