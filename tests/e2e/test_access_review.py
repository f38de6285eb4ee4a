"""Story 5 in a real browser: an agency reviews its accounts, from the opening to the signed record."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy import delete, select

from data.engine import reading, transaction
from data.models import Account, ReviewCampaign, ReviewLine, SignInSession
from tests.e2e.person import Person

pytestmark = pytest.mark.browser
PAGE = "/access_review"
_CHECKBOX, _HEAD, _ROW = 15, 18, 33
"""Where a table's check boxes are, in pixels from its corner, and how far its rows are apart."""


def tick(person: Person, *rows: int) -> None:
    """Tick rows of the accounts' table, which is drawn on a canvas; 0 is all of them."""
    for row in rows:
        table = person.page.get_by_test_id("stDataFrame").last
        table.scroll_into_view_if_needed()
        box = table.bounding_box()
        assert box is not None
        person.page.mouse.click(box["x"] + _CHECKBOX, box["y"] + _HEAD + _ROW * row)
        person.rest()


def answer(person: Person, button: str) -> None:
    """Press a button of the open dialog and wait until it is gone."""
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_role("button", name=button, exact=True).click()
    dialog.wait_for(state="detached")
    person.rest()


def states() -> dict[str, str]:
    with reading() as db:
        return dict(db.execute(select(Account.username, Account.status)).all())


@pytest.fixture
def never_reviewed(database: str) -> None:
    """The demo city as if nobody had reviewed it yet, nor signed in: its own reviews are under way."""
    with transaction() as db:
        for table in (ReviewLine, ReviewCampaign, SignInSession):
            db.execute(delete(table))


@pytest.mark.usefixtures("never_reviewed")
def test_from_the_opening_to_the_signed_record(browser: Browser, server: str) -> None:
    manager = Person(browser, server)
    manager.sign_in("agency_manager")
    manager.sees("尚未發起")
    manager.page.locator("a[href*=access_review]", has_text="前往辦理").click()
    manager.rest()
    manager.press("發起權限清查")
    answer(manager, "發起")
    manager.sees("已核定 0／")

    unit = Person(browser, server)
    unit.sign_in("unit_manager", PAGE)
    tick(unit, 2)
    unit.sees("建議註銷")
    unit.press("停權")
    unit.page.get_by_role("dialog").get_by_label("原因（必填）").fill("單位主管仍須簽核")
    answer(unit, "初核")
    unit.sees("（初核 1）")
    unit.leave()

    manager.open(PAGE)
    tick(manager, 0)
    manager.press("依建議")
    answer(manager, "核定")
    tick(manager, 2)
    manager.press("依初核")
    answer(manager, "核定")
    manager.sees("由系統管理者核定")

    system = Person(browser, server)
    system.sign_in("system_manager", f"{PAGE}?campaign=1&show=undecided")
    tick(system, 1)
    system.press("保留")
    answer(system, "核定")
    system.leave()

    before = states()
    manager.open(f"{PAGE}?campaign=1")
    manager.press("結案")
    manager.sees("結案時立即辦理")
    assert states() == before
    manager.page.get_by_text("我已看過上述辦理事項").click()
    answer(manager, "結案")
    manager.sees("已結案")
    # It stays the review that is looked at, whatever is pressed next.
    manager.page.get_by_test_id("stMain").get_by_role("button", name="建議處理").click()
    manager.rest()
    manager.sees("已結案")
    after = states()
    assert after["head"] == "suspended"
    assert after["agency_manager"] == after["clerk"] == "active"
    assert sum(after[who] != before[who] for who in after) > 2

    with reading() as db:
        campaign = db.get_one(ReviewCampaign, 1)
    manager.sees(campaign.content_hash)
    text = manager.download("清查紀錄（CSV）")[1].decode("utf-8-sig")
    assert "單位主管仍須簽核" in text
    assert len(text.splitlines()) == len((campaign.record or {})["lines"]) + 2
    manager.leave()
