"""Another connection that names a tab: it gets nothing of what is under way there before signing in."""

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import select, update
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account
from services import clock
from services.actor import operator
from services.demo.load import DemoSummary
from services.demo.people import DEMO_PASSWORD
from services.identity.links import print_link
from services.identity.policy import set_policy
from tests.pages.browsing import APP, texts, visit
from tests.pages.test_applications_page import following, sent_in
from tests.pages.test_entrance import bring, is_outside, said, sign_in_form, token
from tests.signing_in import session_of
from tests.world import NOW

NEW = "新的密碼是 三隻貓頭鷹啊"
SECRETS = ("entering", "entrance_kept", "reset_token", "applying.token", "applying.sent")
Connect = Callable[[str], None]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Says which websocket is at the other end from the next run on; first of all the owner's."""

    def with_key(key: str) -> None:
        monkeypatch.setattr(ContextProxy, "headers", {"Sec-Websocket-Key": key})

    with_key("owner")
    return with_key


def recognised(**values: object) -> AppTest:
    """The clerk, whose account has these values, after the right password."""
    if values:
        with transaction() as db:
            db.execute(update(Account).where(Account.username == "clerk").values(**values))
    return sign_in_form(visit(), "clerk", DEMO_PASSWORD)


def press(app: AppTest, label: str) -> AppTest:
    next(one for one in app.button if one.label == label).click()
    return app.run()


def setting_up() -> AppTest:
    set_policy(operator(NOW), "second_factor", "2")
    return press(recognised(), "開始設定")


def reading_recovery_codes() -> AppTest:
    app = setting_up()
    secret = app.code[0].value.replace(" ", "")
    app.text_input[0].set_value(pyotp.TOTP(secret).at(clock.utc_now()))
    return press(app, "完成設定")


def resetting() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["reset"] = print_link(operator(NOW), "clerk").rpartition("=")[2]
    return app.run()


SCREENS: dict[str, tuple[Callable[[], AppTest], str]] = {
    "a new password": (lambda: recognised(must_change_password=True), "變更密碼"),
    "the set-up of a second factor": (setting_up, "掃描 QR 碼"),
    "the recovery codes": (reading_recovery_codes, "請保存復原碼"),
    "reinstatement": (lambda: recognised(status="suspended", suspended_at=NOW), "帳號停權中"),
    "a reset link": (resetting, "重設密碼"),
    "an application that is followed": (lambda: following(sent_in()[1]), "王小明"),
}


@pytest.mark.attack("websocket")
@pytest.mark.parametrize("screen", SCREENS)
def test_who_names_the_tab_of_somebody_on_the_way_in_starts_over(
    demo_city: DemoSummary, connect: Connect, screen: str
) -> None:
    reach, shown = SCREENS[screen]
    app = reach()
    assert shown in texts(app)
    assert shown in texts(app.run())  # the same connection goes on
    for key in ("thief", "owner"):  # nor is anything left for the owner's connection
        connect(key)
        app.run()
        assert is_outside(app) and not app.code
        assert "連線曾經中斷" in said(app) or key == "owner"
        assert not [name for name in SECRETS if name in app.session_state]
        assert shown not in texts(app)


@pytest.mark.attack("websocket")
def test_what_another_connection_types_there_is_not_done(
    demo_city: DemoSummary, connect: Connect
) -> None:
    app = recognised(must_change_password=True)
    connect("thief")
    sign_in_form(app, NEW, NEW)
    assert is_outside(app)
    with reading() as db:
        assert db.scalars(
            select(Account.must_change_password).where(Account.username == "clerk")
        ).one()
    # Who starts over there goes in by the ordinary way, as the tab's new owner.
    sign_in_form(app, "clerk", DEMO_PASSWORD)
    assert app.subheader[0].value == "變更密碼"


@pytest.mark.attack("websocket")
def test_a_password_that_was_being_checked_is_nobody_else_s(
    demo_city: DemoSummary, connect: Connect
) -> None:
    """The connection that counts is the one that began, not the one that is there when it is right."""
    app = visit()
    app.text_input[0].set_value("clerk")
    app.text_input[1].set_value(DEMO_PASSWORD)
    connect("thief")
    app.button[0].click().run()
    assert is_outside(app)
    assert "sign_in_session" not in app.session_state


def test_an_empty_form_stays_open_when_the_connection_was_lost(
    demo_city: DemoSummary, connect: Connect
) -> None:
    app = press(visit(), "申請帳號")
    assert app.subheader[0].value == "申請帳號"
    connect("the same browser again")
    app.run()
    assert app.subheader[0].value == "申請帳號"
    assert not app.warning


@pytest.mark.parametrize("brings", [True, False])
def test_who_is_signed_in_goes_on_with_the_cookie_of_the_session(
    demo_city: DemoSummary, connect: Connect, monkeypatch: pytest.MonkeyPatch, brings: bool
) -> None:
    bring(monkeypatch, token(session_of("clerk")))
    app = visit()
    assert app.title[0].value == "待辦"
    if not brings:
        monkeypatch.setattr(ContextProxy, "cookies", {})
    connect("another")
    app.run()
    assert is_outside(app) is not brings
    assert ("sign_in_session" in app.session_state) is brings
    if brings:
        assert app.title[0].value == "待辦"
