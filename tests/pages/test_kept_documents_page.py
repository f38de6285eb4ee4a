"""文件保管 as managers meet it: the list, one document's card, every act, and a link opened cold."""

from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from data.engine import transaction
from data.models import Account
from pages.shared.registry import file_of
from services.errors import Conflict
from services.papers.keeping import PaperKind
from services.papers.viewing import open_paper
from tests.pages.browsing import open_app, open_page, shown, texts
from tests.services.papers.helpers import (
    cancel,
    entry,
    events_of,
    handovers,
    image,
    kept,
    pdf,
    steps,
    stored,
)
from tests.services.papers.test_viewing import alter
from tests.world import EVERYBODY, World, at

PAGE = "kept_documents"
KEEPERS = {"unit_manager", "agency_manager", "works_manager", "system_manager"}


def opened(who: str, **params: str) -> AppTest:
    app = open_page(who, PAGE, **params)
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def listed(app: AppTest) -> list[str]:
    return [str(one) for one in app.dataframe[0].value["文件"]]


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def downloads(app: AppTest) -> list[str]:
    parts: Any = app.get("download_button")
    return [part.label for part in parts]


@pytest.fixture
def ripe(world: World) -> int:
    paper = kept(world, "clerk", custodian="unit_manager")
    cancel(world, "clerk", at(2024, 5, 22))
    return paper


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_open_it(world: World, who: str) -> None:
    if who in KEEPERS:
        app = opened(who)
        assert app.title[0].value == "文件保管"
        assert "目前沒有您保管範圍內的文件" in texts(app)
        return
    app = open_app(who)
    with pytest.raises(ValueError):
        app.switch_page(file_of(PAGE))


def test_the_list_says_state_day_and_custodian(world: World, ripe: int) -> None:
    other = kept(world, "clerk2", kind=PaperKind.FORM)
    app = opened("unit_manager")
    assert listed(app) == [str(other), str(ripe)]
    table = shown(app.dataframe[0])
    assert list(table["狀態"]) == ["保管中", "可銷毀"]
    assert list(table["可銷毀日"]) == ["繼續保管", "114年5月23日"]
    assert list(table["保管人"]) == ["", "測試005（unit_manager）"]
    assert not app.query_params
    app.selectbox(key=f"{PAGE}.state").select("destroyable").run()
    assert listed(app) == [str(ripe)] and app.query_params["state"] == "destroyable"
    cold = opened("unit_manager", kind="form", text="clerk2")
    assert listed(cold) == [str(other)]
    cold.selectbox(key=f"{PAGE}.state").select("destroyed").run()
    assert "沒有符合條件的文件" in texts(cold)


def test_a_link_opens_cold_and_a_foreign_one_says_no_more_than_an_absent_one(
    world: World, ripe: int
) -> None:
    app = opened("unit_manager", document=str(ripe))
    assert app.subheader[0].value.replace("\\", "") == f"文件 {ripe} 保密切結書 測試001（clerk）"
    assert app.query_params["document"] == str(ripe)
    assert entry(ripe).sha256 in list(app.table[0].value["內容"])
    foreign = opened("works_manager", document=str(ripe))
    absent = opened("works_manager", document="999999")
    assert foreign.error[0].value == absent.error[0].value
    assert not foreign.subheader
    odd = opened("unit_manager", document="x' OR 1=1", unit="PWD-LAND", state="burnt")
    assert "已略過" in odd.warning[0].value and not odd.subheader


def test_opening_is_recorded_each_time_by_the_button_alone(world: World, ripe: int) -> None:
    app = opened("unit_manager", document=str(ripe))
    app.run()
    assert downloads(app) == ["檢視／下載"]
    assert events_of("document_viewed") == []


def test_a_document_found_altered_says_so_on_its_card(world: World, ripe: int) -> None:
    alter(ripe, b"%PDF forged")
    with pytest.raises(Conflict):
        open_paper(world.actor("unit_manager"), ripe)
    assert "雜湊值不符" in opened("unit_manager", document=str(ripe)).error[0].value


def test_one_proposes_and_another_confirms(world: World, ripe: int) -> None:
    app = opened("unit_manager", document=str(ripe))
    press(app, "act.proposed")
    press(app, "dialog.do")
    assert "原因" in app.error[0].value and steps(ripe) == []
    app.text_area(key="dialog.reason").input("註銷已滿一年")
    press(app, "dialog.do")
    assert [step.act for step in steps(ripe)] == ["proposed"]
    assert app.button(key="act.confirmed").disabled

    other = opened("agency_manager", document=str(ripe))
    press(other, "act.confirmed")
    assert "無法復原" in said(other)
    assert other.button(key="dialog.do").disabled
    other.checkbox(key="dialog.sure").check().run()
    press(other, "dialog.do")
    assert stored(ripe) is None
    after = opened("agency_manager", document=str(ripe))
    assert "內容已銷毀" in said(after) and not downloads(after)
    assert not [one for one in after.button if str(one.key) == "act.proposed"]
    assert "確認銷毀（註銷已滿一年）" in said(after)


