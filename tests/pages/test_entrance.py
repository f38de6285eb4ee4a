"""The way in on screen: locks, replayed and forged cookies, links, and what a signed-out person reads."""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import bcrypt
import jwt
import pytest
from sqlalchemy import func, select, update
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, SignInSession
from pages.shared.session_token import COOKIE_NAME
from services import clock
from services.accounts.changes import set_status
from services.actor import Actor, operator
from services.demo.load import DemoSummary
from services.demo.people import DEMO_PASSWORD
from services.identity import presence, sessions, signin
from services.identity.links import print_link, reset_password
from services.identity.presence import Present
from services.identity.sessions import EndReason
from services.installation import keys
from services.regulation.roles import AccountStatus
from tests.pages.browsing import APP, open_app, open_page, texts, visit
from tests.signing_in import session_of
from tests.world import NOW

NEW = "新的密碼是 三隻貓頭鷹啊"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash new passwords at the lowest cost; the published one keeps its own."""
    real = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: real(4))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock of the application."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "utc_now", lambda: moment)

    return set_to


def sign_in_form(app: AppTest, username: str, password: str) -> AppTest:
    app.text_input[0].set_value(username)
    app.text_input[1].set_value(password)
    return app.button[0].click().run()


def is_outside(app: AppTest) -> bool:
    return not app.exception and [one.label for one in app.text_input[:2]] == ["帳號", "密碼"]


def said(app: AppTest) -> str:
    """Return the sentences on screen, without the escapes that keep them from being Markdown."""
    shown = (*app.error, *app.warning, *app.success)
    return "\n".join(one.value.replace("\\", "") for one in shown)


def actor_of(who: str) -> Actor:
    found = presence.check(session_of(who), NOW)
    assert isinstance(found, Present)
    return found.actor


# --- locks --------------------------------------------------------------------------------------


@pytest.mark.attack("sign-in")
def test_during_a_lock_no_password_is_checked_and_all_names_read_the_same(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch, at: Callable[[datetime], None]
) -> None:
    checked: list[bytes] = []
    real = bcrypt.checkpw

    def counting(given: bytes, hashed: bytes) -> bool:
        checked.append(given)
        return real(given, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    sentences = []
    for name, right in (("clerk", DEMO_PASSWORD), ("nobody", "x"), ("a" * 40, "x")):
        app, before = visit(), len(checked)
        for _ in range(5):
            sign_in_form(app, name, "wrong")
            assert said(app) == "帳號或密碼不正確，或帳號已停用。"
        for _ in range(3):
            sign_in_form(app, name, right)
            sentences.append(said(app))
        assert len(checked) == before + 5
        assert is_outside(app)
    assert len(set(sentences)) == 1 and "115年11月23日 10:15" in sentences[0]
    at(NOW + 15 * MINUTE)
    assert "sign_in_session" in sign_in_form(visit(), "clerk", DEMO_PASSWORD).session_state


# --- cookies ------------------------------------------------------------------------------------


def bring(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setattr(ContextProxy, "cookies", {COOKIE_NAME: token})


def token(session_id: object, key: str = "", algorithm: str = "HS256", **claims: object) -> str:
    good = {"exp_date": (NOW + timedelta(hours=1)).timestamp(), "session": session_id}
    if algorithm == "none":
        return jwt.encode(good | claims, "", algorithm="none")
    return jwt.encode(good | claims, key or keys.cookie_key(), algorithm=algorithm)


ENDINGS: dict[str, tuple[Callable[[str], object], str]] = {
    "sign-out": (lambda s: sessions.end_session(s, NOW), "您已登出"),
    "suspension": (lambda _: close(AccountStatus.SUSPENDED), "帳號已停權"),
    "cancellation": (lambda _: close(AccountStatus.CANCELLED), "帳號已註銷"),
    "a role change": (lambda _: set_column(role="unit_manager"), "角色已變更"),
    "a new sign-in": (lambda _: session_of("clerk", "10.2.2.2"), "在別處登入（來源位址 10.2.2.2）"),
    "a password change": (
        lambda _: end_by(EndReason.PASSWORD_CHANGED),
        "請以新密碼登入",
    ),
    "signing out everywhere": (lambda _: end_by(EndReason.EVERYWHERE), "所有登入"),
    "idleness": (lambda s: seen(s, NOW - 15 * MINUTE), "閒置時間已到"),
    "its longest time": (lambda s: begun(s, NOW - timedelta(hours=10)), "最長登入時間"),
}


def close(status: AccountStatus) -> None:
    manager = actor_of("unit_manager")
    with reading() as db:
        clerk = db.scalars(select(Account.id).where(Account.username == "clerk")).one()
    set_status(manager, clerk, status, "調離現職", expected_status=AccountStatus.ACTIVE)


def set_column(**values: str) -> None:
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(**values))


def end_by(reason: EndReason) -> None:
    with transaction() as db:
        clerk = db.scalars(select(Account).where(Account.username == "clerk")).one()
        sessions.end_all(db, clerk.id, NOW, reason)


def seen(session_id: str, moment: datetime) -> None:
    with transaction() as db:
        row = db.get_one(SignInSession, session_id)
        row.last_seen_at = moment


def begun(session_id: str, moment: datetime) -> None:
    with transaction() as db:
        row = db.get_one(SignInSession, session_id)
        row.started_at = moment


@pytest.mark.attack("cookie")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_replayed_cookie_opens_nothing_after(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    session_id = session_of("clerk")
    bring(monkeypatch, token(session_id))
    assert visit().title[0].value == "待辦"
    end, sentence = ENDINGS[ending]
    end(session_id)
    app = visit()
    assert is_outside(app)
    assert sentence in said(app)
    # Until somebody tries to sign in; then it has been read.
    assert sentence in said(app.run())
    assert sentence not in said(sign_in_form(app, "clerk", "wrong").run())
    assert is_outside(app)


@pytest.mark.attack("cookie")
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_open_page_is_closed_at_the_next_click_after(
    demo_city: DemoSummary, ending: str
) -> None:
    app = open_page("clerk", "my_usage")
    app.session_state["something_private"] = "left over"
    end, sentence = ENDINGS[ending]
    end(app.session_state["sign_in_session"])
    app.run()
    assert is_outside(app)
    assert "something_private" not in app.session_state
    assert sentence in said(app)
    assert "我的使用紀錄" not in texts(app)


FORGERIES: dict[str, Callable[[str, str], str]] = {
    "another key": lambda mine, _: token(mine, key="x" * 64),
    "an empty key": lambda mine, _: signed_with_nothing(token(mine)),
    "a key of nothing but zeros": lambda mine, _: token(mine, key="\x00" * 64),
    "no algorithm": lambda mine, _: token(mine, algorithm="none"),
    "another algorithm": lambda mine, _: token(mine, algorithm="HS512"),
    "expired": lambda mine, _: token(mine, exp_date=(NOW - MINUTE).timestamp()),
    "no end": lambda mine, _: jwt.encode({"session": mine}, keys.cookie_key(), algorithm="HS256"),
    "an end in words": lambda mine, _: token(mine, exp_date="never"),
    "an end that is nothing": lambda mine, _: token(mine, exp_date=None),
    "no session": lambda _mine, _: token(""),
    "a session that is a list": lambda mine, _: token([mine]),
    "a session that never was": lambda _mine, _: token("guess"),
    "another session, the body swapped": lambda mine, other: swapped(token(mine), token(other)),
    "the bare id": lambda mine, _: mine,
    "nothing": lambda _mine, _: "",
    "garbage": lambda _mine, _: "a.b.c",
    "too much": lambda _mine, _: "a" * 100_000,
}


def swapped(mine: str, other: str) -> str:
    """Return the other token's body under the signature of mine."""
    head, _, signature = mine.split(".")
    return ".".join((head, other.split(".")[1], signature))


