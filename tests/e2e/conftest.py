"""A served application with the small demo city, and a real Chromium to use it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from data import engine
from tests.kept_files import copy_database
from tests.leftovers import own_folder

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Return a Chromium to drive; fail with a sentence when there is none."""
    named = os.environ.get("CHROMIUM_PATH")
    for name in filter(None, (named, "chromium", "chromium-browser", "google-chrome")):
        if path := shutil.which(name):
            return path
    installed = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False
    )
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if installed.returncode or not Path(path).exists():
        pytest.fail(
            "No browser: install Chromium (Debian: apt-get install chromium fonts-noto-cjk), or "
            "set CHROMIUM_PATH, or run `make test-quick` to leave the browser out.",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # What it writes lies in a folder that the next run removes, should this one be killed.
    folder = own_folder("browser")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(folder))
        playwright = sync_playwright().start()
    started = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
    yield started
    started.close()
    playwright.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def database(city_of_today: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with the small demo city as of today."""
    path = tmp_path_factory.mktemp("e2e") / "demo.db"
    url = f"sqlite:///{copy_database(city_of_today, path)}"
    engine.configure(url)
    return url


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application, served as `make run` serves it; yields its address."""
    with serving(database, tmp_path_factory.mktemp("log") / "server.log", free_port()) as address:
        yield address


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(database: str, log: Path, port: int, **environment: str) -> Iterator[str]:
    """Serve the application with this database and environment; yield its address."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port), "--address", "127.0.0.1"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database, "COOKIE_KEY": "k" * 64} | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_served(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_served(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not come up:\n{log.read_text(errors='replace')}", pytrace=False)
