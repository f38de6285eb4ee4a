"""The second factor in a real browser: the QR code as a camera sees it, codes, a lost phone."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
import pyotp
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect

from services.actor import operator
from services.clock import utc_now
from services.demo.people import DEMO_PASSWORD
from services.identity.factor_removal import remove_factor_as_operator
from services.identity.policy import set_policy
from tests.e2e.person import Person

pytestmark = pytest.mark.browser
Enter = Callable[[], Person]


@pytest.fixture(scope="module", autouse=True)
def required(database: str) -> None:
    """The second factor is off with demo data unless somebody sets it."""
    set_policy(operator(utc_now()), "second_factor", "1")


@pytest.fixture
def enter(browser: Browser, server: str) -> Iterator[Enter]:
    """Opens browser windows of their own with the password given, and closes them."""
    people: list[Person] = []

    def somebody() -> Person:
        person = Person(browser, server)
        people.append(person)
        person.open("/")
        person.page.get_by_label("帳號").fill("auditor")
        person.page.get_by_label("密碼").fill(DEMO_PASSWORD)
        person.page.get_by_role("button", name="登入").first.click()
        return person

    yield somebody
    for person in people:
        person.leave()


def seen_by_a_camera(person: Person) -> str:
    """Read the QR code from a picture of the screen."""
    picture = person.page.get_by_test_id("stImage").first
    picture.wait_for()
    person.rest()
    pixels = np.array(Image.open(io.BytesIO(picture.screenshot())).convert("L"))
    (found,) = zxingcpp.read_barcodes(pixels)
    text: str = found.text
    return text


def is_inside(person: Person) -> None:
    expect(person.page.get_by_role("button", name="登出")).to_be_visible(timeout=60_000)


def set_up(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    person.page.get_by_role("button", name="開始設定").click()
    phone = pyotp.parse_uri(seen_by_a_camera(person))
    assert isinstance(phone, pyotp.TOTP)
    assert (
        phone.secret == person.page.get_by_test_id("stCode").inner_text().replace(" ", "").strip()
    )
    person.picture("second-factor-set-up")
    person.page.get_by_label("驗證碼").fill(phone.now())
    person.press("完成設定")
    person.sees("請保存復原碼")
    person.picture("second-factor-recovery-codes")
    kept = person.download("下載復原碼")[1].decode()
    codes = re.findall(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", kept)
    assert all(code in person.page.locator("body").inner_text() for code in codes)
    expect(person.page.get_by_role("button", name="繼續")).to_be_disabled()
    person.page.get_by_text("我已保存復原碼").click()
    person.rest()
    person.page.get_by_role("button", name="繼續").click()
    is_inside(person)
    return phone, codes


def test_from_the_qr_code_to_a_lost_phone(enter: Enter) -> None:
    auditor = enter()
    phone, codes = set_up(auditor)
    assert len(codes) == 10

    auditor = enter()
    auditor.sees("請輸入驗證器 App 目前顯示的 6 個數字")
    auditor.picture("second-factor-code")
    auditor.page.get_by_label("驗證碼").fill(codes[0].lower())
    auditor.press("驗證")
    auditor.sees("還剩 9 組")
    auditor.press("繼續登入")
    is_inside(auditor)

    auditor = enter()
    # The step after the present one: the code of the set-up may still be the present one.
    auditor.page.get_by_label("驗證碼").fill(phone.at(utc_now() + timedelta(seconds=30)))
    auditor.press("驗證")
    is_inside(auditor)

    remove_factor_as_operator(operator(utc_now()), "auditor", "手機遺失")
    auditor.page.reload()
    expect(auditor.page.get_by_label("密碼")).to_be_visible(timeout=60_000)
    again = enter()
    new_phone, _ = set_up(again)
    assert new_phone.secret != phone.secret
