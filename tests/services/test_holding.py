"""No fail-open: what cannot be written down does not happen, the service is held, and resumes."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from data.engine import engine, reading, transaction
from data.models import Account, Event
from data.models.base import Base
from services import events
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.sheet import worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.cadastre.numbers import Kind
from services.documents.tables import export_table
from services.errors import Busy, Held, Refused
from services.events import EventType
from services.identity import lockout
from services.installation import alerts, holding
from services.operation.resuming import PROBE_EVERY, still_held
from services.parcels.query import ParcelRequest, query
from services.regulation.items import Item
from services.regulation.periods import Quarter
from services.regulation.purpose import Purpose
from services.usage.importing.sources import list_sources
from services.usage.records import add_records
from tests.services.breaking import (
    commits_fail,
    disk_full,
    insert_revoked,
    read_only,
    table_gone,
    trigger_refuses,
)
from tests.signing_in import session_of
from tests.world import NOW, World, at

REQUEST = ParcelRequest(
    section_code="AD0609",
    kind=Kind.LAND,
    number="18-1",
    items=(Item.LAND_OWNERSHIP,),
    purpose=Purpose(document_no="府授地資字第1136012388號"),
)
Q3 = Quarter(2026, 3)
LATER = NOW + timedelta(seconds=PROBE_EVERY)


Wait = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """A function that lets so many seconds of waiting pass."""
    passed = [1000.0]
    monkeypatch.setattr(holding, "ticks", lambda: passed[0])

    def more(seconds: float) -> None:
        passed[0] += seconds

    return more


@pytest.fixture
def city(world: World) -> World:
    """The world with a quarter that can be frozen, and one audit that can be judged."""
    world.use("clerk", *(at(2026, 7, day) for day in range(1, 29)), at(2026, 8, 2), at(2026, 9, 2))
    world.use("clerk", at(2026, 5, 2))
    audit_id = freeze(world.actor("head"), world.units["tax1"], Q3)
    draw_first(world.actor("head"), audit_id)
    world.audit_id = audit_id  # type: ignore[attr-defined]
    return world


def _judge(city: World) -> Callable[[], object]:
    audit_id = city.audit_id  # type: ignore[attr-defined]
    head = city.actor("head")
    seen = {row.record_id: 0 for row in worksheet_rows(head, audit_id)}
    return lambda: judge(head, audit_id, seen, Ruling.COMPLIANT)


def _call(function: Callable[..., object], *args: Any) -> Callable[[], object]:
    return lambda: function(*args)


ACTS: dict[str, Callable[[World], Callable[[], object]]] = {
    "query": lambda city: _call(query, city.actor("clerk"), REQUEST),
    "sign-in": lambda _city: _call(session_of, "clerk"),
    "failed sign-in": lambda _city: _call(lockout.failed, lockout.take("clerk", "10.1.1.1", NOW)),
    "judge": _judge,
    "export": lambda city: _call(export_table, city.actor("clerk"), "mine", ["欄"], [["值"]], 1),
    "freeze": lambda city: _call(freeze, city.actor("head"), city.units["tax1"], Quarter(2026, 2)),
    "refusal": lambda city: _call(list_sources, city.actor("clerk")),
}
"""What is done, made ready while the database was well."""

WAYS: list[tuple[str, Callable[[str], AbstractContextManager[int]]]] = [
    ("sqlite", table_gone),
    ("sqlite", trigger_refuses),
    ("sqlite", commits_fail),
    ("sqlite", read_only),
    ("sqlite", disk_full),
    ("postgresql", table_gone),
    ("postgresql", trigger_refuses),
    ("postgresql", commits_fail),
    ("postgresql", insert_revoked),
]
each_way = pytest.mark.parametrize(
    ("database", "breaking"),
    WAYS,
    ids=[f"{backend}-{way.__name__}" for backend, way in WAYS],
    indirect=["database"],
)
Breaking = Callable[[str], AbstractContextManager[int]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], str]:
    """An operator's program that keeps what it is told, and a reader of that."""
    kept = tmp_path / "alerts.txt"
    program = tmp_path / "tell.sh"
    program.write_text(f"#!/bin/sh\ncat >> '{kept}'\necho >> '{kept}'\n")
    program.chmod(0o700)
    monkeypatch.setenv("ALERT_COMMAND", str(program))

    def read() -> str:
        wait_for_alerts()
        return kept.read_text() if kept.exists() else ""

    return read


def wait_for_alerts() -> None:
    for thread in threading.enumerate():
        if thread.name == "alert":
            thread.join(20)


