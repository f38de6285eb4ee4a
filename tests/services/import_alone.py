"""Imports one file in a process of its own and prints counts, seconds and peak memory as JSON:
``python -m tests.services.import_alone FILE DATABASE_URL``."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from data import engine
from data.engine import ROOT
from services.actor import operator
from services.usage.importing.service import import_file
from tests.services.import_helpers import SOURCE
from tests.world import NOW


def import_alone(path: Path, url: str) -> dict[str, Any]:
    """Import ``path`` into the database at ``url`` in a new process and return what it measured."""
    command = [sys.executable, "-m", "tests.services.import_alone", str(path), url]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _peak_mib() -> int:
    # getrusage would count the memory of the process that started this one as well.
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


def _main(path: Path, url: str) -> None:
    engine.configure(url)
    start = time.perf_counter()
    done = import_file(operator(NOW), path, SOURCE, False)
    counts = {name: done[name] for name in ("read", "stored", "duplicates", "rejected")}
    seconds = round(time.perf_counter() - start, 2)
    print(json.dumps(counts | {"seconds": seconds, "memory_mib": _peak_mib()}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
