"""使用紀錄 on screen: filters in the address, people behind the list, one record, 加入判斷抽查, looks."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import Event, JudgementPick
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.sheet import worksheet_rows
from services.regulation.periods import Quarter
from tests.pages.browsing import open_page as open_any
from tests.pages.browsing import shown, texts
from tests.staged import Stage
from tests.world import World, at

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def open_page(who: str, **params: str) -> AppTest:
    app = open_any(who, "records", **params)
    assert not app.exception
    return app


@pytest.fixture
def used(stage: Stage, world: World) -> World:
    return stage.add(world, used_world)


def used_world(world: World) -> World:
    """Two people of one unit in the third quarter and lately; one of them late in the evening."""
    world.use("clerk", *(at(2026, 7, day, 10) for day in range(1, 21)))
    world.use("clerk2", *(at(2026, 8, day, 22) for day in range(3, 8)), reason="夜間查對地價")
    world.use("clerk", at(2026, 11, 3), at(2026, 11, 20), reason="**公文** [x](y)")
    world.use("clerk2", at(2026, 11, 16, 22), flags="purpose_missing", document_no="")
    world.use("clerk_tax2", at(2026, 11, 4))
    return world


def rows(app: AppTest, column: str) -> list[Any]:
    return list(shown(app.dataframe[0])[column]) if app.dataframe else []


def looks() -> list[dict[str, str]]:
    with reading() as db:
        found = db.query(Event).filter(Event.type == "records_viewed").order_by(Event.id)
        return [row.detail.get("filter", {}) for row in found]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception and not app.error
    return app


@ON_SQLITE
def test_the_first_screen_is_the_unit_s_last_month_and_a_manager_chooses_a_unit(
    used: World,
) -> None:
    app = open_page("head")
    assert rows(app, "時間") == [
        "115年11月20日 10:00:00", "115年11月16日 22:00:00", "115年11月3日 10:00:00",
    ]  # fmt: skip
    assert rows(app, "時段") == ["", "非上班時間", ""]
    assert rows(app, "系統提示") == ["", "未填案件號或原因", ""]
    assert dict(app.query_params) == {}
    manager = open_page("agency_manager")
    assert "請選擇一個單位" in texts(manager) and not manager.dataframe
    assert looks() == [looks()[0]]
    manager.selectbox(key="records.unit").select("TAX-ZS").run()
    assert rows(manager, "使用者") == ["測試009（clerk_tax2）"]
    assert manager.query_params["unit"] == "TAX-ZS"


GIVEN = {
    "unit": "TAX-DAAN", "period": "days", "from": "2026-07-01", "to": "115/9/30", "time": "hours",
    "hour_from": "21", "hour_to": "6", "item": "LandOwnership", "action": "query", "source": "local",
    "words": "地價", "name": "clerk2", "view": "records",
}  # fmt: skip


def test_the_address_holds_every_filter_and_works_cold(used: World) -> None:
    app = open_page("ethics", **GIVEN)
    assert not app.error and not app.warning
    assert len(rows(app, "時間")) == 5
    held = {name: app.query_params[name] for name in GIVEN}
    assert {
        name: value[0] if isinstance(value, list) else value for name, value in held.items()
    } == (GIVEN)
    again = open_page("ethics", **GIVEN)
    assert rows(again, "編號") == rows(app, "編號")
    press(again, "清除條件")
    assert "請選擇一個單位" in texts(again)
    assert rows(open_page("ethics", **(GIVEN | {"hour_from": "23"})), "編號") == []


@ON_SQLITE
def test_what_cannot_be_is_told(used: World) -> None:
    assert "看不懂日期" in open_page("head", **{"from": "7月初"}).error[0].value
    later = open_page("head", **{"from": "115/8/1", "to": "115/7/1"})
    assert "晚於迄日" in later.error[0].value and not later.dataframe
    odd = open_page("head", unit="PWD-LAND", flag="odd", time="tea", item="' OR 1=1")
    assert "「PWD-LAND、tea、' OR 1=1、odd」" in odd.warning[0].value.replace("\\", "")
    assert len(rows(odd, "編號")) == 3
    assert "放寬期間或條件" in texts(open_page("head", words="沒有這個字"))
    for record in ("999999", "0", "-1", "1e9", "9" * 40):
        assert not open_page("head", record=record).subheader
    elsewhere = open_page("works_head", record="1")
    assert "權限" in elsewhere.error[0].value and not elsewhere.subheader


@ON_SQLITE
def test_a_person_s_row_opens_that_person_s_records(used: World) -> None:
    app = open_page("head", view="people", period="year")
    people = app.dataframe[0].value
    assert list(people["姓名（帳號）"]) == ["測試001（clerk）", "測試002（clerk2）"]
    assert list(people["上班時間以外"]) == [6, 6]
    person = str(used.accounts["clerk2"])
    there = open_page("head", view="people", period="year", person=person)
    assert "只列 **測試002（clerk2）** 的紀錄" in texts(there).replace("\\", "")
    assert set(rows(there, "使用者")) == {"測試002（clerk2）"}
    press(there, "看全部的人")
    assert len(set(rows(there, "使用者"))) == 2
    unknown = open_page("head", person="S9:nobody")
    assert "查無此人" in texts(unknown) and not unknown.dataframe


@ON_SQLITE
def test_one_look_is_one_event_however_often_the_page_is_drawn(used: World) -> None:
    app = open_page("auditor")
    app.run().run()
    assert len(looks()) == 1
    app.text_input(key="records.words").input("公文").run()
    app.run()
    open_page("auditor", record=str(rows(app, "編號")[0]))
    assert [look.get("words", "") for look in looks()][:2] == ["", "有"]
    assert not any("公文" in str(look) for look in looks())


def judging(world: World) -> int:
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Quarter(2026, 3))
    draw_first(head, audit_id)
    return audit_id


def test_a_record_is_picked_from_its_card_into_the_audit_of_its_quarter(used: World) -> None:
    audit_id = judging(used)
    with reading() as db:
        audited = {row.record_id for row in worksheet_rows(used.actor("head"), audit_id)}
    free = next(record for record in range(1, 26) if record not in audited)
    given = {"period": "days", "from": "2026-07-01", "to": "2026-09-30"}
    app = open_page("auditor", record=str(free), **given)
    assert app.subheader[0].value == f"紀錄 {free}"
    assert "府授地資字第1136012388號" in texts(app)
    press(app, "加入判斷抽查")
    assert "大安分處 115年第3季單位稽核" in texts(app).replace("\\", "")
    next(button for button in app.button if button.label == "確定加入").click().run()
    assert "判斷抽查的理由請寫" in app.error[0].value
    app.text_area(key="records.pick.reason").input("夜間查詢，事由不明")
    press(app, "確定加入")
    app.run()
    with reading() as db:
        picks = [(row.record_id, row.reason) for row in db.query(JudgementPick)]
    assert picks == [(free, "夜間查詢，事由不明")]
    assert "已經在樣本或判斷抽查內" in texts(app)
    manager = open_page("agency_manager", unit="TAX-DAAN", record=str(free), **given)
    button = next(button for button in manager.button if button.label == "加入判斷抽查")
    assert button.disabled
    assert "由大安分處的單位主管或其指派的稽核人員辦理" in texts(manager)


@ON_SQLITE
def test_what_people_wrote_is_shown_as_it_stands(used: World) -> None:
    app = open_page("head")
    record = rows(app, "編號")[0]
    card = open_page("head", record=str(record))
    assert r"\*\*公文\*\* \[x\]\(y\)" in texts(card)
    press(card, "看這個人的紀錄")
    assert set(rows(card, "使用者")) == {"測試001（clerk）"}
    assert not card.subheader
