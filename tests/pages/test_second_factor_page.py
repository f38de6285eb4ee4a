"""The second factor on screen: on the way in, on 我的帳號, and on 帳號管理."""

import re
from datetime import timedelta
from typing import Any

import numpy as np
import pyotp
import pytest
import zxingcpp
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, RecoveryCode, SecondFactor, Setting
from services import clock
from services.demo.load import DemoSummary
from services.demo.people import DEMO_PASSWORD
from services.identity import totp
from tests.pages.browsing import open_page, texts, visit
from tests.world import NOW

CODE = re.compile(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}")


@pytest.fixture(autouse=True)
def required(demo_city: DemoSummary) -> None:
    """The second factor is off with demo data unless somebody sets it."""
    with transaction() as db:
        db.add(Setting(key="policy.second_factor", value="1", changed_at=NOW))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    moments = iter(NOW + timedelta(minutes=minutes) for minutes in range(1, 9))

    def pass_by() -> Any:
        moment = next(moments)
        monkeypatch.setattr(clock, "utc_now", lambda: moment)
        return moment

    return pass_by


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception
    return app


def password(who: str) -> AppTest:
    app = visit()
    app.text_input[0].set_value(who)
    app.text_input[1].set_value(DEMO_PASSWORD)
    return press(app, "登入")


def enrolled(app: AppTest) -> tuple[pyotp.TOTP, list[str]]:
    """Set the factor up in front of the screen that offers it; return the app and the codes."""
    press(app, "開始設定")
    phone = pyotp.TOTP(app.code[0].value.replace(" ", ""))
    app.text_input[0].set_value(phone.at(clock.utc_now()))
    press(app, "完成設定")
    return phone, codes_on(app)


def codes_on(app: AppTest) -> list[str]:
    return [code for block in app.code for code in CODE.findall(block.value)]


def read_qr(svg: str) -> str:
    """Draw the SVG's strokes and read them with a decoder that knows nothing of how it was made."""
    size = int(re.findall(r'd="M0 0h(\d+)v', svg)[0])
    field = np.full((size, size), 255, dtype=np.uint8)
    x, y = 0.0, 0.0
    strokes = re.findall(r'stroke="#000" d="([^"]+)"', svg)[0]
    for move, across, down in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", strokes):
        if move == "h":
            field[int(y), int(x) : int(x + float(across))] = 0
            x += float(across)
        else:
            x, y = (0.0, 0.0) if move == "M" else (x, y)
            x, y = x + float(across), y + float(down)
    (found,) = zxingcpp.read_barcodes(np.kron(field, np.ones((4, 4), dtype=np.uint8)))
    text: str = found.text
    return text


@pytest.mark.parametrize("username", ["chen.yl", "a" * 40, "x-_.9"])
def test_the_qr_code_says_what_the_app_needs(username: str) -> None:
    enrolment = totp.new_enrolment(1, username)
    uri = read_qr(enrolment.qr_code)
    assert uri == enrolment.uri
    taken_up = pyotp.parse_uri(uri)
    assert isinstance(taken_up, pyotp.TOTP)
    assert (taken_up.secret, taken_up.name, taken_up.issuer) == (
        enrolment.secret,
        username,
        "地籍資料使用管理系統",
    )
    assert (taken_up.digits, taken_up.interval) == (6, 30)
    assert enrolment.typed_secret.replace(" ", "") == enrolment.secret
    assert {len(group) for group in enrolment.typed_secret.split()} == {4}


def test_whoever_needs_one_sets_it_up_and_reads_the_codes_before_going_in() -> None:
    app = password("auditor")
    assert "設定雙因子驗證" in texts(app)
    _, codes = enrolled(app)
    assert len(codes) == 10
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(RecoveryCode)) == 10
    go_on = next(one for one in app.button if one.label == "繼續")
    assert go_on.disabled
    # Nothing else to press: whoever left would never see the codes again.
    assert [one.label for one in app.button] == ["繼續"]
    app.checkbox[0].check().run()
    press(app, "繼續")
    press(app, "繼續")  # AppTest has no browser to take the cookie
    assert app.title[0].value == "待辦"
    assert "entrance_kept" not in app.session_state


def test_a_slip_at_the_set_up_says_what_to_check() -> None:
    app = press(password("auditor"), "開始設定")
    app.text_input[0].set_value("000000")
    press(app, "完成設定")
    assert "QR 碼" in app.error[0].value
    app.text_input[0].set_value("hello")
    press(app, "完成設定")
    # No recovery code exists yet, so none is asked for.
    assert app.error[0].value == "請輸入新驗證器 App 顯示的 6 個數字。"
    assert app.code


def test_cancelling_the_set_up_forgets_the_secret() -> None:
    app = press(password("auditor"), "開始設定")
    secret = app.code[0].value
    press(app, "取消，回到登入")
    app.text_input[0].set_value("agency_manager")
    app.text_input[1].set_value(DEMO_PASSWORD)
    press(app, "登入")
    assert not app.code
    press(app, "開始設定")
    assert app.code[0].value != secret


