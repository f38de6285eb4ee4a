"""The real server, beside a trivial Streamlit app in turn: each page alone, and a hundred people at once.

``python -m tests.bench.bench_load`` measures it alone. Bounded: four servers of a minute each, and the
memory of one that answers five thousand reruns and lets sessions come and go.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import jwt
from sqlalchemy import select

from data import engine, migrate
from data.engine import ROOT, reading
from data.models import Account
from pages.shared.session_token import COOKIE_NAME
from services import clock
from services.actor import operator
from services.audits.commands import freeze_and_draw
from services.demo.load import DemoSummary, load
from services.regulation.periods import Quarter
from services.regulation.roles import AccountStatus, Role
from tests.bench.bench_pages import EMPTY_PAGE, SEED, SMALL_UNIT, place_of, unit_near
from tests.bench.visitors import FIRST, STRANGER, Visitor, Waits, in_turn, visit, waits_of
from tests.e2e.conftest import free_port
from tests.signing_in import session_of

PEOPLE = 100
SECONDS = 60.0
THINK = (5.0, 15.0)
PAGES_OF = {
    Role.GENERAL_USER: ("parcel_query", "my_usage", FIRST),
    Role.UNIT_MANAGER: ("accounts", "usage_charts", FIRST),
    Role.AGENCY_MANAGER: ("agency_audit", "audit_sampler", "usage_charts", "accounts"),
    Role.SYSTEM_MANAGER: ("event_log", "usage_charts", "permissions"),
}
"""What people of each kind go to."""
AS_STREAMLIT_HAS_IT = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
ALONE = {
    "待辦": ("system_manager", FIRST),
    "地籍查詢": ("clerk", "parcel_query"),
    "我的使用紀錄": ("clerk", "my_usage"),
    "帳號管理": ("agency_manager", "accounts"),
    "權限清查": ("agency_manager", "access_review"),
    "稽核抽樣, an agency's list": ("agency_manager", "audit_sampler"),
    "稽核抽樣, where a unit's stands": ("head", "audit_sampler"),
    "機關稽核": ("agency_manager", "agency_audit"),
    "使用統計, an agency's": ("agency_manager", "usage_charts"),
    "使用統計, the city's": ("system_manager", "usage_charts"),
    "系統紀錄": ("system_manager", "event_log"),
}
"""Pages that are measured alone, each by whom; and see `ones_audits`."""
ROUNDS = 15
STEPS = (1_000, 2_500, 5_000)
"""After so many reruns the memory is read."""
_KEY = "k" * 64


@dataclass(frozen=True)
class ServedFigure:
    """A rerun of one page over the real server, and of the trivial app in the same rounds, in seconds."""

    page: str
    run: float
    empty: float


@dataclass(frozen=True)
class LoadFigure:
    """One server under the load: what reruns took, and its memory at the end."""

    what: str
    waits: Waits
    memory_mib: int


@dataclass(frozen=True)
class MemoryFigure:
    """The memory of one server after so many reruns, or sessions that came and went."""

    after: str
    mib: int


def run(
    folder: Path, people: int = PEOPLE, seconds: float = SECONDS
) -> tuple[list[ServedFigure], list[LoadFigure], list[MemoryFigure]]:
    """Load the city into ``folder`` and measure."""
    url = f"sqlite:///{folder / 'city.db'}"
    engine.configure(url)
    migrate.upgrade()
    audits = ones_audits(load("city", clock.utc_now()))
    empty = folder / "empty.py"
    empty.write_text(EMPTY_PAGE)
    ours = [sys.executable, "manage.py", "serve"]
    trivial = [sys.executable, "-m", "streamlit", "run", str(empty), "--server.headless", "true"]
    strangers = [STRANGER] * people
    with (
        _serving(ours, url, folder, {}) as (address, _),
        _serving(trivial, url, folder, {}) as peer,
    ):
        alone = served(address, peer[0], ALONE | audits)
    figures = []
    for what, command, more in (
        ("ours, collector after every run", ours, AS_STREAMLIT_HAS_IT),
        ("trivial app, collector after every run", trivial, AS_STREAMLIT_HAS_IT),
        ("ours, as it is served", ours, {}),
        (
            "trivial app, without that collector",
            trivial,
            {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "false"},
        ),
    ):
        who = staff(people) if command is ours else strangers
        with _serving(command, url, folder, more) as (address, process):
            taken = visit(address, who, seconds, THINK)
            figures.append(LoadFigure(what, waits_of(taken), _resident(process)))
    with _serving(ours, url, folder, {}) as (address, process):
        memory = list(_memory(address, process))
    engine.engine().dispose()
    return alone, figures, memory


def ones_audits(summary: DemoSummary) -> dict[str, tuple[str, str]]:
    """Return the sampler's pages of one unit each, by its head: scopes, and a worksheet drawn for it."""
    quarter = Quarter.parse(summary.quarter)
    *_, larger, largest = sorted(summary.threshold_units)
    units = (unit_near(quarter, SMALL_UNIT), summary.threshold_units[larger])
    scopes = [place_of(quarter, unit) for unit in units]
    sheet = place_of(quarter, summary.threshold_units[largest])
    drawn = freeze_and_draw(operator(clock.utc_now()), sheet.code, quarter, SEED)
    of = f"audit_sampler?quarter={quarter}&unit="
    return {
        f"稽核抽樣 ①, {one.records:,} records": (one.head, f"{of}{one.code}&step=scope")
        for one in scopes
    } | {
        f"稽核抽樣 ④, {len(drawn['sample_ids'])} records": (
            sheet.head,
            f"{of}{sheet.code}&step=judge",
        ),
    }


