"""Stored script, links and markup in every text field, shown on every page to everybody it is open to."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from data import engine
from data.engine import reading, transaction
from data.models import Account, Application, Base, PackageReview, Property, Unit
from pages.shared.registry import PAGES
from services.actor import operator
from services.applications.applying import Wanted, apply_new
from services.audits.drawing import draw_first
from services.audits.sheet import worksheet_rows
from services.audits.spot import open_spot_check
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.demo.people import DEMO_PASSWORD
from services.identity.links import print_link
from services.identity.people import as_actor, load_account
from services.incidents.acting import take_step
from services.incidents.listing import IncidentFilters, list_incidents
from services.oversight.acting import take_review
from services.oversight.findings.asking import Draft, ask
from services.regulation.application_states import State
from services.regulation.incidents import Step
from services.regulation.items import Item
from services.regulation.periods import last_finished_quarter
from services.regulation.roles import Role
from tests.attacks.poison import CODES, MARK, SCRIPT, poison, typed_columns
from tests.demo_small import DemoTemplate
from tests.kept_files import copy_database
from tests.pages.browsing import APP, open_page, visit
from tests.pages.conftest import browser, router  # noqa: F401 - fixtures
from tests.pages.test_every_page import OPEN_TO, WITH_ITEMS
from tests.services.applications.cast import NEWCOMER
from tests.services.papers.helpers import pdf
from tests.world import NOW

SHOWN_AS_IT_STANDS = {
    ("Selectbox", "options"), ("Selectbox", "raw_value"), ("Selectbox", "placeholder"),
    ("MultiSelect", "options"), ("MultiSelect", "raw_values"),
    ("TextInput", "default"), ("TextInput", "value"), ("TextInput", "placeholder"),
    ("TextArea", "default"), ("TextArea", "value"),
    ("DownloadButton", "url"), ("Dataframe", "columns"),
}  # fmt: skip
"""Fields that Streamlit puts on the page as text, whatever stands in them."""
FURNISHED: dict[str, str] = {}
"""Ids of what the demo city has none of and is made before it is poisoned; ``{name}`` stands for one."""
PLACES: list[tuple[str, dict[str, str]]] = [
    *((entry.address, {}) for entry in PAGES),
    ("accounts", {"text": SCRIPT}),
    ("accounts", {"account": "1"}),
    ("accounts", {"view": "applications", "closed": "yes", "application": "1"}),
    ("accounts", {"view": "leaving"}),
    ("accounts", {"view": "import"}),
    ("kept_documents", {"text": SCRIPT}),
    ("kept_documents", {"document": "1"}),
    ("kept_documents", {"state": "destroyable"}),
    ("kept_documents", {"document": "86"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "step": "scope"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "freeze"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "draw"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "judge"}),
    ("audit_sampler", {"unit": "TAX-DAAN", "quarter": "2026Q2", "step": "sign"}),
    ("incidents", {"state": "all", "incident": "1"}),
    ("incidents", {"incident": "{incident}"}),
    ("incidents", {"view": "spots"}),
    *(
        ("incidents", {"spot": "{spot}", "step": step})
        for step in ("scope", "freeze", "draw", "judge", "sign")
    ),
    ("review", {"half": "2026H1", "review": "{review}"}),
    ("findings", {"show": "all", "finding": "{finding}"}),
    ("findings", {"view": "help"}),
    ("usage_charts", {"unit": "TAX-DAAN", "by": "source"}),
    ("records", {"unit": "TAX-DAAN", "period": "year", "record": "5000"}),
    ("records", {"unit": "TAX-DAAN", "period": "year", "view": "people", "person": SCRIPT}),
    ("records", {"unit": "TAX-DAAN", "name": SCRIPT, "words": SCRIPT, "from": SCRIPT}),
    ("agency_audit", {"agency": "TAX", "half": "2026H1", "step": "scope"}),
    ("agency_audit", {"agency": "TAX", "half": "2026H1", "step": "freeze"}),
    ("import_usage", {"view": "people"}),
    ("verify", {"code": SCRIPT}),
    ("event_log", {"period": "year"}),
    ("event_log", {"period": "year", "event": "1"}),
    ("event_log", {"period": "year", "event": "40", "person": SCRIPT, "about": SCRIPT}),
]


@pytest.fixture(scope="module")
def poisoned(demo_template: DemoTemplate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo city with the payload in every text that somebody could have typed."""
    path = tmp_path_factory.mktemp("poison") / "poisoned.db"
    copy_database(demo_template.path, path)
    engine.configure(f"sqlite:///{path}")
    furnish(NOW)
    poison(SCRIPT)
    engine.engine().dispose()
    return path


