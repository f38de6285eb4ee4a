"""Stored scripts in a real Chromium: on every page nothing runs, nothing is built, nothing is fetched."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Dialog

from data import engine
from services.clock import utc_now
from tests.attacks.poison import SCRIPT, poison
from tests.attacks.test_script import PLACES, furnish, furnished
from tests.e2e.person import Person
from tests.pages.test_every_page import OPEN_TO, WITH_ITEMS

pytestmark = pytest.mark.browser
WHO = ("agency_manager", "system_manager", "head", "clerk", "reviewer")
"""Between them every page is open to somebody, and so is every single thing that an address names.

Each opens every page that is theirs; what an address names on it, only the first of them: to whom it is shown
is tried on the server (`tests/attacks/test_script.py`), here it is what the browser makes of it.
"""
OPENED_BY = {"findings": "reviewer"}
"""Who opens a single thing of a page where the first who may open the page may not see it: another agency's."""
OF_ONE = {"incident": "結案前應辦", "spot": "回到清單"}
"""What stands on the screen of one thing only, and not on the list that is shown when there is none."""
MADE_OF_IT = """() => ({
    ran: window.__xss !== undefined,
    built: document.querySelectorAll(
        'img[src="x"], a[href*="evil"], a[href^="javascript"], [onerror], [onload], .katex, img[src*="evil"]'
    ).length,
    scripts: [...document.scripts].filter(s => s.textContent.includes('__xss')).length,
})"""


@pytest.fixture(scope="module")
def poisoned(database: str) -> str:
    """The served city, with the payload in every typed text."""
    engine.configure(database)
    furnish(utc_now())
    poison(SCRIPT)
    engine.engine().dispose()
    return database


@pytest.fixture
def window(browser: Browser, poisoned: str, server: str) -> Iterator[Person]:
    person = Person(browser, server)
    yield person
    person.leave()


def is_open(module: str, who: str) -> bool:
    return module in OPEN_TO[who] or (module == "parcel_query" and who in WITH_ITEMS)


def test_somebody_opens_every_page() -> None:
    assert {module for module, _ in PLACES} - {"parcel_query"} <= set().union(
        *(OPEN_TO[who] for who in WHO)
    )


@pytest.mark.attack("script")
@pytest.mark.parametrize("who", WHO)
def test_no_page_runs_what_was_typed(window: Person, who: str) -> None:
    asked: set[str] = set()
    window.page.on("request", lambda request: asked.add(request.url))
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    window.page.on("dialog", dismiss)
    window.sign_in(who)
    shown, met = 0, set()
    for module, named in PLACES:
        address = furnished(named)
        theirs = [one for one in WHO if is_open(module, one)]
        if who not in ([OPENED_BY.get(module, theirs[0])] if named else theirs):
            continue
        path = "/" if module == "home" else f"/{module}"
        window.page.goto(window.server + path + _query(address))
        window.rest()
        made = window.page.evaluate(MADE_OF_IT)
        assert made == {"ran": False, "built": 0, "scripts": 0}, (module, address)
        met |= {
            kind
            for kind, words in OF_ONE.items()
            if kind in address and window.page.get_by_text(words).count()
        }
        shown += window.page.get_by_text("XSS<img src=x").count()
    assert shown, "the payload was nowhere to be seen"
    if who == "agency_manager":
        assert met == set(OF_ONE), "the card and the check were really opened"
    assert alerts == []
    away = {url for url in asked if not url.startswith((window.server, "data:", "blob:"))}
    assert away == set()


def _query(address: dict[str, str]) -> str:
    return f"?{urlencode(address)}" if address else ""


def test_the_payload_works_where_it_is_let_loose(browser: Browser) -> None:
    """The test can fail: in a page that does not escape it, the same text runs and builds."""
    page = browser.new_page()
    page.set_content(f"<body>{SCRIPT}</body>")
    page.wait_for_function("window.__xss === 1")
    assert page.evaluate(MADE_OF_IT)["built"] >= 2
    page.close()
