"""manage.py's commands, each in a process of its own that is forked off one which has every module loaded.

A command itself takes a tenth of a second, what it imports more than one.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy.orm import configure_mappers

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "manage.py"


def run(
    args: tuple[str, ...], env: Mapping[str, str], typed: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment and standard input; ``folder`` takes what it prints."""
    files = [folder / name for name in ("typed", "said", "complained")]
    files[0].write_text(typed, encoding="utf-8")
    loaded = _loaded()
    assert loaded.stdin is not None and loaded.stdout is not None
    asked = {"args": args, "env": dict(env), "files": [str(file) for file in files]}
    print(json.dumps(asked), file=loaded.stdin, flush=True)
    ended = loaded.stdout.readline()
    assert ended, "the process that has everything loaded is gone"
    said, complained = (file.read_text(encoding="utf-8") for file in files[1:])
    return subprocess.CompletedProcess(["manage.py", *args], int(ended), said, complained)


@cache
def _loaded() -> subprocess.Popen[str]:
    """Start what the commands of this worker are forked off; it ends with its standard input."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.commands"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdin is not None
    atexit.register(started.stdin.close)
    return started


def _serve() -> None:
    import data
    import services

    for package in (data, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:  # scripts that Alembic runs
                importlib.import_module(module.name)
    importlib.import_module("manage")
    configure_mappers()
    gc.freeze()  # else each child would look through all of it at its end
    # Byte by byte: nothing that a child inherits was read ahead.
    asking = os.fdopen(os.dup(0), "rb", buffering=0)
    answering = os.fdopen(os.dup(1), "w")
    while line := asking.readline():
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(asked["args"], asked["env"], asked["files"])
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answering, flush=True)


def _become(args: list[str], env: dict[str, str], files: list[str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    for number, (file, how) in enumerate(
        zip(files, (os.O_RDONLY, *(os.O_WRONLY | os.O_CREAT | os.O_TRUNC,) * 2), strict=True)
    ):
        opened = os.open(file, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = [SCRIPT.name, *args]
    runpy.run_path(str(SCRIPT), run_name="__main__")


if __name__ == "__main__":
    _serve()
