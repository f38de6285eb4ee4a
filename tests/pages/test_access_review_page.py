"""權限清查 as the people meet it who prepare, decide, close and oversee it."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, Event, ReviewLine
from pages.shared.text import plain
from services import clock
from services.actor import operator
from services.reviews.opening import open_due_reviews
from tests.pages.browsing import open_app, open_page, shown, texts
from tests.world import World


@pytest.fixture(autouse=True)
def browser_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # AppTest has no browser, so the address it calls from has to be given.
    monkeypatch.setattr(ContextProxy, "ip_address", "10.1.1.1")


def page(who: str, **params: str) -> AppTest:
    app = open_page(who, "access_review", **params)
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def lines(app: AppTest) -> Any:
    """The table of accounts; the one of agencies and that of units come before it."""
    return next(t.value for t in reversed(app.dataframe) if "姓名（帳號）" in t.value.columns)


def people(app: AppTest) -> set[str]:
    return {str(label).split("（")[1][:-1] for label in lines(app)["姓名（帳號）"]}


def choose(app: AppTest, *who: str) -> None:
    """Tick the rows of these people, as a browser reports it; AppTest has no way of its own."""
    table = next(t for t in reversed(app.dataframe) if "姓名（帳號）" in t.value.columns)
    names = [str(label).split("（")[1][:-1] for label in table.value["姓名（帳號）"]]
    rows = [names.index(one) for one in who]
    picked = {"selection": {"rows": rows, "columns": [], "cells": []}}
    states = app._tree.get_widget_states()
    states.widgets.append(WidgetState(id=table.proto.id, string_value=json.dumps(picked)))
    app._run(states)
    assert not app.exception


def open_all() -> None:
    open_due_reviews(operator(clock.utc_now()))


def line(world: World, who: str) -> ReviewLine:
    with reading() as db:
        wanted = ReviewLine.account_id == world.accounts[who]
        return db.scalars(select(ReviewLine).where(wanted)).one()


def name_and_login(world: World, who: str) -> str:
    with reading() as db:
        account = db.get_one(Account, world.accounts[who])
        return f"{account.name}（{account.username}）"


def said(app: AppTest) -> str:
    """Every text of the page, without the marks that keep Markdown from reading it."""
    return texts(app).replace("\\", "")


def badges(app: AppTest) -> str:
    return " ".join(str(part.value) for part in app.markdown if "-badge[" in str(part.value))


def test_the_agency_manager_opens_decides_in_bulk_and_closes(world: World) -> None:
    app = page("agency_manager")
    assert "逾期" in badges(app)
    assert not app.dataframe
    press(app, "review.open")
    assert "未註銷的帳號各列一筆" in said(app)
    press(app, "dialog.do")
    assert len(people(app)) == 9
    assert app.query_params["campaign"] in ("1", ["1"])
    assert app.button(key="review.close").disabled

    choose(app, *sorted(people(app)))
    assert "已選 **9** 個帳號，核定為" in said(app)
    assert "其中 1 個不由您核定" in said(app)
    press(app, "review.follow")
    assert "8 個帳號：" in said(app)
    press(app, "dialog.do")
    assert line(world, "clerk").decided == line(world, "clerk").suggested == "cancel"
    assert line(world, "clerk").decided_note == line(world, "clerk").because
    assert line(world, "agency_manager").decided == ""
    assert "有 1 個管理者帳號由系統管理者核定" in said(app)
    assert app.button(key="review.close").disabled

    # Second thoughts: the clerks stay, one of them with fewer items.
    choose(app, "clerk2", "clerk_tax2", "unit_manager")
    press(app, "review.keep")
    press(app, "dialog.do")
    choose(app, "head")
    press(app, "review.suspend")
    press(app, "dialog.do")
    assert "請敘明原因" in app.error[0].value
    app.text_area(key="dialog.reason").input("職務調整").run()
    press(app, "dialog.do")
    choose(app, "clerk")
    press(app, "review.reduce")
    app.text_area(key="dialog.reason").input("只辦標示部").run()
    press(app, "dialog.do")
    # Taken away are, unless others are chosen, the items that were not used.
    assert (line(world, "clerk").decided, line(world, "clerk").decided_items) == ("reduce", [])

    other = page("system_manager", campaign="1", show="undecided")
    assert people(other) == {"agency_manager"}
    choose(other, "agency_manager")
    press(other, "review.keep")
    press(other, "dialog.do")

    app = page("agency_manager", campaign="1")
    called = app.selectbox(key="access_review.campaign").options
    press(app, "review.close")
    assert "**停權 1 個、註銷 3 個、減列項目 1 個**；保留 4 個" in said(app)
    assert app.button(key="dialog.do").disabled
    app.checkbox(key="dialog.sure").check().run()
    press(app, "dialog.do")
    with reading() as db:
        states = dict(db.execute(select(Account.username, Account.status)).all())
    assert (states["head"], states["auditor"], states["clerk2"]) == (
        "suspended",
        "cancelled",
        "active",
    )
    assert "已結案" in badges(app)
    # The browser knows the choice by its words: with others the next click would lose it.
    assert app.selectbox(key="access_review.campaign").options == called
    assert [len(code.value) for code in app.code] == [64]
    labels = [button.proto.label for button in app.get("download_button")]
    assert [label for label in labels if label.startswith("清查紀錄")] == [
        "清查紀錄（PDF）", "清查紀錄（ODT）", "清查紀錄（ODS）", "清查紀錄（CSV）"
    ]  # fmt: skip
    assert "下一次權限清查應於" in said(app)


def test_a_unit_manager_prepares_the_own_unit(world: World) -> None:
    open_all()
    home = open_app("unit_manager")
    assert "4 個帳號待初核" in said(home)
    app = page("unit_manager")
    assert people(app) == {"clerk", "clerk2", "head", "auditor", "unit_manager", "agency_manager"}
    choose(app, "clerk", "clerk2", "unit_manager")
    assert "初核為" in said(app)
    assert "不能核定自己的帳號" in said(app)
    press(app, "review.cancel")
    app.text_area(key="dialog.reason").input("均已調職").run()
    press(app, "dialog.do")
    assert (line(world, "clerk").prepared, line(world, "unit_manager").prepared) == ("cancel", "")
    assert line(world, "clerk").decided == ""
    assert not [button for button in app.button if button.key == "review.close"]
    assert not app.code

    manager = page("agency_manager")
    choose(manager, "clerk", "head")
    press(manager, "review.follow_prepared")
    assert "1 個帳號：註銷 1 個" in said(manager)
    press(manager, "dialog.do")
    assert (line(world, "clerk").decided, line(world, "clerk").decided_note) == (
        "cancel",
        "均已調職",
    )
    assert line(world, "head").decided == ""


def test_whoever_acts_on_many_is_told_what_was_ruled_otherwise(world: World) -> None:
    open_all()
    unit = page("unit_manager")
    choose(unit, "clerk")
    press(unit, "review.suspend")
    assert not unit.warning
    unit.text_area(key="dialog.reason").input("留職停薪").run()
    press(unit, "dialog.do")
    choose(unit, "clerk", "clerk2")
    press(unit, "review.follow")
    (told,) = unit.warning
    assert "其中 1 個與先前的初核不同，將以這次的初核為準：" in told.value
    assert plain(f"{name_and_login(world, 'clerk')}停權") in told.value

    app = page("agency_manager")
    choose(app, "ethics")
    press(app, "review.keep")
    assert not app.warning
    press(app, "dialog.do")
    choose(app, "clerk", "clerk2", "ethics")
    press(app, "review.follow")
    decided, prepared = (one.value for one in app.warning)
    assert "其中 1 個與先前的核定不同" in decided
    assert plain(f"{name_and_login(world, 'ethics')}保留") in decided
    assert "其中 1 個與單位的初核不同" in prepared
    assert plain(f"{name_and_login(world, 'clerk')}停權") in prepared


def test_a_link_reproduces_what_somebody_saw(world: World) -> None:
    open_all()
    number = str(line(world, "clerk").campaign_id)
    app = page(
        "agency_manager", campaign=number, unit="TAX-ZS", account=str(world.accounts["ethics"])
    )
    assert people(app) == {"ethics", "agency_head", "clerk_tax2"}
    assert name_and_login(world, "ethics") in [
        str(one.value).replace("\\", "") for one in app.subheader
    ]
    # The card's account can be decided about right away.
    press(app, "review.keep")
    press(app, "dialog.do")
    assert line(world, "ethics").decided == "keep"
    with reading() as db:
        looks = db.scalars(select(Event.object_id).where(Event.type == "account_viewed")).all()
    assert looks == [str(world.accounts["ethics"])]
    app.text_input(key="access_review.text").input("clerk").run()
    assert people(app) == {"clerk_tax2"}
    app.text_input(key="access_review.text").input("nobody").run()
    assert "沒有符合條件的帳號" in said(app)


def test_what_is_out_of_reach_is_told_and_ignored(world: World) -> None:
    open_all()
    foreign = str(line(world, "works_clerk").campaign_id)
    app = page("agency_manager", campaign=foreign)
    assert "已略過" in app.warning[0].value
    assert "works_clerk" not in people(app)
    other = page("unit_manager", account=str(world.accounts["clerk_tax2"]))
    assert "權限" in other.error[0].value


def test_the_bureau_sees_every_agency_and_who_is_overdue(world: World) -> None:
    app = page("reviewer")
    table = shown(app.dataframe[0])
    assert list(table["狀態"]) == ["逾期"] * 3
    assert list(table["上次結案"]) == ["從未辦理"] * 3
    assert "3 個機關的權限清查**逾期未結案" in said(open_app("reviewer"))
    open_all()
    app = page("reviewer", campaign=str(line(world, "clerk").campaign_id))
    agencies = app.dataframe[0].value
    assert dict(zip(agencies["機關"], agencies["進度"], strict=True)) == {
        "臺北市稅捐稽徵處": "0／9",
        "臺北市政府工務局": "0／3",
        "臺北市政府地政局": "0／2",
    }
    assert len(people(app)) == 9
    assert not [button for button in app.button if str(button.key).startswith("review.")]


def test_what_is_owed_stands_on_the_list_of_things_to_do(world: World) -> None:
    assert "**臺北市稅捐稽徵處權限清查**　尚未發起" in said(open_app("agency_manager"))
    open_all()
    assert "已核定 0／9 個帳號，8 個待您核定" in said(open_app("agency_manager"))
    home = open_app("system_manager")
    assert "1 個管理者帳號待您核定" in said(home)
    # Of a whole agency only the lines of its managers are the system manager's.
    links = [one.proto.query_string for one in home.get("page_link") if "review" in one.proto.page]
    number = str(line(world, "clerk").campaign_id)
    assert f"campaign={number}&show=mine" in links
    app = page("system_manager", campaign=number, show="mine")
    assert people(app) == {"agency_manager"}
    choose(app, "agency_manager")
    press(app, "review.keep")
    press(app, "dialog.do")
    assert "沒有待您辦理的帳號" in said(app)
    # Whoever only looks has nothing to do there.
    app = page("reviewer", campaign=number, show="mine")
    assert len(people(app)) == 9
    assert "權限清查" not in said(open_app("clerk"))


def test_a_name_is_shown_as_it_is_written(world: World) -> None:
    hostile = ":material/home: **[x](https://e.tw)**"
    with transaction() as db:
        db.execute(update(Account).where(Account.username == "clerk").values(name=hostile))
    open_all()
    app = page("agency_manager", account=str(world.accounts["clerk"]))
    assert f"{hostile}（clerk）" in list(lines(app)["姓名（帳號）"])
    assert plain(f"{hostile}（clerk）") in [one.value for one in app.subheader]
