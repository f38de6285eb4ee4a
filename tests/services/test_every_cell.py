"""Every guarded service function × every holder × things of every unit: the table's cells by real calls.

What the table allows works; everything else is refused, changes nothing and leaves exactly one
event. The ids named are real ones of other units and agencies, and one that does not exist.
"""

import inspect
import shutil
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data import engine
from services.actor import Actor, operator
from services.errors import Conflict, Invalid, Refused
from tests.kept_files import copy_database
from tests.postgres import own_database
from tests.prepared import (
    NOBODY,
    UNITS,
    Prepared,
    events_after,
    last_event,
    objects,
    prepare,
)
from tests.services.cells import CELLS, Cell, On, expected, places_of
from tests.test_house import FUNCTIONS, UNGUARDED
from tests.world import EVERYBODY, NOW

HOLDERS = (*EVERYBODY, "operator", "nobody")
A_FEW = ("clerk", "works_head", "works_manager", "nobody")


@pytest.fixture(scope="module")
def on_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Prepared]:
    """An SQLite file with the prepared world; no call sees what another one wrote."""
    path = tmp_path_factory.mktemp("cells") / "prepared.db"
    shutil.copy(sqlite_template, path)
    engine.configure(f"sqlite:///{path}")
    world = prepare()
    engine.engine().dispose()
    return path, world


@pytest.fixture(scope="module")
def on_postgresql(
    postgres: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Prepared]]:
    """A PostgreSQL database with the prepared world; only what is refused is tried on it."""
    with own_database(postgres, "template_house") as url:
        engine.configure(url)
        with pytest.MonkeyPatch.context() as environment:
            # Freezing seals, and sealing writes a file.
            file = tmp_path_factory.mktemp("cells") / "checkpoints.txt"
            environment.setenv("LEDGER_CHECKPOINTS", str(file))
            environment.setenv("FILES_DIR", str(file.parent / "files"))
            world = prepare()
        yield url, world
        engine.engine().dispose()


def use_copy(path: Path, copy: Path) -> None:
    """Configure a copy of the prepared file, with the checkpoints that stand beside it."""
    beside = ".checkpoints.txt"
    for left in ("-wal", "-shm"):
        copy.with_name(copy.name + left).unlink(missing_ok=True)
    shutil.copy(path.with_suffix(beside), copy.with_suffix(beside))
    engine.configure(f"sqlite:///{copy_database(path, copy)}")


@cache
def _person(account_id: int, who: str, _backend: str) -> Actor:
    world = Prepared(accounts={who: account_id})
    return world.actor(who)


def acting(world: Prepared, who: str) -> Actor:
    """Return who acts; the prepared world says the same of them in every test."""
    if who == "nobody":
        return NOBODY
    if who == "operator":
        return operator(NOW)
    return _person(world.accounts[who], who, engine.engine().dialect.name)


def places(cell: Cell) -> tuple[str | None, ...]:
    return (*UNITS, None) if cell.on is On.UNIT else ("",)


def function_of(name: str) -> Any:
    return FUNCTIONS[name.partition("#")[0]]


def attempts(world: Prepared, name: str, allowed: bool) -> Iterator[tuple[str, Actor, str | None]]:
    """Yield the holders and places for which the table allows the call, or does not."""
    cell, action = CELLS[name], CELLS[name].by or function_of(name).__action__
    for who in HOLDERS:
        actor = acting(world, who)
        for place in places(cell):
            if expected(world, cell, actor, action, place) is allowed:
                yield who, actor, place


def test_every_guarded_function_has_a_row_and_every_row_a_function() -> None:
    assert {name.partition("#")[0] for name in CELLS} == set(FUNCTIONS) - UNGUARDED


def call(name: str, world: Prepared, actor: Actor, place: str | None) -> Any:
    """Make one call; a failure names it."""
    try:
        return CELLS[name].call(function_of(name), world, actor, place)
    except Exception as error:
        error.add_note(f"{name} by {actor.label} on {place}")
        raise


def refused_all(world: Prepared, name: str, tried_by: Collection[str] = HOLDERS) -> int:
    """Make every call that the table does not allow ``tried_by``; return how many there were."""
    function, before, last = function_of(name), objects(), last_event()
    told = []
    for who, actor, place in attempts(world, name, allowed=False):
        if who not in tried_by:
            continue
        with pytest.raises(Refused):
            call(name, world, actor, place)
        what = (function.__action__.value, inspect.unwrap(function).__qualname__)
        told.append(("refused", actor.account_id, *what, "refused"))
    left = [
        (event.type, event.account_id, event.object_id, event.detail["function"], event.outcome)
        for event in events_after(last)
    ]
    assert left == told, name
    assert objects() == before, name
    return len(told)


@pytest.mark.attack("foreign-id")
@pytest.mark.parametrize("name", sorted(CELLS))
def test_what_the_table_does_not_allow_is_refused_and_on_record(
    on_sqlite: tuple[Path, Prepared], tmp_path: Path, name: str
) -> None:
    path, world = on_sqlite
    use_copy(path, tmp_path / "cells.db")
    assert refused_all(world, name)


@pytest.mark.attack("foreign-id")
@pytest.mark.parametrize("name", sorted(CELLS))
def test_it_is_refused_on_postgresql_too(on_postgresql: tuple[str, Prepared], name: str) -> None:
    """Whom to refuse is decided before any statement: a few people show that the database is asked right."""
    url, world = on_postgresql
    engine.configure(url)
    assert refused_all(world, name, A_FEW)
    engine.engine().dispose()


@pytest.mark.parametrize("name", sorted(CELLS))
def test_what_the_table_allows_works(
    on_sqlite: tuple[Path, Prepared], tmp_path: Path, name: str
) -> None:
    path, world = on_sqlite
    cell, function = CELLS[name], function_of(name)
    to_try = attempts_in(path, world, name)
    copy, untouched = tmp_path / "cells.db", None
    for who, actor, place in to_try:
        if untouched is None or untouched != state_of(copy):
            engine.engine().dispose()
            use_copy(path, copy)
            untouched = state_of(copy)
        last, answer = last_event(), None
        with pytest.raises((Conflict, Invalid)) if cell.nothing_to_do else nullcontext():
            answer = call(name, world, actor, place)
        assert not [event for event in events_after(last) if event.type == "refused"]
        if cell.units_in is not None:
            reached = places_of(world, actor, function.__action__)
            assert cell.units_in(world, answer) == reached, f"{name} by {who}"
    assert to_try


def state_of(database: Path) -> list[tuple[int, int]]:
    """Return what tells that nothing was written to an SQLite database since."""
    files = (database, database.with_name(f"{database.name}-wal"))
    stats = [file.stat() for file in files if file.exists()]
    return [(stat.st_size, stat.st_mtime_ns) for stat in stats if stat.st_size]


def attempts_in(path: Path, world: Prepared, name: str) -> list[tuple[str, Actor, str | None]]:
    engine.configure(f"sqlite:///{path}")
    found = list(attempts(world, name, allowed=True))
    engine.engine().dispose()
    return found
