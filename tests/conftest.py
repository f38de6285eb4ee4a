"""Fixtures: an empty migrated database on SQLite and on a real PostgreSQL, and a small world in it."""

import atexit
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.leftovers import own_folder

os.environ.pop("DATABASE_URL", None)
# Where the PostgreSQL of the tests puts its sockets; unset, it warns and picks one itself.
_SOCKETS = own_folder("sockets")
atexit.register(shutil.rmtree, _SOCKETS, ignore_errors=True)
os.environ.setdefault("XDG_RUNTIME_DIR", str(_SOCKETS))

from data import engine, migrate
from services.clock import utc_now
from services.demo.load import DemoSummary, load
from services.installation import holding
from tests.demo_small import DemoTemplate, hash_cheaply, load_small
from tests.engines import share_dialects
from tests.kept_files import copy_database
from tests.postgres import House, create_database, running, url_of
from tests.staged import Shelf, Stage
from tests.world import World, build_world

settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("house")
share_dialects()

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine.configure(f"sqlite:///{path}")
    migrate.upgrade()
    engine.engine().dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of this test run with a migrated database ``template_house``."""
    with running() as server:
        create_database(server, "template_house")
        engine.configure(url_of(server, "template_house"))
        migrate.upgrade()
        engine.engine().dispose()
        yield server
        engine.engine().dispose()


@pytest.fixture(scope="session")
def house(postgres: Any) -> House:
    """The PostgreSQL database that the tests of this worker share, one after the other."""
    return House(postgres, "template_house")


@pytest.fixture(autouse=True)
def running_service() -> Iterator[None]:
    """No test leaves the service held for the next one."""
    yield
    holding.release()


@pytest.fixture(params=BACKENDS)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty migrated database, once on each backend; yields the backend's name."""
    backend: str = request.param
    monkeypatch.setenv("LEDGER_CHECKPOINTS", str(tmp_path / "checkpoints.txt"))
    monkeypatch.setenv("FILES_DIR", str(tmp_path / "files"))
    if backend == "sqlite":
        copy = tmp_path / "house.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        engine.configure(f"sqlite:///{copy}")
    else:
        engine.configure(request.getfixturevalue("house").begin())
    yield backend
    engine.engine().dispose()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("stages"))


@pytest.fixture
def stage(database: str, shelf: Shelf, request: pytest.FixtureRequest) -> Stage:
    """The empty database of a test; what is set on it is built once a worker and put back after that."""
    house = request.getfixturevalue("house") if database == "postgresql" else None
    return Stage(shelf, database, house)


@pytest.fixture
def world(stage: Stage) -> World:
    """Two agencies with people of every role and duty, on both backends."""
    return stage.set(build_world)


@pytest.fixture(scope="session")
def demo_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoTemplate:
    """An SQLite file with the small demo city, loaded once a test run."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(sqlite_template, path)
    engine.configure(f"sqlite:///{path}")
    summary = load_small()
    engine.engine().dispose()
    return DemoTemplate(path, summary)


@pytest.fixture(scope="session")
def city_of_today(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the small demo city as of today, loaded once a worker: what is served."""
    path = tmp_path_factory.mktemp("city") / "demo.db"
    shutil.copy(sqlite_template, path)
    engine.configure(f"sqlite:///{path}")
    load("small", utc_now())
    hash_cheaply()
    engine.engine().dispose()
    return path


@pytest.fixture
def demo_city(demo_template: DemoTemplate, tmp_path: Path) -> Iterator[DemoSummary]:
    """The small demo city in a database of the test's own (SQLite only)."""
    copy = tmp_path / "demo.db"
    copy_database(demo_template.path, copy)
    engine.configure(f"sqlite:///{copy}")
    yield demo_template.summary
    engine.engine().dispose()
