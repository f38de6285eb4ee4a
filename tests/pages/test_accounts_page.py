"""帳號管理 as its managers meet it: the list, its filters in the address, and every act."""

from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, AccountItem, Event, SignInSession
from services.clock import utc_now
from services.regulation.roles import Duty, EthicsKind
from tests.signing_in import session_of
from tests.world import World


@pytest.fixture(autouse=True)
def browser_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # AppTest has no browser, so the address it calls from has to be given.
    monkeypatch.setattr(ContextProxy, "ip_address", "10.1.1.1")


def open_page(who: str, **params: str) -> AppTest:
    app = AppTest.from_file("../../app.py", default_timeout=30)
    app.session_state["sign_in_session"] = session_of(who, "10.1.1.1", utc_now())
    app.run()
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page("pages/accounts/page.py").run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def people(app: AppTest) -> list[str]:
    return [str(label) for label in app.dataframe[0].value["姓名（帳號）"]]


def status_of(world: World, who: str) -> str:
    with reading() as db:
        return db.get_one(Account, world.accounts[who]).status


def name_of(world: World, who: str) -> str:
    with reading() as db:
        return db.get_one(Account, world.accounts[who]).name


def words(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.subheader, *app.info]
    return " ".join(str(part.value) for part in parts)


def test_a_manager_sees_the_own_unit_and_no_more(world: World) -> None:
    app = open_page("unit_manager")
    assert app.title[0].value == "帳號管理"
    assert {label.split("（")[1][:-1] for label in people(app)} == {
        "clerk", "clerk2", "head", "auditor", "unit_manager", "agency_manager",
    }  # fmt: skip
    assert "共 **6** 個帳號" in words(app)
    # A filter with one choice names it and stays out of the address.
    for name, place in (("agency", "臺北市稅捐稽徵處"), ("unit", "大安分處")):
        box = app.selectbox(key=f"accounts.{name}")
        assert (box.disabled, box.value, box.placeholder) == (True, None, place)
    assert not app.query_params


@pytest.mark.parametrize("who", ["clerk", "auditor", "ethics"])
def test_the_page_is_closed_to_people_without_accounts_in_their_charge(
    world: World, who: str
) -> None:
    app = AppTest.from_file("../../app.py", default_timeout=30)
    app.session_state["sign_in_session"] = session_of(who, "10.1.1.1", utc_now())
    app.run()
    with pytest.raises(ValueError):
        app.switch_page("pages/accounts/page.py")


def test_the_filters_live_in_the_address(world: World) -> None:
    app = open_page("system_manager", agency="PWD", role="general_user")
    assert people(app) == ["測試010（works_clerk）", "測試011（works_head）"]
    app.text_input(key="accounts.text").input("head").run()
    assert people(app) == ["測試011（works_head）"]
    assert app.query_params["text"] == "head"
    assert app.query_params["agency"] == "PWD"

    cold = open_page("system_manager", agency="PWD", text="head")
    assert people(cold) == ["測試011（works_head）"]
    cold.selectbox(key="accounts.status").select("cancelled").run()
    assert "沒有符合條件的帳號" in words(cold)
    assert not cold.dataframe
    next(button for button in cold.button if button.label == "清除條件").click().run()
    assert len(people(cold)) == 14
    assert not cold.query_params


def test_an_address_beyond_reach_is_told_and_ignored(world: World) -> None:
    app = open_page("unit_manager", agency="PWD", role="emperor", account="x" * 50)
    assert "已略過" in app.warning[0].value
    assert len(people(app)) == 6
    other = open_page("unit_manager", account=str(world.accounts["works_clerk"]))
    assert "權限" in other.error[0].value
    assert not other.subheader
    with reading() as db:
        assert db.scalars(select(Event).where(Event.type == "refused")).one()


def test_suspending_needs_a_reason_and_is_done_once(world: World) -> None:
    clerk = world.accounts["clerk"]
    session_of("clerk", "10.1.1.2", utc_now())
    app = open_page("unit_manager", account=str(clerk))
    assert "測試001" in app.subheader[0].value
    press(app, "act.suspended")
    press(app, "dialog.do")
    assert "原因" in app.error[0].value
    assert status_of(world, "clerk") == "active"

    app.text_area(key="dialog.reason").input("留職停薪")
    press(app, "dialog.do")
    assert status_of(world, "clerk") == "suspended"
    with reading() as db:
        session = db.scalars(select(SignInSession).where(SignInSession.account_id == clerk)).one()
    assert session.end_reason == "account_suspended"
    again = open_page("unit_manager", account=str(clerk))
    history = words(again).replace("\\", "")
    assert "使用中 → 停權（留職停薪）" in history
    assert f"{name_of(world, 'unit_manager')}（unit_manager）　使用中" in history
    assert [button.label for button in again.button if str(button.key).startswith("act.")] == [
        "註銷",
        "取消授權項目",
        "寄送重設密碼連結",
        "登錄離職或異動",
    ]
    assert "復權須由本人登入後申請" in words(again)