def furnish(now: datetime) -> None:
    """Give the city a spot check, an incident with a step and a file, and links that lead to somewhere."""
    with reading() as db:
        who = db.scalars(select(Account).where(Account.username == "agency_manager")).one()
        unit = db.scalars(select(Unit).where(Unit.code == "TAX-DAAN")).one()
        account = load_account(db, who.id)
        assert account is not None
        manager = as_actor(account, now)
    quarter = last_finished_quarter(manager.today)
    spot = open_spot_check(manager, unit.id, quarter, "例行檢查", 3, seal=False)
    draw_first(manager, spot)
    row = worksheet_rows(manager, spot)[0]
    judge(manager, spot, {row.record_id: 0}, Ruling.MAJOR, "說不出用途")
    incident = max(row.id for row in list_incidents(manager, IncidentFilters(), None, 50).rows)
    files = [("簽呈.pdf", pdf())]
    take_step(manager, incident, 1, Step.REPORTED, manager.today, "已簽陳首長", files=files)
    review, finding = _reviewed(now)
    wanted = Wanted(Role.GENERAL_USER, unit.id, (Item.LAND_DESCRIPTION,), "業務需要")
    FURNISHED.update(
        {
            "{spot}": str(spot),
            "{incident}": str(incident),
            "{review}": str(review),
            "{finding}": str(finding),
            "{follow}": apply_new(NEWCOMER, wanted, "10.1.1.1", now).token or "",
            "{reset}": print_link(operator(now), "clerk").rpartition("=")[2],
        }
    )


def _reviewed(now: datetime) -> tuple[int, int]:
    """Have the package that the city sent reviewed, with something asked about it and a file."""
    with reading() as db:
        review = db.scalars(select(PackageReview.id)).one()
        who = db.scalars(select(Account.id).where(Account.username == "reviewer")).one()
        account = load_account(db, who)
        assert account is not None
        reviewer = as_actor(account, now)
    take_review(reviewer, review, 1)
    drafts = [Draft("說明查詢目的", "請檢送案卷影本。", "flags")]
    due = reviewer.today + timedelta(days=14)
    return review, ask(reviewer, review, 2, drafts, due)[0]


def furnished(named: dict[str, str]) -> dict[str, str]:
    """Return an address with the ids of what was made for it."""
    return {key: FURNISHED[value] if value[0] == "{" else value for key, value in named.items()}


@pytest.fixture
def city(poisoned: Path, tmp_path: Path) -> Iterator[None]:
    engine.configure(f"sqlite:///{copy_database(poisoned, tmp_path / 'city.db')}")
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


@pytest.mark.attack("script")
@pytest.mark.parametrize("who", OPEN_TO)
def test_nothing_typed_is_read_as_markdown_or_html(city: None, who: str) -> None:
    seen = ""
    for module, named in PLACES:
        address = furnished(named)
        if module not in OPEN_TO[who] and not (module == "parcel_query" and who in WITH_ITEMS):
            continue
        app = open_page(who, module, **address)
        assert not [error.value for error in app.error if "編號 **" in error.value], module
        assert not app.exception
        assert unescaped(app) == [], (module, address)
        seen += repr([getattr(node, "proto", "") for node in elements(app)])
    # It was there to be shown: escaped in the sidebar at least.
    assert "XSS" in seen


@pytest.mark.attack("script")
def test_the_sign_in_screen_shows_nothing_typed(city: None) -> None:
    app = visit()
    assert unescaped(app) == []


def from_link(name: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params[name] = FURNISHED[f"{{{name}}}"]
    return app.run()


def sent_back() -> AppTest:
    """The followed application, to be put right: what was typed stands in its fields, too."""
    with transaction() as db:
        db.execute(
            update(Application)
            .where(Application.staff_no.startswith("XSS"), Application.account_id.is_(None))
            .values(state=State.RETURNED.value)
        )
    return from_link("follow")


def suspended() -> AppTest:
    """The clerk after the right password, suspended for a reason that somebody typed."""
    with transaction() as db:
        stopped = {"status": "suspended", "status_reason": SCRIPT[:200], "suspended_at": NOW}
        db.execute(update(Account).where(Account.username == "clerk").values(**stopped))
    app = visit()
    app.text_input[0].input("clerk")
    app.text_input[1].input(DEMO_PASSWORD)
    return app.button[0].click().run()


def reinstating() -> AppTest:
    """The same, with an application for reinstatement under way and its reason typed as well."""
    app = suspended()
    app.text_area(key="reinstate.reason").input(SCRIPT[:190])
    return app.button[0].click().run()


WAYS_IN: dict[str, tuple[Callable[[], AppTest], str]] = {
    "an application that is followed": (lambda: from_link("follow"), "XSS"),
    "one that was sent back": (sent_back, "XSS"),
    "an account that is suspended": (suspended, "XSS"),
    "a reinstatement under way": (reinstating, "XSS"),
    "a reset link": (lambda: from_link("reset"), "重設密碼"),
}
"""What an outsider sees, and a word of it; a reset says nothing that anybody typed."""


@pytest.mark.attack("script")
@pytest.mark.parametrize("way", WAYS_IN)
def test_nothing_typed_is_read_on_the_way_in(city: None, way: str) -> None:
    reach, shown = WAYS_IN[way]
    app = reach()
    assert not app.exception
    assert unescaped(app) == []
    assert shown in repr([getattr(node, "proto", "") for node in elements(app)])


@pytest.mark.attack("script")
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
