"""Stored script, links and markup in every text field, shown on every page to everybody it is open to."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from data import engine
from data.engine import reading
from data.models import Base, Property
from pages.registry import PAGES
from tests.attacks.poison import CODES, MARK, SCRIPT, poison, typed_columns
from tests.demo_small import DemoTemplate
from tests.pages.browsing import open_page, visit
from tests.pages.conftest import browser, router  # noqa: F401 - fixtures
from tests.pages.test_every_page import OPEN_TO, WITH_ITEMS

pytestmark = pytest.mark.attack("script")

SHOWN_AS_IT_STANDS = {
    ("Selectbox", "options"), ("Selectbox", "raw_value"), ("Selectbox", "placeholder"),
    ("MultiSelect", "options"), ("MultiSelect", "raw_values"),
    ("TextInput", "default"), ("TextInput", "value"), ("TextInput", "placeholder"),
    ("TextArea", "default"), ("TextArea", "value"),
    ("DownloadButton", "url"), ("Dataframe", "columns"),
}  # fmt: skip
"""Fields that Streamlit puts on the page as text, whatever stands in them."""
PLACES: list[tuple[str, dict[str, str]]] = [
    *((entry.module, {}) for entry in PAGES),
    ("accounts", {"text": SCRIPT}),
    ("accounts", {"account": "1"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "step": "scope"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "freeze"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "draw"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "judge"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "sign"}),
    ("usage_charts", {"unit": "TAX-DAAN", "by": "source"}),
    ("import_usage", {"view": "people"}),
    ("event_log", {"period": "year"}),
    ("event_log", {"period": "year", "event": "1"}),
    ("event_log", {"period": "year", "event": "40", "person": SCRIPT, "about": SCRIPT}),
]


@pytest.fixture(scope="module")
def poisoned(demo_template: DemoTemplate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo city with the payload in every text that somebody could have typed."""
    path = tmp_path_factory.mktemp("poison") / "poisoned.db"
    shutil.copy(demo_template.path, path)
    engine.configure(f"sqlite:///{path}")
    poison(SCRIPT)
    engine.engine().dispose()
    return path


@pytest.fixture
def city(poisoned: Path, tmp_path: Path) -> Iterator[None]:
    engine.configure(f"sqlite:///{shutil.copy(poisoned, tmp_path / 'city.db')}")
    yield
    engine.engine().dispose()


def strings(message: Message) -> Iterator[tuple[str, str, str]]:
    """Yield every text of a message with the names of its message and field."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        for one in values:
            if field.type == FieldDescriptor.TYPE_STRING:
                yield message.DESCRIPTOR.name, field.name, one
            elif isinstance(one, Message):
                yield from strings(one)


def elements(app: AppTest) -> Iterator[Any]:
    """Yield every node of the page."""

    def walk(node: Any) -> Iterator[Any]:
        yield node
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    yield from walk(app._tree)


def unescaped(app: AppTest) -> list[tuple[str, str, str]]:
    """Return the fields that hold the payload as it was typed and are read as Markdown or HTML."""
    found = []
    for node in elements(app):
        proto = getattr(node, "proto", None)
        if proto is None:
            continue
        found += [
            (message, field, text[:80])
            for message, field, text in strings(proto)
            if MARK in text and field != "id" and (message, field) not in SHOWN_AS_IT_STANDS
        ]
        if getattr(node, "type", "") == "table":
            cells = [str(cell) for row in node.value.to_numpy().tolist() for cell in row]
            found += [("Table", "cell", cell[:80]) for cell in cells if MARK in cell]
    return found


def test_every_typed_column_of_every_table_is_poisoned() -> None:
    tables = Base.metadata.tables
    assert set(CODES) <= set(tables)
    for name, columns in CODES.items():
        assert columns <= set(tables[name].columns.keys()), name
    poisoned_columns = [f"{t.name}.{c}" for t in tables.values() for c in typed_columns(t)]
    assert len(poisoned_columns) > 45
    assert {"events.detail", "verdicts.note", "usage_imports.file_name"} <= set(poisoned_columns)


@pytest.mark.parametrize("who", OPEN_TO)
def test_nothing_typed_is_read_as_markdown_or_html(city: None, who: str) -> None:
    seen = ""
    for module, address in PLACES:
        if module not in OPEN_TO[who] and not (module == "parcel_query" and who in WITH_ITEMS):
            continue
        app = open_page(who, module, **address)
        assert not [error.value for error in app.error if "編號 **" in error.value], module
        assert not app.exception
        assert unescaped(app) == [], (module, address)
        seen += repr([getattr(node, "proto", "") for node in elements(app)])
    # It was there to be shown: escaped in the sidebar at least.
    assert "XSS" in seen


def test_the_sign_in_screen_shows_nothing_typed(city: None) -> None:
    app = visit()
    assert unescaped(app) == []


def test_a_query_s_result_is_text(city: None) -> None:
    with reading() as db:
        section, number = db.execute(
            select(Property.section_code, Property.number).where(Property.kind == "land")
        ).first() or ("", "")
    land = f"{int(number[:4])}-{int(number[4:])}"
    app = open_page("clerk", "parcel_query", section=section, number=land, kind="land")
    app.text_input(key="parcel.reason").input("地價稅稽徵查核")
    next(button for button in app.button if button.label == "查詢").click().run()
    assert app.table
    assert unescaped(app) == []
    assert "XSS" in str(app.table[0].value)
