"""SQL in every parameter of every address, every search and every filter: it is text and nothing else."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.registry import PAGES
from services.accounts.directory import AccountFilters, list_accounts
from services.actor import Actor, operator
from services.audits.commands import freeze_and_draw
from services.cadastre.numbers import Kind
from services.demo.load import DemoSummary
from services.errors import UserError
from services.event_log.listing import export_events, list_events
from services.event_log.search import EventFilters
from services.identity.policy import set_policy
from services.papers.attaching import find_matters
from services.papers.listing import PaperFilters, list_papers
from services.parcels.mine import my_usage
from services.parcels.query import ParcelRequest, query
from services.parcels.sections import find_section, sections_of
from services.regulation.items import Item
from services.regulation.periods import Quarter
from services.regulation.purpose import Purpose
from services.settings.readings import choose
from services.usage.filters import Filters
from services.usage.importing.preview import preview
from services.usage.importing.service import store
from services.usage.importing.source_users import claim_source_user
from services.usage.sums import Breakdown
from services.usage.trends import overview
from tests.pages.browsing import open_page, visit
from tests.pages.conftest import browser, demo_template, router  # noqa: F401 - fixtures
from tests.pages.test_every_page import OPEN_TO, WITH_ITEMS
from tests.prepared import Prepared, objects, prepare
from tests.services.import_helpers import csv_file
from tests.staged import Stage
from tests.test_docs import ARCHITECTURE
from tests.world import NOW

SQL = (
    "' OR '1'='1",
    "'; DROP TABLE accounts; --",
    "1; DELETE FROM events",
    "' UNION SELECT username, password_hash, 3 FROM accounts --",
    "%' ESCAPE '%",
    "1 OR 1=1",
    "\\'; UPDATE accounts SET role='system_manager'; --",
    '" OR ""="',
    "') OR EXISTS(SELECT 1 FROM accounts WHERE ('1'='1",
    "0x27204f5220",
    "𝟙' OR 1=1 --",
    "_" * 40,
    "9" * 400,
    "-1",
    "\x00' OR 1=1",
)
_SESSIONS = {"sign_in_sessions", "accounts", "sign_in_counters"}


def parameters() -> dict[str, list[str]]:
    """Return what each page's address can hold, as the map of addresses lists it."""
    found = {}
    for entry in PAGES:
        address = "/" if entry.address == "home" else f"/{entry.address}"
        row = next(r for r in ARCHITECTURE.splitlines() if f"| `{address}` |" in r)
        names = row.split("|")[3].split("`")[1::2]
        found[entry.address] = [
            n for n in names if n.isidentifier() and n not in ("scope", "freeze")
        ]
    return found


PARAMETERS = parameters()


def kept() -> dict[str, Any]:
    """Everything that opening a page does not write itself."""
    return {name: rows for name, rows in objects().items() if name not in _SESSIONS}


def rows_of(app: AppTest) -> int:
    return sum(len(table.value) for table in app.dataframe)


def test_every_parameter_of_the_map_is_tried() -> None:
    assert sum(map(len, PARAMETERS.values())) > 30
    assert {"text", "account"} <= set(PARAMETERS["accounts"])
    assert {"person", "about", "event"} <= set(PARAMETERS["event_log"])


@pytest.mark.attack("sql")
@pytest.mark.parametrize("module", [m for m in PARAMETERS if PARAMETERS[m]])
def test_sql_in_an_address_is_text(demo_city: DemoSummary, module: str) -> None:
    who = next(
        who
        for who in ("unit_manager", "agency_manager", "system_manager", "reviewer", "clerk")
        if module in OPEN_TO[who] or (module == "parcel_query" and who in WITH_ITEMS)
    )
    plain = rows_of(open_page(who, module))
    before = kept()
    for number, payload in enumerate(SQL):
        # All at once, so that one parameter cannot hide behind another that is refused first.
        app = open_page(who, module, **dict.fromkeys(PARAMETERS[module], payload))
        case = (module, payload)
        assert not app.exception, case
        assert not [e.value for e in app.error if "編號 **" in e.value], case
        assert rows_of(app) <= plain, case
        if number < len(PARAMETERS[module]):
            name = PARAMETERS[module][number]
            alone = open_page(who, module, **{name: payload})
            assert not [e.value for e in alone.error if "編號 **" in e.value], (case, name)
    assert kept() == before


@pytest.mark.attack("sql")
@pytest.mark.parametrize("payload", SQL)
def test_sql_at_the_sign_in_is_a_wrong_name(demo_city: DemoSummary, payload: str) -> None:
    before = kept()
    app = visit()
    app.text_input[0].input(payload[:40])
    app.text_input[1].input(payload)
    app.button[0].click().run()
    assert app.error
    assert "編號 **" not in app.error[0].value
    assert not app.title or app.title[0].value != "待辦"
    assert kept() == before


