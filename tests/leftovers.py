"""What runs of the tests leave in the temporary folder when they are killed: the next run removes it.

Every folder has in its name, or in its lock, the number of the process that it is for.
"""

import getpass
import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_OURS = "cadastre-"
_NAMED = f"{_OURS}*-[0-9]*-*"
_MEMORY = Path("/dev/shm")
_ENOUGH = 6 * 2**30
"""A run leaves some 2.5 GB under pytest's folder before it ends."""


def prefer_memory() -> None:
    """Let pytest lay its folders into memory where there is room: on a disk every commit waits for it."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def own_folder(what: str) -> Path:
    """Make a folder of this process in the temporary folder."""
    return Path(tempfile.mkdtemp(prefix=f"{_OURS}{what}-{os.getpid()}-"))


def clear() -> None:
    """Remove the folders of processes that are gone; stop a PostgreSQL that still runs in one."""
    there = Path(tempfile.gettempdir())
    for folder in there.glob(_NAMED):
        if _gone(folder.name.split("-")[2]):
            for file in folder.glob("*/postmaster.pid"):
                with suppress(OSError, ValueError, IndexError):
                    _stop_postgres(int(file.read_text().splitlines()[0]))
            shutil.rmtree(folder, ignore_errors=True)
    # pytest itself waits three days before it takes the owner of a lock for dead.
    for place in (there, _MEMORY):
        for lock in place.glob(f"pytest-of-{getpass.getuser()}/pytest-*/.lock"):
            with suppress(OSError):
                if _gone(lock.read_text()):
                    shutil.rmtree(lock.parent, ignore_errors=True)


def _gone(process: str) -> bool:
    return process.isdecimal() and not Path(f"/proc/{process}").exists()


def _stop_postgres(process: int) -> None:
    if b"postgres" not in Path(f"/proc/{process}/cmdline").read_bytes():
        return  # the number is somebody else's by now
    os.kill(process, signal.SIGQUIT)
    for _ in range(100):
        if not Path(f"/proc/{process}").exists():
            return
        time.sleep(0.05)
