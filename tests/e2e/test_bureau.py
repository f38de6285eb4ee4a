"""The bureau's desk in a real browser, by a reviewer and an agency's manager (story 8)."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from data.engine import reading
from data.models import Account, Unit
from services.clock import utc_now
from services.rocdate import local_date, roc_date
from tests.e2e.person import Person
from tests.e2e.test_access_review import answer

pytestmark = pytest.mark.browser
LETTER, REPLY = "北市地資字第1156012388號", "北市都秘字第1156012399號"


def manager_of(agency: str) -> str:
    with reading() as db:
        name: str = db.scalars(
            select(Account.username)
            .join(Unit, Unit.id == Account.unit_id)
            .where(Unit.agency.has(code=agency), Account.role == "agency_manager")
        ).one()
        return name


def fill(person: Person, **fields: str) -> None:
    """Fill the fields of the open dialog, by their labels."""
    dialog = person.page.get_by_role("dialog")
    for label, text in fields.items():
        dialog.get_by_label(label, exact=True).fill(text)


def act(person: Person, name: str, **fields: str) -> None:
    """Press a button and answer its dialog."""
    person.press(name)
    fill(person, **fields)
    answer(person, f"確定{name}")


def test_a_package_is_asked_about_found_wanting_improved_and_accepted(
    browser: Browser, server: str
) -> None:
    reviewer = Person(browser, server)
    reviewer.sign_in("reviewer", "/review?half=2026H1")
    reviewer.sees("已收到 1 件")
    reviewer.tick(0)
    reviewer.sees("臺北市政府都市發展局．115年上半年")
    reviewer.press("承辦")
    reviewer.fits(1280, 900)
    reviewer.picture("review")
    reviewer.page.get_by_role("button", name="請說明", exact=True).first.click()
    reviewer.rest()
    fill(reviewer, 事由="查詢目的不明", 請機關說明的內容="請檢送案卷影本，說明查詢目的。")
    answer(reviewer, "確定請說明")
    reviewer.sees("還不能准予備查")

    manager = Person(browser, server)
    manager.sign_in(manager_of("UDD"))
    manager.sees("查詢目的不明")
    manager.go("缺失改善")
    manager.tick(0)
    act(manager, "提出說明", 說明="查詢係辦理都市更新案，案卷影本已併卷備查。")
    manager.sees("輪到地政局複核人員")

    reviewer.open("/findings")
    reviewer.tick(0)
    reviewer.press("列為缺失")
    reviewer.page.get_by_role("dialog").get_by_text("缺失", exact=True).first.click()
    fill(reviewer, 認定的理由="案卷所載標的與查詢標的不符。")
    answer(reviewer, "確定列為缺失")
    reviewer.sees("收回「列為缺失」")
    today = roc_date(local_date(utc_now()))
    ordered = {"應改善事項": "請主管覆核查詢目的。", "公文字號": LETTER, "公文日期": today}
    act(reviewer, "限期改善", **ordered)
    reviewer.sees("三項都登錄後")

    manager.open("/findings")
    manager.tick(0)
    for name, what in (
        ("提報改善", "改善情形"),
        ("提報首長議懲處", "議處情形"),
        ("通報政風", "通報情形"),
    ):
        said = {what: "已辦理，情形如來函。", "辦理日期": today, "公文字號": REPLY}
        act(manager, name, **said)
    manager.sees("輪到地政局複核人員")
    manager.picture("finding")
    manager.leave()

    reviewer.open("/findings")
    reviewer.tick(0)
    act(reviewer, "結案", 結案說明="改善情形可採。")
    reviewer.open("/review?half=2026H1")
    reviewer.tick(0)
    act(reviewer, "准予備查", 復函字號=LETTER)
    expect(reviewer.page.get_by_role("button", name="撤銷備查")).to_be_visible()
    reviewer.leave()
