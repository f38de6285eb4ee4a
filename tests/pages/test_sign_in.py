"""Signing in and out: what works, what is refused, and that leaving clears everything."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import jwt
import pytest
from sqlalchemy import func, select, update
from streamlit.runtime.context import ContextProxy

from data.engine import configure, reading, transaction
from data.models import Account, Event, SignInSession
from pages.shared.cookies import SessionCookie
from pages.shared.session_token import COOKIE_NAME
from services.demo.load import DemoSummary
from services.demo.people import DEMO_PASSWORD
from services.identity import sessions, signin
from services.installation import keys
from tests.pages.browsing import open_app, texts, visit
from tests.signing_in import session_of
from tests.world import NOW


def events(kind: str) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(Event.type == kind)) or 0


def fill_in(username: str, password: str):  # type: ignore[no-untyped-def]
    app = visit()
    app.text_input[0].set_value(username)
    app.text_input[1].set_value(password)
    return app.button[0].click().run()


def test_the_right_password_opens_the_home_page(demo_city: DemoSummary) -> None:
    app = fill_in("clerk", DEMO_PASSWORD)
    assert not app.exception
    # AppTest has no browser to take the cookie; a real one answers by itself.
    assert not app.title
    app.button[0].click().run()
    assert app.title[0].value == "待辦"
    assert events("signed_in") == 1


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("clerk", "wrong"),
        ("nobody", DEMO_PASSWORD),
        ("clerk", "長" * 40),
        ("clerk' OR '1'='1", DEMO_PASSWORD),
        ("clerk", DEMO_PASSWORD + "\x00"),
    ],
)
def test_a_wrong_sign_in_says_one_sentence_and_is_recorded(
    demo_city: DemoSummary, username: str, password: str
) -> None:
    app = fill_in(username, password)
    assert not app.exception
    assert [error.value for error in app.error] == ["帳號或密碼不正確，或帳號已停用。"]
    assert (events("sign_in_failed"), events("signed_in")) == (1, 0)


@pytest.mark.parametrize(
    ("username", "password"), [("", ""), ("clerk", ""), ("", DEMO_PASSWORD), ("  ", "x")]
)
def test_an_unfinished_form_is_no_attempt(
    demo_city: DemoSummary, username: str, password: str
) -> None:
    app = fill_in(username, password)
    assert [error.value for error in app.error] == ["請輸入帳號與密碼。"]
    assert events("sign_in_failed") == 0


@pytest.mark.parametrize(
    ("password", "found"),
    [
        (f" {DEMO_PASSWORD}\t", True),
        (" " * 80 + DEMO_PASSWORD, True),
        ("   ", False),
        (" " + "x" * 73 + " ", False),
    ],
)
def test_blanks_around_a_password_do_not_count(
    demo_city: DemoSummary, password: str, found: bool
) -> None:
    assert bool(signin.find_credentials("clerk", password)["usernames"]) is found
    assert bool(fill_in("clerk", password).error) is not found


@pytest.mark.parametrize("zone", ["Asia/Taipei", "UTC", "America/New_York"])
def test_the_cookie_is_given_its_end_in_utc(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {}
    monkeypatch.setattr("pages.shared.cookies.cookie_component", lambda **said: sent.update(said))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        moment = datetime(2026, 11, 23, 20, tzinfo=ZoneInfo(zone))
        # The library's own call says no zone.
        SessionCookie("k" * 64).cookie_manager.set("name", "value", moment.replace(tzinfo=None))
    finally:
        monkeypatch.undo()
        time.tzset()
    end = datetime.fromisoformat(sent["options"]["expires"])
    assert end.utcoffset() == timedelta(0)
    assert end == moment


@pytest.mark.parametrize("status", ["suspended", "cancelled"])
def test_a_closed_account_cannot_sign_in_and_is_out_at_once(
    demo_city: DemoSummary, status: str
) -> None:
    app = open_app("clerk")
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(status=status))
    app.run()
    assert app.text_input[0].label == "帳號"
    assert "sign_in_session" not in app.session_state
    again = fill_in("clerk", DEMO_PASSWORD)
    assert "sign_in_session" not in again.session_state
    if status == "suspended":
        # All that is left is the application for reinstatement.
        assert again.subheader[0].value == "帳號停權中"
        assert [button.label for button in again.button] == ["送出申請", "取消，回到登入"]
    else:
        assert again.error


def test_signing_out_ends_the_session_and_clears_the_state(demo_city: DemoSummary) -> None:
    app = open_app("clerk")
    session_id = app.session_state["sign_in_session"]
    app.session_state["something_private"] = "left over"
    app.button(key="sign_out").click().run()
    assert "something_private" not in app.session_state
    assert "sign_in_session" not in app.session_state
    with reading() as db:
        assert db.get_one(SignInSession, session_id).ended_at == NOW
    assert app.success[0].value == "您已登出。"
    # The browser answers that the cookie is gone, which is a rerun: it is still said then.
    assert app.run().text_input[0].label == "帳號"
    assert [one.value for one in app.warning] == ["您已登出。"]


def cookie(session_id: str, key: str, **claims: object) -> str:
    good = {
        "username": "clerk",
        "exp_date": (NOW + timedelta(hours=1)).timestamp(),
        "session": session_id,
    }
    return jwt.encode(good | claims, key, algorithm="HS256")


def test_the_cookie_brings_an_open_session_back(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = session_of("clerk", "10.1.1.1", NOW)
    token = cookie(session_id, keys.cookie_key())
    monkeypatch.setattr(ContextProxy, "cookies", {COOKIE_NAME: token})
    assert visit().title[0].value == "待辦"
    sessions.end_session(session_id, NOW)
    assert visit().text_input[0].label == "帳號"


def test_a_false_or_old_cookie_brings_nothing(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = session_of("clerk", "10.1.1.1", NOW)
    key = keys.cookie_key()
    tokens = {
        "another key": cookie(session_id, "x" * 64),
        "expired": cookie(session_id, key, exp_date=(NOW - timedelta(1)).timestamp()),
        "no session": cookie("", key),
        "another session": cookie("guess", key),
        "no algorithm": jwt.encode({"session": session_id}, "", algorithm="none"),
        "garbage": "garbage",
        "empty": "",
    }
    for token in tokens.values():
        monkeypatch.setattr(ContextProxy, "cookies", {COOKIE_NAME: token})
        assert visit().text_input[0].label == "帳號"


def test_without_a_database_the_page_says_what_to_do(tmp_path) -> None:  # type: ignore[no-untyped-def]
    configure(f"sqlite:///{tmp_path / 'empty.db'}")
    assert "系統尚未建置" in texts(visit())


def test_an_unexpected_error_shows_a_number_and_no_traceback(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = open_app("auditor")

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("services.audits.overview.Quarter.parse", broken)
    monkeypatch.setattr("pages.sampler.chooser.list_audits", broken)
    app.switch_page("pages/sampler/page.py").run()
    shown = texts(app)
    assert "請把編號" in shown
    assert "secret detail" not in shown
    assert not app.exception
    assert "secret detail" in caplog.text
