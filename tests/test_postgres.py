"""What a test run makes on a PostgreSQL server does not outlive the test that needed it."""

import getpass
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests import leftovers
from tests.postgres import House, own_database, url_of

ROOT = Path(__file__).parents[1]
KILLED = """
import time
from tests.postgres import running
with running() as server:
    print(server.get_pid(), flush=True)
    time.sleep(60)
"""


def test_a_database_goes_with_its_test_whoever_is_still_in_it(postgres: Any) -> None:
    def names() -> set[str]:
        with create_engine(url_of(postgres, "postgres")).connect() as connection:
            return set(connection.scalars(text("SELECT datname FROM pg_database")))

    before = names()
    with own_database(postgres, "template_house") as url:
        create_engine(url).connect()
        assert len(names() - before) == 1
    assert names() == before


def test_the_server_of_the_tests_does_not_wait_for_its_disk(postgres: Any) -> None:
    with create_engine(url_of(postgres, "postgres")).connect() as connection:
        assert connection.scalar(text("SHOW fsync")) == "off"


def test_what_a_killed_run_left_is_cleared_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    kept = leftovers.own_folder("pg")
    left = tmp_path / f"cadastre-browser-{ended.pid}-abc"
    pytests = tmp_path / f"pytest-of-{getpass.getuser()}"
    for folder, owner in ((pytests / "pytest-1", ended.pid), (pytests / "pytest-2", os.getpid())):
        folder.mkdir(parents=True)
        (folder / ".lock").write_text(str(owner))
    left.mkdir()
    (left / "postmaster.pid").write_text("1\n")  # a number that is somebody else's by now
    other = tmp_path / "somebody-elses"
    other.mkdir()
    leftovers.clear()
    assert kept.exists() and other.exists() and not left.exists()
    assert [path.name for path in pytests.iterdir()] == ["pytest-2"]


def test_a_server_that_a_killed_run_left_is_stopped(tmp_path: Path) -> None:
    """A run of one test that is killed in the middle: its server goes with the next one's start."""
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED], env=os.environ | {"TMPDIR": str(tmp_path)}, cwd=ROOT,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert killed.stdout is not None
    server = int(killed.stdout.readline())
    killed.kill()
    killed.wait()
    assert Path(f"/proc/{server}").exists()
    clearing = "from tests import leftovers; leftovers.clear()"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", clearing], env=environment, cwd=ROOT, check=True)
    assert not Path(f"/proc/{server}").exists()
    assert list(tmp_path.glob("cadastre-pg-*")) == []


def test_a_database_is_put_back_whatever_a_test_did_to_it(postgres: Any) -> None:
    house = House(postgres, "template_house")

    def asked(statement: str) -> None:
        with create_engine(url).begin() as connection:
            connection.execute(text(statement))

    url = house.begin()
    plain = house.keep()
    asked("INSERT INTO settings (key, value, changed_at) VALUES ('a', 'b', now())")
    assert house.keep() != plain
    assert house.begin() == url  # the same one, emptied
    assert house.keep() == plain
    asked("INSERT INTO agencies (code, name, is_bureau, active) VALUES ('A', 'B', false, true)")
    filled = house.keep()
    house.begin()
    house.put_back(filled)
    assert house.keep() == filled
    asked("ALTER TABLE events DISABLE TRIGGER append_only")
    another = house.begin()
    assert another != url  # a changed one is not put right but made anew
    assert house.keep() == plain