_DAYS = (date(2026, 11, 1), date(2026, 11, 30))
_PURPOSE = Purpose(document_no="府授地資字第1136012388號")
CALLS: dict[str, tuple[str, Callable[[Actor, Prepared, str], Any]]] = {
    "accounts by text": (
        "unit_manager",
        lambda a, w, s: list_accounts(a, AccountFilters(text=s), None, 50).rows,
    ),
    "documents by text": (
        "unit_manager",
        lambda a, w, s: list_papers(a, PaperFilters(text=s), None, 50).rows,
    ),
    "accounts and applications to add to": ("unit_manager", lambda a, w, s: find_matters(a, s)),
    "events by person": (
        "ethics",
        lambda a, w, s: list_events(a, EventFilters(*_DAYS, person=s), None, 50).rows,
    ),
    "events by object": (
        "ethics",
        lambda a, w, s: list_events(a, EventFilters(*_DAYS, object_id=s), None, 50).rows,
    ),
    "events by kind of object": (
        "ethics",
        lambda a, w, s: list_events(a, EventFilters(*_DAYS, object_type=s), None, 50).rows,
    ),
    "events by outcome": (
        "ethics",
        lambda a, w, s: export_events(a, EventFilters(*_DAYS, outcome=s)),
    ),
    "use by item": (
        "head",
        lambda a, w, s: overview(a, Filters("2026-07", "2026-09", items=(s,))),
    ),
    "use by source": (
        "head",
        lambda a, w, s: overview(
            a, Filters("2026-07", "2026-09", sources=(s,)), ranked=[Breakdown.ITEM]
        ),
    ),
    "use by month": ("head", lambda a, w, s: overview(a, Filters(s, s))),
    "own use by month": ("clerk", lambda a, w, s: my_usage(a, s, None, 50).rows),
    "a section by code": ("clerk", lambda a, w, s: find_section(a, s)),
    "sections by district": ("clerk", lambda a, w, s: sections_of(a, s)),
    "a parcel by section": (
        "clerk",
        lambda a, w, s: query(
            a, ParcelRequest(s, Kind.LAND, "1", (Item.LAND_DESCRIPTION,), _PURPOSE)
        ),
    ),
    "a parcel by number": (
        "clerk",
        lambda a, w, s: query(
            a, ParcelRequest("AD0609", Kind.LAND, s, (Item.LAND_DESCRIPTION,), _PURPOSE)
        ),
    ),
    "a unit by code": ("head", lambda a, w, s: freeze_and_draw(a, s, Quarter(2026, 2))),
    "a setting by key": ("system_manager", lambda a, w, s: set_policy(a, s, "10")),
    "a setting's value": ("system_manager", lambda a, w, s: set_policy(a, "idle_minutes", s)),
    "a reading": ("system_manager", lambda a, w, s: choose(a, s, s)),
    "a source's name in a preview": (
        "system_manager",
        lambda a, w, s: len(preview(a, s, s, csv_file({})).good_rows) < 0,
    ),
    "a user of another system": (
        "system_manager",
        lambda a, w, s: claim_source_user(a, w.foreign_source, s, w.accounts["clerk"]),
    ),
}


@pytest.mark.attack("sql")
@pytest.mark.parametrize("name", CALLS)
def test_sql_in_a_filter_finds_nothing_and_changes_nothing(stage: Stage, name: str) -> None:
    world = stage.set(prepare)
    who, call = CALLS[name]
    before = objects()
    for payload in SQL:
        try:
            found = call(world.actor(who), world, payload)
        except UserError:
            continue
        if name in ("a setting's value",) or not payload.strip("_\x00"):
            continue
        if isinstance(found, bytes):
            assert found.count(b"\r\n") == 2, payload
        else:
            assert not found, (name, payload)
    assert objects() == before


@pytest.mark.attack("sql")
def test_sql_in_an_imported_file_is_stored_as_text(stage: Stage) -> None:
    world = stage.set(prepare)
    actor = operator(NOW)
    for number, payload in enumerate(p for p in SQL if "\x00" not in p):
        cells = dict.fromkeys(("姓名", "地段", "地號/建號", "查詢原因"), payload[:60])
        data = csv_file(cells | {"序號": str(number), "使用者代號": payload[:40]})
        assert store(actor, f"系統{number}", payload, data, only_good=True).read == 1
    names = {name for name in objects() if name in ("accounts", "usage_records", "sections")}
    assert len(names) == 3
    assert len(objects()["accounts"]) == len(world.accounts)