def test_the_code_then_a_recovery_code_and_how_many_are_left(later: Any) -> None:
    phone, codes = enrolled(password("auditor"))
    moment = later()
    app = password("auditor")
    app.text_input[0].set_value(phone.at(moment))
    press(app, "驗證")
    press(app, "繼續")
    assert app.title[0].value == "待辦"

    later()
    app = password("auditor")
    app.text_input[0].set_value("123456")
    press(app, "驗證")
    assert "驗證碼不正確" in app.error[0].value
    app.text_input[0].set_value(codes[3].lower())
    press(app, "驗證")
    assert "還剩 9 組" in texts(app)
    press(app, "繼續登入")
    press(app, "繼續")
    assert app.title[0].value == "待辦"


def test_whoever_needs_none_is_asked_for_none() -> None:
    app = password("clerk")
    press(app, "繼續")
    assert app.title[0].value == "待辦"


# --- 帳號管理 ------------------------------------------------------------------------------------


def test_a_manager_removes_the_factor_of_whoever_lost_the_phone() -> None:
    enrolled(password("unit_manager"))
    with reading() as db:
        account_id = db.scalars(select(Account.id).where(Account.username == "unit_manager")).one()
    app = open_page("agency_manager", "accounts", account=str(account_id))
    app.button(key="act.factor").click().run()
    press(app, "移除")
    assert "原因" in app.error[0].value
    app.text_area(key="dialog.reason").input("手機遺失，已當面核對身分")
    press(app, "移除")
    with reading() as db:
        assert db.get(SecondFactor, account_id) is None
    assert "act.factor" not in {str(button.key) for button in app.button}
    assert "設定雙因子驗證" in texts(password("unit_manager"))


# --- 我的帳號 ------------------------------------------------------------------------------------


def card(who: str) -> AppTest:
    """The part of 我的帳號 by itself, as its page shows it."""
    app = AppTest.from_function(_card, default_timeout=60)
    app.session_state["who"] = who
    app.run()
    assert not app.exception
    return app


def _card() -> None:
    import streamlit as st

    from pages.my_account.factor_card import factor_card
    from pages.shared import session
    from services import clock
    from tests.signing_in import session_of

    if "sign_in_session" not in st.session_state:
        who = st.session_state["who"]
        st.session_state["sign_in_session"] = session_of(who, "10.1.1.1", clock.utc_now())
    actor = session.guard(clock.utc_now)
    assert actor is not None
    factor_card(actor)


@pytest.fixture
def clerk_with_phone() -> tuple[AppTest, pyotp.TOTP, list[str]]:
    app = card("clerk")
    assert "未設定" in texts(app)
    app.button(key="factor.set_up").click().run()
    phone = pyotp.TOTP(app.code[0].value.replace(" ", ""))
    app.text_input(key="factor.new").set_value(phone.at(NOW))
    press(app, "完成設定")
    codes = codes_on(app)
    app.checkbox[0].check().run()
    press(app, "繼續")
    assert "尚有 10 組復原碼" in texts(app)
    return app, phone, codes


def test_replacing_the_app_on_one_s_own_page(
    clerk_with_phone: tuple[AppTest, pyotp.TOTP, list[str]], later: Any
) -> None:
    app, phone, _ = clerk_with_phone
    moment = later()
    app.button(key="factor.replace").click().run()
    new = pyotp.TOTP(app.code[0].value.replace(" ", ""))
    app.text_input(key="factor.new").set_value(new.at(moment))
    press(app, "完成設定")
    assert "6 個數字" in app.error[0].value  # the present one's code is missing
    app.text_input(key="factor.present").set_value(phone.at(moment))
    press(app, "完成設定")
    assert len(codes_on(app)) == 10
    assert new.secret != phone.secret


def test_new_recovery_codes_and_removal_on_one_s_own_page(
    clerk_with_phone: tuple[AppTest, pyotp.TOTP, list[str]], later: Any
) -> None:
    app, phone, old = clerk_with_phone
    app.button(key="factor.codes").click().run()
    app.text_input(key="factor.present").set_value(phone.at(later()))
    press(app, "產生新的復原碼")
    new = codes_on(app)
    assert len(new) == 10 and not set(new) & set(old)
    app.checkbox[0].check().run()
    press(app, "繼續")
    app.button(key="factor.remove").click().run()
    app.text_input(key="factor.present").set_value(new[0])
    press(app, "移除雙因子驗證")
    assert "未設定" in texts(app)


def test_where_it_is_required_nothing_offers_to_remove_it(later: Any) -> None:
    enrolled(password("auditor"))
    later()
    app = card("auditor")
    keys = {str(button.key) for button in app.button}
    assert {"factor.replace", "factor.codes"} <= keys
    assert "factor.remove" not in keys
    assert "不能移除" in texts(app)
    app.button(key="factor.replace").click().run()
    app.button(key="factor.cancel").click().run()
    assert not app.code
