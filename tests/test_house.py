"""The rules of the house that a machine can hold: guards, registry, directions, one clock."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import services
from pages.shared import registry
from services.identity.actions import ACTION_LABELS
from services.identity.permissions import RULES, Action
from services.regulation.roles import Duty, Role

ROOT = Path(__file__).parents[1]
CHECKS = {"permit", "within", "load_audit", "load_unit"}
"""Functions that hold the thing at hand against the person's permission."""
UNGUARDED = {
    "services.identity.managing.management_problem",
    "services.identity.managing.require_managed",
    "services.events.record_refusal",
    "services.identity.permissions.permit",
    "services.identity.permissions.reach",
    "services.usage.importing.sources.new_source",
}
"""The guard itself and what it is made of, and values that are made but neither kept nor shown."""


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(services.__path__, "services."):
        if not found.name.endswith("verify_draw"):
            yield importlib.import_module(found.name)


def service_functions() -> dict[str, Callable[..., Any]]:
    """Every public function of the services whose first parameter is the acting person."""
    return {
        f"{module.__name__}.{name}": function
        for module in modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "actor"
    }


FUNCTIONS = service_functions()


def test_there_are_functions_to_walk() -> None:
    assert len(FUNCTIONS) > 25
    assert "services.audits.drawing.draw_first" in FUNCTIONS


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - UNGUARDED))
def test_every_service_function_is_guarded_and_checks_its_object(name: str) -> None:
    function = FUNCTIONS[name]
    assert isinstance(getattr(function, "__action__", None), Action), f"{name} has no guard"
    called = calls_of(inspect.unwrap(function), depth=3)
    assert called & CHECKS, f"{name} never checks the thing it touches"


def calls_of(function: Callable[..., Any], depth: int) -> set[str]:
    """Return the names called in a function and in the helpers of its own package it calls."""
    tree = ast.parse(inspect.getsource(function))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            names.add(
                target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            )
    if depth:
        module = inspect.getmodule(function)
        for name in list(names):
            helper = getattr(module, name, None)
            if inspect.isfunction(helper) and helper.__module__.startswith("services."):
                names |= calls_of(inspect.unwrap(helper), depth - 1)
    return names


def test_every_action_has_a_label_and_a_holder() -> None:
    assert set(ACTION_LABELS) == set(Action)
    assert {rule.action for rule in RULES} == set(Action)
    assert {rule.holder for rule in RULES} == {*Role, *Duty}


def test_the_registry_names_every_page_once_and_each_has_an_access_rule() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("*/page.py")}
    assert sorted(entry.file for entry in registry.PAGES) == sorted(files)
    assert len({entry.address for entry in registry.PAGES}) == len(registry.PAGES)
    # Streamlit's own router offers what lies directly in pages/, until a session has called ours.
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["__init__.py"]
    assert all(isinstance(entry.action, Action) for entry in registry.PAGES)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_only_the_entries_ask_the_clock() -> None:
    for path in sources("pages", "services", "data"):
        if path.name == "clock.py" or "versions" in path.parts:
            continue
        assert "services.clock" not in imports_of(path), path
        assert "utc_now" not in path.read_text(encoding="utf-8"), path


def test_nobody_imports_the_entries_and_the_entry_knows_no_sql() -> None:
    for path in sources("pages", "services", "data"):
        assert not imports_of(path) & {"app", "manage"}, path
    assert not {name.split(".")[0] for name in imports_of(ROOT / "app.py")} & {"data", "sqlalchemy"}


@pytest.mark.parametrize(("folder", "most"), [("pages", 180), ("services", 260), ("data", 260)])
def test_no_module_has_grown_past_its_room(folder: str, most: int) -> None:
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources(folder)
        if "versions" not in path.parts
        and (length := len(path.read_text(encoding="utf-8").splitlines())) > most
    }
    assert long == {}


def test_no_raw_html_and_no_unfinished_corner() -> None:
    for path in [*sources("pages", "services", "data"), ROOT / "app.py", ROOT / "manage.py"]:
        text = path.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in text, path
        assert not {
            word for word in ("TODO", "FIXME", "raise NotImplementedError") if word in text
        }, path


def test_no_page_shows_streamlit_s_calendar() -> None:
    """Its months are English and its years Gregorian: days are typed (`pages.shared.period`)."""
    found = [
        str(path.relative_to(ROOT))
        for path in [*sources("pages"), ROOT / "app.py"]
        if {"date_input", "datetime_input"} & names_in(path)
    ]
    assert found == []


def names_in(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in tree
        if isinstance(node, (ast.Attribute, ast.Name))
    }


def test_the_unguarded_are_there() -> None:
    assert set(FUNCTIONS) >= UNGUARDED