def test_a_proposal_is_withdrawn(world: World, ripe: int) -> None:
    app = opened("unit_manager", document=str(ripe))
    press(app, "act.proposed")
    app.text_area(key="dialog.reason").input("註銷已滿一年")
    press(app, "dialog.do")
    press(app, "act.withdrawn")
    app.text_area(key="dialog.reason").input("尚有疑義")
    press(app, "dialog.do")
    assert [step.act for step in steps(ripe)] == ["proposed", "withdrawn"]
    assert not app.button(key="act.proposed").disabled


def test_before_the_day_the_button_is_shut(world: World) -> None:
    early = kept(world, "clerk")
    app = opened("unit_manager", document=str(early))
    assert app.button(key="act.proposed").disabled
    assert app.button(key="act.proposed").help == "帳號註銷滿一年後才能銷毀。"
    cancel(world, "clerk", at(2026, 5, 22))
    app = opened("unit_manager", document=str(early))
    assert app.button(key="act.proposed").help == "自116年5月23日起可以銷毀。"


def test_a_scan_is_uploaded_to_an_account(world: World) -> None:
    app = opened("unit_manager")
    press(app, "keeping.upload")
    press(app, "dialog.do")
    assert "所屬的帳號或申請案" in app.error[0].value
    app.text_input(key="dialog.matter").input("clerk2").run()
    press(app, "dialog.do")
    assert "請選擇要上傳的掃描檔" in app.error[0].value
    app.file_uploader[0].set_value(("切結書.png", pdf(), "image/png")).run()
    press(app, "dialog.do")
    assert "與副檔名不符" in app.error[0].value
    app.file_uploader[0].set_value(("切結書.png", image(), "image/png")).run()
    press(app, "dialog.do")
    assert len(listed(app)) == 1
    stored_one = entry(int(listed(app)[0]))
    assert stored_one.account_id == world.accounts["clerk2"]
    assert stored_one.custodian_id == world.accounts["unit_manager"]
    assert app.query_params["document"] == str(stored_one.id)


def test_a_letter_is_uploaded_from_the_card_with_its_number(world: World) -> None:
    paper = kept(world, "agency_manager")
    app = opened("system_manager", document=str(paper))
    press(app, "act.upload")
    app.selectbox(key="dialog.kind").select(PaperKind.LETTER).run()
    app.file_uploader[0].set_value(("來函.pdf", pdf("letter"), "application/pdf")).run()
    app.text_input(key="dialog.letter_no").input("府授地資字第1136012388號")
    app.text_input(key="dialog.letter_date").input("115/13/01")
    press(app, "dialog.do")
    assert "115/13/01" in app.error[0].value.replace("\\", "")
    app.text_input(key="dialog.letter_date").input("113/05/22")
    press(app, "dialog.do")
    new = entry(int(listed(app)[0]))
    assert (new.letter_no, str(new.letter_date)) == ("府授地資字第1136012388號", "2024-05-22")
    assert new.account_id == world.accounts["agency_manager"]


def test_documents_are_handed_over_and_the_list_stays(world: World) -> None:
    papers = [kept(world, "clerk", custodian="unit_manager", mark=str(n)) for n in range(2)]
    app = opened("unit_manager")
    press(app, "keeping.handover")
    assert app.selectbox(key="dialog.giver").value == world.accounts["unit_manager"]
    press(app, "dialog.do")
    assert "請選擇接手人" in app.error[0].value
    app.selectbox(key="dialog.taker").select(world.accounts["agency_manager"]).run()
    press(app, "dialog.do")
    assert "原因" in app.error[0].value
    app.text_area(key="dialog.reason").input("職務異動")
    press(app, "dialog.do")
    assert {entry(paper).custodian_id for paper in papers} == {world.accounts["agency_manager"]}
    assert len(handovers()) == 1
    later = opened("agency_manager")
    assert "移交紀錄（1）" in [one.label for one in later.expander]
    assert "職務異動" in said(later)
    assert downloads(later) == ["列印移交清冊（PDF）", "下載移交清冊（CSV）"]


def test_one_document_is_handed_over_from_its_card(world: World) -> None:
    first, second = (kept(world, "clerk", custodian="unit_manager", mark=m) for m in "ab")
    app = opened("agency_manager", document=str(second))
    press(app, "act.handover")
    app.selectbox(key="dialog.taker").select(world.accounts["agency_manager"]).run()
    app.text_area(key="dialog.reason").input("職務異動")
    press(app, "dialog.do")
    assert entry(first).custodian_id == world.accounts["unit_manager"]
    assert entry(second).custodian_id == world.accounts["agency_manager"]


def test_names_of_other_people_stay_text(world: World) -> None:
    hostile = "<b>:material/home: [x](http://y)"
    paper = kept(world, "clerk")
    with transaction() as db:
        clerk = update(Account).where(Account.id == world.accounts["clerk"])
        db.execute(clerk.values(name=hostile))
    app = opened("unit_manager", document=str(paper))
    assert r"\<b\>" in app.subheader[0].value
    assert listed(app) == [str(paper)]