def signed_with_nothing(mine: str) -> str:
    """Return the token signed with an empty key, which the library itself makes no token with."""
    signed = mine.rpartition(".")[0]
    signature = hmac.digest(b"", signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.attack("cookie")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_cookie_opens_nothing(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch, forgery: str
) -> None:
    mine, other = session_of("clerk"), session_of("system_manager")
    bring(monkeypatch, FORGERIES[forgery](mine, other))
    app = visit()
    assert is_outside(app)
    assert said(app) == ""


# --- fixation -----------------------------------------------------------------------------------


@pytest.mark.attack("fixation")
def test_an_id_in_the_address_is_nothing(demo_city: DemoSummary) -> None:
    session_id = session_of("clerk")
    app = visit()
    for name in ("session", "sign_in_session", COOKIE_NAME):
        app.query_params[name] = session_id
    assert is_outside(app.run())


@pytest.mark.attack("fixation")
def test_a_cookie_from_before_is_not_the_session_that_signing_in_opens(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thief who plants a cookie, of their own session or of one that is over, gains nothing."""
    over = session_of("clerk")
    sessions.end_session(over, NOW)
    bring(monkeypatch, token(over))
    app = sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    new = app.session_state["sign_in_session"]
    assert new != over
    assert not isinstance(presence.check(over, NOW), Present)
    with reading() as db:
        live = db.scalars(
            select(func.count()).select_from(SignInSession).where(SignInSession.ended_at.is_(None))
        ).one()
    assert live == 1


@pytest.mark.attack("fixation")
def test_signing_in_forgets_what_the_tab_held_before(demo_city: DemoSummary) -> None:
    app = visit()
    app.session_state["planted"] = "by the one before"
    sign_in_form(app, "clerk", DEMO_PASSWORD)
    assert "sign_in_session" in app.session_state
    assert "planted" not in app.session_state
    assert "entering" not in app.session_state


# --- the first sign-in, links ---------------------------------------------------------------------


def test_the_step_of_a_new_password_stands_before_everything(demo_city: DemoSummary) -> None:
    with transaction() as db:
        db.execute(
            update(Account).where(Account.username == "clerk").values(must_change_password=True)
        )
    app = sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    assert app.subheader[0].value == "變更密碼"
    assert "sign_in_session" not in app.session_state
    for first, again, sentence in (
        ("", "", "請輸入新密碼"),
        ("a", "b", "兩次輸入的新密碼不同"),
        ("a", "a", "至少 12 個字元"),
        (DEMO_PASSWORD, DEMO_PASSWORD, "最近 3 次"),
    ):
        sign_in_form(app, first, again)
        assert sentence in said(app)
        assert "sign_in_session" not in app.session_state
    sign_in_form(app, NEW, NEW)
    assert "sign_in_session" in app.session_state


def test_who_takes_too_long_or_gives_up_starts_anew(
    demo_city: DemoSummary, at: Callable[[datetime], None]
) -> None:
    with transaction() as db:
        db.execute(
            update(Account).where(Account.username == "clerk").values(must_change_password=True)
        )
    app = sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    next(one for one in app.button if "取消" in one.label).click().run()
    assert is_outside(app)
    sign_in_form(app, "clerk", DEMO_PASSWORD)
    at(NOW + 11 * MINUTE)
    sign_in_form(app, NEW, NEW)
    assert is_outside(app)
    assert "逾時" in said(app)


@pytest.mark.attack("sign-in")
def test_a_password_that_is_changed_while_it_is_checked_lets_nobody_in(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check takes a fifth of a second on purpose: time enough for the owner's reset to be stored."""
    token = print_link(operator(NOW), "clerk").rpartition("=")[2]
    read = signin.find_credentials

    def read_then_reset(username: str, password: str) -> dict[str, Any]:
        old = read(username, password)
        reset_password(token, NEW, "10.1.1.1", NOW)
        return old

    monkeypatch.setattr(signin, "find_credentials", read_then_reset)
    app = sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    assert is_outside(app)
    assert said(app) == "這個帳號的密碼剛剛已經變更；請以新的密碼登入。"
    assert "sign_in_session" not in app.session_state


def test_a_link_leaves_the_address_and_leads_to_a_new_password(demo_city: DemoSummary) -> None:
    link = print_link(operator(NOW), "clerk")
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["reset"] = link.rpartition("=")[2]
    app.run()
    assert app.subheader[0].value == "重設密碼"
    assert dict(app.query_params) == {}
    sign_in_form(app, NEW, NEW)
    assert is_outside(app) and "密碼已重設" in said(app)
    sign_in_form(app, "clerk", NEW)
    assert "sign_in_session" in app.session_state


def test_a_link_leads_a_suspended_person_to_the_reinstatement_and_no_further(
    demo_city: DemoSummary,
) -> None:
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(status="suspended"))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["reset"] = print_link(operator(NOW), "clerk").rpartition("=")[2]
    app.run()
    sign_in_form(app, NEW, NEW)
    sign_in_form(app, "clerk", NEW)
    assert app.subheader[0].value == "帳號停權中"
    assert [button.label for button in app.button] == ["送出申請", "取消，回到登入"]
    assert "sign_in_session" not in app.session_state


@pytest.mark.parametrize("given", ["guess", "", "<b>x</b>"])
def test_a_dead_link_says_so(demo_city: DemoSummary, given: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["reset"] = given
    app.run()
    assert not app.exception
    assert is_outside(app) if not given else "連結無效" in said(app)


def test_forgetting_says_the_same_for_every_name(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = set()
    for mailing in (True, False):
        for name in ("PUBLIC_URL", "SMTP_URL", "MAIL_FROM"):
            monkeypatch.setenv(name, "smtp://127.0.0.1:1" if mailing else "")
        app = visit()
        next(one for one in app.button if one.label == "忘記密碼").click().run()
        if not mailing:
            assert "未設定寄信" in app.info[-1].value
            continue
        app.button(key="forgot.send").click().run()
        assert (app.error[-1].value, len(app.success)) == ("請輸入帳號。", 0)
        for who in ("clerk", "nobody"):
            app.text_input(key="forgot.username").set_value(who)
            app.button(key="forgot.send").click().run()
            answers.add(app.success[-1].value)
    assert len(answers) == 1


# --- the look at the time -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idle", "begun_before", "warned"),
    [(12, 12, ""), (13, 13, "閒置將於"), (14, 14, "閒置將於"), (1, 598, "最長登入時間")],
)
def test_the_warning_comes_two_minutes_before(
    demo_city: DemoSummary,
    at: Callable[[datetime], None],
    idle: int,
    begun_before: int,
    warned: str,
) -> None:
    app = open_app("clerk")
    session_id = app.session_state["sign_in_session"]
    seen(session_id, NOW - idle * MINUTE)
    begun(session_id, NOW - begun_before * MINUTE)
    # A full run is a click and would count as one; the look alone runs the fragment.
    fragment = app_fragment(app)
    shown = "\n".join([one.value for one in (*fragment.markdown, *fragment.warning)])
    assert (warned in shown) if warned else ("自動登出" not in shown)
    with reading() as db:
        assert db.get_one(SignInSession, session_id).last_seen_at == NOW - idle * MINUTE


def app_fragment(app: AppTest) -> AppTest:
    """Run the look as the browser's timer does, on a page of its own."""

    def page() -> None:
        from pages.shared.idle import watch_time
        from services import clock as the_clock

        watch_time(the_clock.utc_now)

    alone = AppTest.from_function(page, default_timeout=60)
    alone.session_state["sign_in_session"] = app.session_state["sign_in_session"]
    alone.run()
    assert not alone.exception
    return alone


# --- one's own account ----------------------------------------------------------------------------


def test_changing_the_password_on_one_s_own_page(demo_city: DemoSummary) -> None:
    app = open_page("clerk", "my_account")
    fields = {one.label: one for one in app.text_input}
    fields["目前的密碼"].set_value(DEMO_PASSWORD)
    fields["新密碼"].set_value(NEW)
    fields["再輸入一次新密碼"].set_value(NEW)
    next(one for one in app.button if one.label == "變更密碼").click().run()
    assert not app.exception and not app.error
    assert app.title[0].value == "我的帳號"
    sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    assert sign_in_form(visit(), "clerk", NEW).session_state["sign_in_session"]


def test_a_new_sign_in_is_told_what_it_ended(demo_city: DemoSummary) -> None:
    old = open_app("clerk")
    new = sign_in_form(visit(), "clerk", DEMO_PASSWORD)
    next(one for one in new.button if one.label == "繼續").click().run()
    assert "另有一個登入（來源位址 10\\.1\\.1\\.1" in texts(new)
    next(one for one in new.button if one.label == "知道了").click().run()
    assert "另有一個登入" not in texts(new)
    assert is_outside(old.run())
    assert "在別處登入" in said(old)