def test_cancelling_has_to_be_confirmed(world: World) -> None:
    app = open_page("agency_manager", account=str(world.accounts["clerk"]))
    press(app, "act.cancelled")
    app.text_area(key="dialog.reason").input("退休")
    assert app.button(key="dialog.do").disabled
    app.checkbox(key="dialog.sure").check().run()
    press(app, "dialog.do")
    assert status_of(world, "clerk") == "cancelled"
    again = open_page("agency_manager", account=str(world.accounts["clerk"]))
    assert "不能復權" in words(again)
    assert not [button for button in again.button if str(button.key).startswith("act.")]


def test_a_change_made_meanwhile_is_told(world: World) -> None:
    app = open_page("unit_manager", account=str(world.accounts["clerk"]))
    press(app, "act.suspended")
    with transaction() as db:
        db.execute(
            update(Account).where(Account.id == world.accounts["clerk"]).values(status="cancelled")
        )
    app.text_area(key="dialog.reason").input("調職")
    press(app, "dialog.do")
    assert "其他人" in app.error[0].value
    assert status_of(world, "clerk") == "cancelled"
    with reading() as db:
        changed = select(Event).where(Event.type == "account_status_changed")
        assert db.scalars(changed).all() == []


def test_items_are_taken_away_in_their_dialog(world: World) -> None:
    clerk = world.accounts["clerk"]
    app = open_page("unit_manager", account=str(clerk))
    press(app, "act.items")
    app.session_state[f"dialog.items.{clerk}"] = ["LandDescription", "BuildingDescription"]
    app.text_area(key="dialog.reason").input("業務調整")
    press(app, "dialog.do")
    with reading() as db:
        items = set(db.scalars(select(AccountItem.item).where(AccountItem.account_id == clerk)))
    assert items == {"LandOwnership"}


@pytest.mark.parametrize(
    ("who", "target", "sentence"),
    [
        ("unit_manager", "unit_manager", "自己的帳號"),
        ("unit_manager", "agency_manager", "不由單位管理者管理"),
        ("system_manager", "clerk", "不由系統管理者管理"),
        ("head", "clerk", "不由您管理"),
    ],
)
def test_an_account_of_somebody_elses_charge_shows_no_buttons(
    world: World, who: str, target: str, sentence: str
) -> None:
    app = open_page(who, account=str(world.accounts[target]))
    assert sentence in words(app)
    acts = {str(button.key) for button in app.button if str(button.key).startswith("act.")}
    assert acts <= {"act.leaving"}  # a fact of personnel, recorded for whoever is in reach


def test_names_are_shown_as_they_stand(world: World) -> None:
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.id == world.accounts["clerk"])
            .values(name="**王** <b>:red[x]</b>")
        )
    app = open_page("unit_manager", account=str(world.accounts["clerk"]))
    assert app.subheader[0].value.startswith("\\*\\*王\\*\\* \\<b\\>\\:red\\[x\\]")


def test_duties_are_given_and_ended_in_their_dialogs(world: World) -> None:
    app = open_page("agency_manager", account=str(world.accounts["clerk"]))
    press(app, "act.duty.give")
    press(app, "dialog.do")
    assert any("原因" in error.value for error in app.error)
    app.radio(key="dialog.duty").set_value(Duty.ETHICS_OFFICER)
    app.text_area(key="dialog.reason").input("115年12月1日人事令")
    press(app, "dialog.do")
    assert any("請選辦理方式" in error.value for error in app.error)
    app.radio(key="dialog.ethics").set_value(EthicsKind.PART)
    press(app, "dialog.do")
    assert world.actor("clerk").holds(Duty.ETHICS_OFFICER)
    assert "政風人員（兼辦政風）" in words(app)
    (end,) = [one for one in app.button if str(one.key).startswith("act.duty.end.")]
    press(app, str(end.key))
    app.text_area(key="dialog.reason").input("115年12月31日退休")
    press(app, "dialog.do")
    assert not world.actor("clerk").holds(Duty.ETHICS_OFFICER)


def test_a_unit_head_sees_duties_and_gives_none(world: World) -> None:
    app = open_page("head", account=str(world.accounts["auditor"]))
    assert "稽核人員" in words(app)
    assert not [one for one in app.button if str(one.key).startswith("act.duty")]
