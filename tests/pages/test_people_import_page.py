"""匯入名單 as a manager meets it: nothing sent in but by the last button, links shown once."""

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Account, Application
from services.applications.bulk.columns import HEADERS
from tests.pages.browsing import open_page, texts
from tests.services.bulk.lists import list_of, person
from tests.world import World

LIST = list_of(person(1), person(2, "用地科"), person(3, 員工編號="T00001"), person(4))


def opened(who: str = "unit_manager") -> AppTest:
    app = open_page(who, "accounts", view="import")
    assert not app.exception
    return app


def upload(app: AppTest, data: bytes = LIST, name: str = "名單.csv") -> None:
    app.file_uploader[0].set_value((name, data, "")).run()
    assert not app.exception


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def stored() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Application)) or 0


def tiles(app: AppTest) -> list[str]:
    return [str(tile.value) for tile in app.metric]


def test_a_list_is_looked_at_and_sent_in(world: World) -> None:
    app = opened()
    assert all(header in texts(app) for header in HEADERS)
    upload(app)
    assert tiles(app) == ["4 人", "2 人", "1 人", "1 人", "0 人", "0 人"]
    table = app.dataframe[0].value
    assert list(table["結果"]) == ["將送出", "有錯誤", "已有帳號", "將送出"]
    assert "查無「用地科」" in table["說明"][1]
    assert app.button(key="people.send").label == "送出申請（2 件）"
    press(app, "people.send")
    assert "其他管理者完成辦理" in texts(app)
    assert stored() == 0
    press(app, "people.do")
    assert stored() == 2
    assert "已送出 2 件申請" in texts(app)
    links = list(app.dataframe[0].value["申請人的連結"])
    assert all("/?follow=" in link for link in links)

    press(app, "people.done")
    assert not app.dataframe
    assert stored() == 2
    # The links are gone from the session as well.
    assert "people.task" not in app.session_state
    assert "/?follow=" not in texts(opened())


def test_what_changed_meanwhile_is_told_and_looked_at_anew(world: World) -> None:
    app = opened()
    upload(app)
    press(app, "people.send")
    with transaction() as db:
        db.get_one(Account, world.accounts["works_clerk"]).staff_no = "N00004"
    press(app, "people.do")
    assert "重新檢查" in app.error[0].value
    assert stored() == 0
    press(app, "people.again")
    assert tiles(app) == ["4 人", "1 人", "1 人", "2 人", "0 人", "0 人"]


def test_a_list_without_a_good_row_cannot_be_sent(world: World) -> None:
    app = opened()
    upload(app, list_of(person(1, 電話="")))
    assert app.button(key="people.send").disabled
    assert "沒有可以送出的列" in texts(app)


def test_a_file_that_is_no_list_is_told_and_the_page_goes_on(world: World) -> None:
    app = opened()
    upload(app, b"\x00\x01\x02" * 50)
    assert "二進位" in app.error[0].value
    upload(app, list_of(person(1)))
    assert not app.error
    assert tiles(app)[:2] == ["1 人", "1 人"]


def test_other_peoples_text_is_shown_as_text(world: World) -> None:
    app = opened()
    upload(app, list_of(person(1)), "**粗** :red[x] <b>y</b>.csv")
    assert any("\\*\\*粗" in str(part.value) for part in app.markdown)


@pytest.mark.parametrize("who", ["system_manager", "head", "reviewer"])
def test_who_looks_after_no_general_users_is_not_offered_it(world: World, who: str) -> None:
    app = open_page(who, "accounts", view="import")
    assert not app.exception
    assert not app.file_uploader