def served(address: str, peer: str, pages: Mapping[str, tuple[str, str]]) -> list[ServedFigure]:
    """Return what a rerun of each page takes over the real server, beside the trivial app's."""
    # One live session a person: each page is left before the next person's is opened.
    found = []
    for page, (who, where) in pages.items():
        took, empty = in_turn(address, {page: Visitor(_cookie(who), (where,))}, peer, ROUNDS)[page]
        found.append(ServedFigure(page, median(took), median(empty)))
    return found


def staff(people: int) -> list[Visitor]:
    """Return so many signed-in people, managers first, as far as there are."""
    with reading() as db:
        found = db.execute(
            select(Account.username, Account.role)
            .where(Account.status == AccountStatus.ACTIVE.value)
            .order_by(Account.role == Role.GENERAL_USER.value, Account.username)
            .limit(people)
        ).all()
    return [Visitor(_cookie(name), PAGES_OF[Role(role)]) for name, role in found]


def _cookie(who: str) -> str:
    now = clock.utc_now()
    claims = {
        "session": session_of(who, "127.0.0.1", now),
        "exp_date": now.timestamp() + 3600,
    }
    return f"{COOKIE_NAME}={jwt.encode(claims, _KEY, algorithm='HS256')}"


@contextmanager
def _serving(
    command: Sequence[str], url: str, folder: Path, more: dict[str, str]
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    port = free_port()
    named = "--port" if "manage.py" in command else "--server.port"
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, named, str(port)],
            cwd=ROOT if "manage.py" in command else folder,
            env=os.environ | {"DATABASE_URL": url, "COOKIE_KEY": _KEY} | more,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            return
        except OSError:
            assert process.poll() is None, "the server did not come up"
            time.sleep(0.2)
    raise AssertionError("the server did not come up within a minute")


def _resident(process: "subprocess.Popen[bytes]") -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def _memory(address: str, process: "subprocess.Popen[bytes]") -> Iterator[MemoryFigure]:
    """Let fifty people ask without thinking, and then four times as many come, ask and go."""
    yield MemoryFigure("the start", _resident(process))
    done = 0
    for goal in STEPS:
        while done < goal:
            done += len(visit(address, staff(50), 10, (0.01, 0.05)))
        yield MemoryFigure(f"{done:,} reruns of 50 sessions at a time", _resident(process))
    for _ in range(4):
        visit(address, staff(50), 2, (0.1, 0.5))
    yield MemoryFigure("200 more sessions came and went", _resident(process))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as there:
        for part in run(Path(there), int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE):
            print(*part, sep="\n")
