"""Leaving and moving as heads, managers and the person concerned meet them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, PersonnelChange
from services.rocdate import roc_date
from tests.pages.browsing import open_app, open_page, texts
from tests.services.leaving.told import TODAY
from tests.world import NOW, World


def record(world: World, who: str, day: date, kind: str = "leave") -> int:
    with transaction() as db:
        entry = PersonnelChange(
            account_id=world.accounts[who],
            kind=kind,
            effective_on=day,
            source="manual",
            recorded_at=NOW,
        )
        db.add(entry)
        db.get_one(Account, world.accounts[who]).leaving_on = day
        db.flush()
        return entry.id


def entries(world: World, who: str) -> list[tuple[str, date, str, str]]:
    with reading() as db:
        found = db.scalars(
            select(PersonnelChange).where(PersonnelChange.account_id == world.accounts[who])
        )
        return [(one.kind, one.effective_on, one.source, one.settled_how) for one in found]


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def account_card(world: World, by: str, who: str) -> AppTest:
    app = open_page(by, "accounts", view="accounts", account=str(world.accounts[who]))
    assert not app.exception
    return app


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


@pytest.mark.parametrize("by", ["head", "unit_manager", "agency_manager"])
def test_a_leaving_is_recorded_on_the_card_and_taken_back(world: World, by: str) -> None:
    app = account_card(world, by, "clerk")
    press(app, "act.leaving")
    day = TODAY + timedelta(days=7)
    assert app.text_input(key="dialog.day").value == roc_date(TODAY)
    app.text_input(key="dialog.day").input(roc_date(day)).run()
    assert f"自 {roc_date(day + timedelta(days=1))}起停權" in texts(app)
    press(app, "dialog.do")
    assert entries(world, "clerk") == [("leave", day, "manual", "")]
    assert f"{roc_date(day)}離職（還有 7 天），尚未申請帳號註銷" in texts(app)
    (button,) = [key for key in keys(app) if key.startswith("act.leaving.")]
    press(app, button)
    press(app, "dialog.do")
    assert "原因" in app.error[0].value
    app.text_area(key="dialog.reason").input("商調取消").run()
    press(app, "dialog.do")
    assert entries(world, "clerk") == [("leave", day, "manual", "withdrawn")]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (roc_date(TODAY + timedelta(days=900)), "不合理"),
        ("9999/12/31", "不合理"),
        ("115/2/30", "最後一日：沒有"),
        ("明天", "最後一日：看不懂日期"),
        ("", "請填最後一日"),
    ],
)
def test_a_date_that_cannot_be_meant_is_told_in_the_dialog(
    world: World, typed: str, sentence: str
) -> None:
    app = account_card(world, "head", "clerk")
    press(app, "act.leaving")
    app.text_input(key="dialog.day").input(typed).run()
    press(app, "dialog.do")
    (told,) = app.error
    assert sentence in told.value
    assert entries(world, "clerk") == []


@pytest.mark.parametrize(("by", "who"), [("head", "head"), ("system_manager", "clerk")])
def test_the_button_is_not_offered_for_the_own_account_nor_to_others(
    world: World, by: str, who: str
) -> None:
    assert "act.leaving" not in keys(account_card(world, by, who))


def test_the_list_shows_who_leaves_and_what_is_missing(world: World) -> None:
    record(world, "clerk", TODAY - timedelta(days=2))
    record(world, "clerk2", TODAY + timedelta(days=3), "move")
    app = open_page("head", "accounts", view="leaving")
    table = app.dataframe[0].value
    assert list(table["期限"]) == ["逾期 2 天", "還有 3 天"]
    assert list(table["應辦申請"]) == ["帳號註銷", "權限異動或帳號註銷"]
    assert list(table["辦理情形"]) == ["尚未申請"] * 2
    other = open_page("works_head", "accounts", view="leaving")
    assert not other.dataframe
    assert "沒有待辦結的離職或異動" in texts(other)


def test_the_view_is_closed_to_who_records_nothing(world: World) -> None:
    app = open_page("system_manager", "accounts", view="leaving")
    assert "已略過" in app.warning[0].value


def test_a_file_is_judged_row_by_row_and_stored_by_the_button_only(world: World) -> None:
    day = TODAY + timedelta(days=30)
    data = f"員工編號,類別,生效日期\nT00001,離職,{day}\nT00010,離職,{day}\n=1+1,走了,x\n".encode()
    app = open_page("head", "accounts", view="leaving")
    app.file_uploader[0].set_value(("人事.csv", data, "text/csv")).run()
    assert not app.exception
    assert list(app.dataframe[0].value["結果"]) == ["登錄", "不能匯入", "不能匯入"]
    assert [metric.value for metric in app.metric] == ["3 列", "1 列", "0 列", "2 列"]
    assert entries(world, "clerk") == []
    press(app, "leaving.store")
    assert entries(world, "clerk") == [("leave", day, "import", "")]
    app.file_uploader[0].set_value(("人事.csv", data, "text/csv")).run()
    assert app.button(key="leaving.store").disabled


def test_a_file_that_is_none_is_told_in_a_sentence(world: World) -> None:
    app = open_page("head", "accounts", view="leaving")
    app.file_uploader[0].set_value(("a.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert not app.exception
    assert "找不到標題列" in app.error[0].value


def test_the_person_concerned_is_told_first_what_to_apply_for(world: World) -> None:
    record(world, "clerk", TODAY + timedelta(days=5))
    shown = texts(open_app("clerk"))
    assert f"您預定於 **{roc_date(TODAY + timedelta(days=5))}** 離職" in shown
    assert "請先申請帳號註銷" in shown
    assert "目前沒有您要辦理的事項" not in shown
    assert "您預定於" not in texts(open_app("clerk2"))


@pytest.mark.parametrize(("days", "told"), [(-1, True), (14, True), (15, False)])
def test_managers_are_told_how_many_leave_soon(world: World, days: int, told: bool) -> None:
    record(world, "clerk", TODAY + timedelta(days=days))
    for by in ("head", "agency_manager"):
        assert ("**1 人在 14 天內離職或異動**" in texts(open_app(by))) == told
    assert "離職或異動" not in texts(open_app("works_manager"))
