"""A database that is busy gets a sentence and holds nobody; one that is away is held, reads too."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from data import engine
from data.engine import reading, transaction
from data.models import Account, UsageRecord
from services.actor import Actor
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.errors import Busy, Held
from services.events import EventType, write
from services.identity import sessions
from services.operation.resuming import still_held
from services.regulation.periods import Quarter
from services.usage.importing import service, storing
from tests.services.import_helpers import EXPECTED, SOURCE, add_sample_places, sample
from tests.signing_in import session_of
from tests.world import NOW, World, at

SENTENCE = "資料庫正忙於其他寫入.*沒有完成，資料沒有變動，請過一分鐘再做一次"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def impatient(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, in which whoever waits for SQLite's one writer is told at once."""
    monkeypatch.setattr(engine, "PATIENCE", 0.05)
    engine.configure(engine.engine().url.render_as_string(hide_password=False))
    return world


@contextmanager
def another_writer() -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(
        str(engine.engine().url.database), isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        if other.in_transaction:
            other.rollback()
        other.close()


def write_an_event(world: World) -> None:
    with transaction() as db:
        write(db, world.actor("clerk"), EventType.WORKSHEET_VIEWED)


ACTS: dict[str, Callable[[World], object]] = {
    "sign-in": lambda world: session_of("clerk"),
    "an event": write_an_event,
    "a freeze": lambda world: freeze(world.actor("head"), world.units["tax1"], Quarter(2026, 3)),
    "the end of a session": lambda world: sessions.end_session("nobody's", NOW),
}


@on_sqlite
@pytest.mark.parametrize("act", ACTS)
def test_whoever_waits_too_long_for_another_writer_is_told_so(impatient: World, act: str) -> None:
    impatient.use("clerk", at(2026, 7, 1))
    with another_writer(), pytest.raises(Busy, match=SENTENCE):
        ACTS[act](impatient)
    assert still_held(NOW) is None
    ACTS[act](impatient)


@on_sqlite
def test_reading_waits_for_nobody(impatient: World) -> None:
    with another_writer(), reading() as db:
        assert db.scalars(select(Account)).first() is not None


def no_connection_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = engine.engine().pool
    held = [pool.connect() for _ in range(15)]
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with pytest.raises(Busy, match=SENTENCE):
        write_an_event(world)
    for one in held:
        one.close()


def waiting_for_each_other(deadlock: bool) -> None:
    take = text("UPDATE accounts SET name = name WHERE username = :name")
    with engine.engine().connect() as other:
        other.execute(take, {"name": "clerk"})
        other.execute(text("SET LOCAL deadlock_timeout = '30s'"))
        waits = threading.Thread(target=other.execute, args=(take, {"name": "head"}))

        def wait_for_it() -> None:
            with transaction() as db:
                db.execute(take, {"name": "head"})
                if deadlock:
                    db.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                    waits.start()
                    time.sleep(0.2)
                else:
                    db.execute(text("SET LOCAL lock_timeout = '50ms'"))
                db.execute(take, {"name": "clerk"})

        with pytest.raises(Busy, match=SENTENCE):
            wait_for_it()
        if deadlock:
            waits.join(20)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["a lock", "a deadlock", "no connection left"])
def test_postgresql_has_ways_of_its_own_to_be_busy(
    world: World, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "no connection left":
        no_connection_left(world, monkeypatch)
    else:
        waiting_for_each_other(deadlock=way == "a deadlock")
    assert still_held(NOW) is None
    write_an_event(world)


def read_while(breaking: Callable[[Session], object]) -> None:
    with reading() as db:
        breaking(db)
        db.scalars(select(UsageRecord)).all()


def cut_the_connection(db: Session) -> None:
    pid = db.scalar(text("SELECT pg_backend_pid()"))
    with engine.engine().connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_plain_read_while_the_database_is_away_is_held(world: World, database: str) -> None:
    """Also where it goes away in the middle of it."""
    world.use("clerk", *[at(2026, 7, day) for day in range(1, 29)])
    if database == "postgresql":
        with pytest.raises(Held):
            read_while(cut_the_connection)
        assert still_held(NOW) is None, "the probe finds it well again"
        return
    engine.engine().dispose()
    path = Path(str(engine.engine().url.database))
    whole = path.read_bytes()
    broken = whole[:4096] + b"\xff" * (len(whole) - 4096)
    with pytest.raises(Held):
        read_while(lambda _: path.write_bytes(broken))
    engine.engine().dispose()
    for left in path.parent.glob(f"{path.name}-*"):
        left.unlink()
    path.write_bytes(whole)
    assert still_held(NOW) is None


# --- imports ---------------------------------------------------------------------------------------


@pytest.fixture
def manager(impatient: World) -> Actor:
    add_sample_places(impatient)
    return impatient.actor("system_manager")


def counts(done: service.ImportResult) -> dict[str, int]:
    return {name: getattr(done, name) for name in EXPECTED}


@on_sqlite
def test_an_import_waits_for_another_one(manager: Actor) -> None:
    """All of its rows are judged by then: to give up would be to judge them again."""
    with another_writer() as other:
        timer = threading.Timer(0.5, other.rollback)
        timer.start()
        done = service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
        timer.join()
    assert counts(done) == EXPECTED


@on_sqlite
def test_an_import_that_waited_too_long_says_so_and_leaves_nothing(
    manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0.1)
    with another_writer(), pytest.raises(Busy, match=SENTENCE):
        service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
    with reading() as db:
        assert db.scalars(select(UsageRecord)).first() is None


def test_only_the_writing_takes_the_lock(manager: Actor) -> None:
    """What was stored before is looked up, and rows are made ready, while others still write."""
    service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
    locked: list[str] = []
    within = False

    def watch(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal within
        within = within or "INSERT INTO usage_imports" in statement
        if within:
            locked.append(statement)

    event.listen(engine.engine(), "before_cursor_execute", watch)
    done = service.store(manager, SOURCE, "b", sample("xlsx"), only_good=True)
    event.remove(engine.engine(), "before_cursor_execute", watch)
    assert (done.stored, done.duplicates) == (0, 2000)
    assert locked and not any("source_key" in one and "SELECT" in one for one in locked)


def test_an_import_that_came_first_meanwhile_is_looked_at_again(
    manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ready = storing.make_ready

    def meanwhile(*how: Any) -> Any:
        ready = make_ready(*how)
        monkeypatch.setattr(service, "make_ready", make_ready)
        assert service.store(manager, SOURCE, "b", sample("csv"), only_good=True).stored == 1990
        return ready

    monkeypatch.setattr(service, "make_ready", meanwhile)
    done = service.store(manager, SOURCE, "a", sample("csv"), only_good=True)
    assert counts(done) == EXPECTED | {"stored": 0, "duplicates": 2000}


@on_sqlite
def test_others_write_while_an_import_is_made_ready(
    manager: Actor, impatient: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ready = storing.make_ready

    def meanwhile(*how: Any) -> Any:
        ready = make_ready(*how)
        audit = freeze(impatient.actor("head"), impatient.units["tax1"], Quarter(2026, 3))
        draw_first(impatient.actor("head"), audit)
        return ready

    impatient.use("clerk", at(2026, 7, 1))
    monkeypatch.setattr(service, "make_ready", meanwhile)
    assert counts(service.store(manager, SOURCE, "a", sample("csv"), only_good=True)) == EXPECTED
