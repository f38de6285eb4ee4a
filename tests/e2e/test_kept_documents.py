"""文件保管 in a real Chromium: a document is opened, its destruction proposed, and confirmed by another."""

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from data import engine
from data.engine import reading
from data.models import Event, KeptDocument
from tests.e2e.person import Person

pytestmark = pytest.mark.browser
TABLE = ".stDataFrameGlideDataEditor"


@pytest.fixture
def people(browser: Browser, database: str, server: str) -> Iterator[tuple[Person, Person]]:
    engine.configure(database)
    both = Person(browser, server), Person(browser, server)
    yield both
    for person in both:
        person.leave()
    engine.engine().dispose()


def views(document_id: int) -> int:
    with reading() as db:
        wanted = select(Event.id).where(
            Event.type == "document_viewed", Event.object_id == str(document_id)
        )
        return len(db.scalars(wanted).all())


def test_a_document_is_opened_and_destroyed_by_two(people: tuple[Person, Person]) -> None:
    manager, other = people
    manager.sign_in("unit_manager", "/kept_documents?state=destroyable")
    manager.page.locator(TABLE).first.click(position={"x": 15, "y": 55})
    manager.rest()
    document_id = int(manager.page.url.split("document=")[1])
    for count in (1, 2):
        name, content = manager.download("檢視／下載")
        assert views(document_id) == count
    with reading() as db:
        entry = db.get_one(KeptDocument, document_id)
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    assert name == entry.file_name

    manager.press("提出銷毀")
    manager.page.get_by_label("原因（必填）").fill("駁回後已滿一年")
    manager.page.get_by_role("dialog").get_by_role("button", name="提出銷毀").click()
    manager.rest()
    manager.sees("待確認銷毀")

    other.sign_in("agency_manager", f"/kept_documents?document={document_id}")
    other.press("確認銷毀")
    other.page.get_by_text("了解銷毀後無法復原").click()
    other.rest()
    other.page.get_by_role("dialog").get_by_role("button", name="確認銷毀").click()
    other.rest()
    other.sees("內容已銷毀")
    with reading() as db:
        assert db.get_one(KeptDocument, document_id).sha256 == entry.sha256
