"""New passwords: long, strong, not one of the last, not too soon; and what changing one ends."""

import contextlib
from datetime import timedelta

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from streamlit_authenticator.utilities.hasher import Hasher

from data.engine import reading, transaction
from data.models import Account, Event, OldPassword, OneTimeLink
from services.accounts.first import create_first_system_manager
from services.actor import Actor, operator
from services.errors import Conflict, Invalid, Refused
from services.identity import signin
from services.identity.entering import Step, next_step
from services.identity.lockout import Locked
from services.identity.passwords import (
    change_on_the_way_in,
    change_own_password,
    hash_password,
    judge,
    matches,
    password_rules,
)
from services.identity.policy import Policy, set_policy
from services.identity.presence import Ended, Present, check
from tests.signing_in import by_password, session_of
from tests.world import NOW, World

FIRST = "紫色大象 慢慢地 唱起歌"
DAY = timedelta(days=1)
NAMES = ("chen.yl", "陳怡伶", "A00123")


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small world with one known password, and hashes that cost little."""
    cheap = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: cheap(4))
    with transaction() as db:
        db.execute(update(Account).values(password_hash=hash_password(FIRST)))
    return world


def clerk_in(world: World) -> Actor:
    found = check(session_of("clerk"), NOW)
    assert isinstance(found, Present)
    return found.actor


def account(name: str) -> Account:
    with reading() as db:
        return db.scalars(select(Account).where(Account.username == name)).one()


# --- what a password has to be --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "至少 12 個字元"),
        ("Ab3$efgh1jk", "至少 12 個字元"),
        ("長" * 25, "75 個位元組"),
        ("x" * 73, "最多 72 個位元組"),
        ("password1234", "常見的密碼"),
        ("aaaaaaaaaaaaaaaa", "重複"),
        ("abcdefghijklmnop", "連續的字元"),
        ("qwertyuiopasdf", "太容易猜中"),
        ("chen.yl陳怡伶A00123", "他人已知的資料"),
        ("chen.ylchen.yl", "太容易猜中"),
        ("1990010119900101", "太容易猜中"),
        ("sunshine2026", "常見的密碼"),
        ("Taipei-demo-114", "他人已知的資料"),
        ("臺北市政府地政局2026", "他人已知的資料"),
        ("台北市政府系統管理的密碼喔", "他人已知的資料"),
        ("ji32k7au4a83", "他人已知的資料"),
        ("良好的密碼\x00隱藏的部分哦", "控制字元"),
        ("良好的密碼\n換了一行的部分", "控制字元"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        judge(Policy(), password, NAMES)


@pytest.mark.parametrize(
    "password",
    [
        "紫色大象慢慢唱歌的下午茶",
        "correct horse battery staple",
        "vK3#tq9!wZ2m",
        "chen.yl vK3#tq9!wZ2m",
        "台北的雨傘借給蝸牛先生用",
        "山高水長風清月白雲淡天青花紅柳綠竹翠松蒼石",
    ],
)
def test_a_good_password_is_taken(password: str) -> None:
    judge(Policy(), password, NAMES)


@given(st.text(max_size=80))
def test_any_text_is_judged_with_a_sentence_and_never_a_crash(password: str) -> None:
    typed, taken = password.strip(), False
    with contextlib.suppress(Invalid):
        judge(Policy(), typed, NAMES)
        taken = True
    fits = len(typed) >= 12 and len(typed.encode()) <= 72 and typed.isprintable()
    assert fits or not taken


@given(st.text(st.characters(codec="utf-8"), min_size=0, max_size=40))
def test_what_is_hashed_here_the_sign_in_library_reads(password: str) -> None:
    salt = bcrypt.gensalt(4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "gensalt", lambda: salt)
        typed = signin.typed_password(password)
        if len(typed.encode()) > 72:
            return
        hashed = hash_password(typed)
    assert Hasher.is_hash(hashed)
    assert Hasher.check_pw(typed, hashed)
    assert matches(typed, hashed)
    assert not matches(typed + "x" * 73, hashed)


def test_the_cost_is_that_of_the_library() -> None:
    assert hash_password("any")[:7] == Hasher.hash("any")[:7]


def test_the_rules_are_said_as_the_policy_stands(world: World) -> None:
    set_policy(operator(NOW), "password_length", "20")
    set_policy(operator(NOW), "password_history", "7")
    said = "".join(password_rules())
    assert "至少 20 個字元" in said and "最近 7 次" in said
    with pytest.raises(Invalid, match="至少 20"):
        change_own_password(clerk_in(world), FIRST, "vK3#tq9!wZ2m")


# --- changing one's own --------------------------------------------------------------------------


def test_changing_it_keeps_this_session_and_ends_the_account_s_links(world: World) -> None:
    actor = clerk_in(world)
    with transaction() as db:
        db.add(
            OneTimeLink(
                token_hash="x",
                purpose="reset_asked",
                account_id=actor.account_id,
                issued_at=NOW,
                expires_at=NOW + DAY,
            )
        )
    change_own_password(actor, FIRST, " 新的密碼是 三隻貓頭鷹啊 ")
    changed = account("clerk")
    assert matches("新的密碼是 三隻貓頭鷹啊", changed.password_hash)
    assert changed.password_set_at == NOW
    assert isinstance(check(actor.session_id, NOW), Present)
    with reading() as db:
        assert db.get_one(OneTimeLink, "x").used_at == NOW
        event = db.scalars(select(Event).where(Event.type == "password_changed")).one()
        assert (event.account_id, event.detail) == (actor.account_id, {"cause": "own_wish"})
        everything = [str(row.__dict__) for row in db.scalars(select(Event))]
    assert not [one for one in everything if "貓頭鷹" in one or "$2b$" in one]


@pytest.mark.attack("cookie")
def test_changing_it_ends_every_other_session(world: World) -> None:
    stolen = session_of("clerk")
    actor = world.actor("clerk")  # another session of the account, as it were
    change_own_password(actor, FIRST, "新的密碼是 三隻貓頭鷹啊")
    ended = check(stolen, NOW)
    assert isinstance(ended, Ended) and ended.reason.value == "password_changed"


def test_a_wrong_present_password_is_counted_and_locks(world: World) -> None:
    actor = clerk_in(world)
    for _ in range(5):
        with pytest.raises(Invalid, match="目前的密碼不正確"):
            change_own_password(actor, "wrong", "新的密碼是 三隻貓頭鷹啊")
    with pytest.raises(Locked):
        change_own_password(actor, FIRST, "新的密碼是 三隻貓頭鷹啊")
    assert matches(FIRST, account("clerk").password_hash)
    with reading() as db:
        failed = db.scalars(select(Event).where(Event.type == "sign_in_failed")).all()
    assert [event.detail for event in failed] == [
        *([{"tried": "password"}] * 5),
        {"tried": "password", "reason": "locked"},
    ]
    # Of somebody who is signed in it is known who it was, and in which session.
    assert {(event.actor_name, event.session_id) for event in failed} == {
        (actor.name, actor.session_id)
    }


def test_none_of_the_last_and_not_the_present_one(world: World) -> None:
    actor = clerk_in(world)
    chosen = [FIRST, *(f"密碼裡有 貓頭鷹{n} 跟 芭樂樹" for n in "甲乙丙丁")]
    for number, new in enumerate(chosen[1:], 1):
        now = actor.at(NOW + number * DAY)
        for old in chosen[max(0, number - 4) : number]:  # the present one and the three before
            with pytest.raises(Invalid, match="最近 3 次"):
                change_own_password(now, chosen[number - 1], old)
        change_own_password(now, chosen[number - 1], new)
    change_own_password(actor.at(NOW + 9 * DAY), chosen[4], FIRST)
    with reading() as db:
        kept = db.scalars(
            select(OldPassword).where(OldPassword.account_id == actor.account_id)
        ).all()
    assert len(kept) == 3


def test_not_twice_within_the_minimum_age_unless_it_must_be(world: World) -> None:
    actor = clerk_in(world)
    change_own_password(actor, FIRST, "新的密碼是 三隻貓頭鷹啊")
    soon = actor.at(NOW + DAY - timedelta(minutes=1))
    with pytest.raises(Conflict, match="24 小時內不能再變更"):
        change_own_password(soon, "新的密碼是 三隻貓頭鷹啊", "再換一個是 四隻啄木鳥啊")
    with transaction() as db:
        db.execute(update(Account).values(must_change_password=True))
    change_own_password(soon, "新的密碼是 三隻貓頭鷹啊", "再換一個是 四隻啄木鳥啊")
    change_own_password(
        soon.at(NOW + 2 * DAY), "再換一個是 四隻啄木鳥啊", "最後換一個是 五隻綠繡眼啊"
    )


def test_the_operator_has_no_password_to_change(world: World) -> None:
    with pytest.raises(Refused):
        change_own_password(operator(NOW), "x", "y")


# --- on the way in ------------------------------------------------------------------------------


def test_a_typed_for_password_is_changed_at_the_first_sign_in(world: World) -> None:
    with transaction() as db:
        db.execute(
            update(Account).where(Account.username == "clerk").values(must_change_password=True)
        )
    entering = by_password("clerk", NOW)
    assert next_step(entering, NOW) is Step.NEW_PASSWORD
    with pytest.raises(Invalid):
        change_on_the_way_in(entering, FIRST, "10.1.1.1", NOW)
    changed = change_on_the_way_in(entering, "新的密碼是 三隻貓頭鷹啊", "10.1.1.1", NOW)
    assert next_step(changed, NOW) is None
    with pytest.raises(Conflict, match="不是變更密碼的步驟"):
        change_on_the_way_in(changed, "再換一個是 四隻啄木鳥啊", "10.1.1.1", NOW)
    with pytest.raises(Conflict, match="剛剛已經變更"):
        next_step(entering, NOW)


@pytest.mark.parametrize(("days", "due"), [(89, False), (90, False), (91, True), (1000, True)])
def test_an_old_password_is_due(world: World, days: int, due: bool) -> None:
    with transaction() as db:
        db.execute(update(Account).values(password_set_at=NOW - days * DAY))
    step = next_step(by_password("clerk", NOW), NOW)
    assert step is (Step.NEW_PASSWORD if due else None)


def test_whoever_still_owes_a_code_sets_no_password(world: World) -> None:
    with transaction() as db:
        db.execute(update(Account).values(must_change_password=True))
    entering = by_password("agency_manager", NOW)
    assert next_step(entering, NOW) is Step.ENROL
    with pytest.raises(Conflict):
        change_on_the_way_in(entering, "新的密碼是 三隻貓頭鷹啊", "10.1.1.1", NOW)
    assert matches(FIRST, account("agency_manager").password_hash)


def test_the_first_system_manager_changes_what_the_operator_typed(database: str) -> None:
    who = ("chen.yl", "陳怡伶", "A1")
    with pytest.raises(Invalid, match="他人已知的資料"):
        create_first_system_manager(operator(NOW), *who, "chen.yl-陳怡伶-1")
    create_first_system_manager(operator(NOW), *who, "vK3#tq9!wZ2m")
    entering = by_password("chen.yl", NOW)
    with transaction() as db:
        db.execute(update(Account).values(role="general_user"))
    assert next_step(entering, NOW) is Step.NEW_PASSWORD