def counts() -> dict[str, int]:
    """How many rows every table has, and whether the clerk's account counts as used."""
    with reading() as db:
        found = {
            table.name: db.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
        used = db.scalars(select(Account.last_used_at).where(Account.username == "clerk")).one()
    return found | {"used": int(used is not None)}


@each_way
@pytest.mark.parametrize("act", ACTS)
def test_without_the_event_nothing_happens_and_the_service_is_held(
    city: World, told: Callable[[], str], wait: Wait, breaking: Breaking, act: str
) -> None:
    do = ACTS[act](city)
    before = counts()
    with breaking("events") as put:
        before["events"] += put
        with pytest.raises(Held):
            do()
        hold = still_held(NOW)
        assert hold is not None and hold.since == NOW
        with pytest.raises(Held, match=hold.number):
            query(city.actor("clerk2"), REQUEST)
        wait(PROBE_EVERY)
        assert still_held(LATER) is not None, "no probe can have written anything"
    with pytest.raises(Held, match=hold.number):
        query(city.actor("clerk2"), REQUEST)  # well again, but nobody has tried yet
    assert counts() == before
    assert told().count("暫停服務") == 1
    assert hold.number in told()

    resumed_at = LATER + timedelta(seconds=PROBE_EVERY)
    wait(PROBE_EVERY)
    assert still_held(resumed_at) is None
    assert counts() == before | {"events": before["events"] + 2}
    with reading() as db:
        held, resumed = db.scalars(select(Event).order_by(Event.id.desc()).limit(2)).all()[::-1]
    assert (held.type, held.at, held.object_id) == ("service_held", NOW, hold.number)
    assert (resumed.type, resumed.at) == ("service_resumed", resumed_at)
    assert "已恢復服務" in told()
    if act == "refusal":
        with pytest.raises(Refused):
            do()
    else:
        do()


@each_way
def test_without_the_usage_record_there_is_no_data_and_no_probe_succeeds(
    city: World, told: Callable[[], str], wait: Wait, breaking: Breaking
) -> None:
    actor = city.actor("clerk")
    before = counts()
    with breaking("usage_records") as put:
        before["events"] += put
        with register_reads() as seen, pytest.raises(Held):
            query(actor, REQUEST)
        assert seen == []
        assert still_held(NOW) is not None
        # Events alone could be written in some of these cases; that is not enough.
        wait(PROBE_EVERY)
        assert still_held(LATER) is not None
    assert counts() == before
    wait(PROBE_EVERY)
    assert still_held(LATER) is None
    assert counts() == before | {"events": before["events"] + 2}
    assert query(actor, REQUEST).records
    assert told().count("暫停服務") == 1


@contextmanager
def register_reads() -> Iterator[list[str]]:
    """Collect every statement that touches the register."""
    seen: list[str] = []

    def watch(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if any(table in statement for table in ("parcels", "buildings", "rights")):
            seen.append(statement)

    target = engine()
    event.listen(target, "before_cursor_execute", watch)
    yield seen
    event.remove(target, "before_cursor_execute", watch)


def test_what_a_person_types_cannot_hold_the_service(world: World) -> None:
    nasty = "a\x00b\ud800" + "字" * 500
    actor = replace(world.actor("clerk"), name=nasty, address=nasty, session_id=nasty)
    with transaction() as db:
        events.write(
            db, actor, EventType.REFUSED, about=("username", nasty), text=nasty, more=[{nasty: 1}]
        )
    assert still_held(NOW) is None
    with reading() as db:
        written = db.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert written.object_id.startswith("ab?字") and len(written.object_id) == 80
    assert "\x00" not in json.dumps(written.detail, ensure_ascii=False)


def test_a_row_that_is_wrong_by_itself_holds_nobody(world: World) -> None:
    row = world.row("clerk", at(2026, 7, 1), source_key="twice")
    with transaction() as db:
        add_records(db, [row])
    with pytest.raises(IntegrityError), transaction() as db:
        add_records(db, [row])
    assert still_held(NOW) is None


def test_another_writer_who_takes_long_holds_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine().dialect.name != "sqlite":
        return  # PostgreSQL's writers do not wait for each other
    other = sqlite3.connect(str(engine().url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
        with pytest.raises(Busy, match="正忙"):
            session_of("clerk")
    finally:
        other.rollback()
        other.close()
    assert still_held(NOW) is None
    assert session_of("clerk")


def test_a_command_that_fails_or_hangs_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alerts, "PATIENCE_SECONDS", 0.2)
    for command in ("/no/such/program", "false", "sleep 60", "unclosed 'quote"):
        caplog.clear()
        monkeypatch.setenv("ALERT_COMMAND", command)
        alerts.alert("一句話", row=12)
        wait_for_alerts()
        said = [record.getMessage() for record in caplog.records]
        assert said[0] == "一句話 row=12"
        assert said[1].startswith("ALERT_COMMAND failed")


def test_the_command_is_never_a_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALERT_COMMAND", f"tee {told} ; touch shell")
    alerts.alert("$(touch nothing) `touch nothing`")
    wait_for_alerts()
    # Every word is an argument of tee, and the sentence is only text.
    assert told.read_text() == "$(touch nothing) `touch nothing`"
    assert {path.name for path in tmp_path.iterdir()} == {"told", ";", "touch", "shell"}
    assert (tmp_path / "shell").read_text() == told.read_text()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(hours=-2), timedelta(days=300)])
def test_a_clock_that_is_set_while_the_service_is_held_prolongs_nothing(
    world: World, wait: Wait, jump: timedelta
) -> None:
    """Also where it is set back between one hold and the next."""
    for _ in range(2):
        with trigger_refuses("events"):
            with pytest.raises(Held):
                lockout.failed(lockout.take("clerk", "10.1.1.1", NOW))
            assert still_held(NOW) is not None
        wait(PROBE_EVERY)
        assert still_held(NOW + jump) is None


def test_whoever_hammers_a_held_service_does_not_hammer_the_database(
    world: World, wait: Wait
) -> None:
    with trigger_refuses("events"):
        attempt = lockout.take("clerk", "10.1.1.1", NOW)
        with pytest.raises(Held):
            lockout.failed(attempt)
        tries = 0

        def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal tries
            tries += "INSERT INTO events" in statement

        event.listen(engine(), "before_cursor_execute", count)
        for second in range(10):
            assert still_held(NOW + timedelta(seconds=second)) is not None
            wait(1)
        assert tries == 2
