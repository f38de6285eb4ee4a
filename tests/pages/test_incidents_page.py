"""異常與事件 as people meet it: what cannot be explained, each step, and a spot check to its signature."""

from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import Audit, AuditDraw, AuditFrame, Incident, IncidentStep, Signature
from services.audits.drawing import draw_first
from services.audits.spot import open_spot_check
from services.audits.words import Ruling
from services.incidents.reporting import report_abnormal
from services.incidents.view import view_incident
from services.regulation.incidents import Step
from services.regulation.periods import Month
from tests.pages.browsing import open_page, texts
from tests.services.incidents.helping import Audited, audited, handler, incidents, steps_of
from tests.services.incidents.test_acting import take
from tests.services.papers.helpers import pdf
from tests.world import World, at


def opened(who: str, **params: str) -> AppTest:
    app = open_page(who, "incidents", **params)
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def press_label(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    assert not app.error, [error.value for error in app.error]


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def badges(app: AppTest) -> str:
    return " ".join(str(part.value) for part in app.markdown)


def listed(app: AppTest) -> list[str]:
    return [str(one) for one in app.dataframe[0].value["案號"]]


def rows(table: Any) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def audit(world: World) -> Audited:
    return audited(world)


def test_without_incidents_it_says_where_they_come_from(world: World) -> None:
    app = opened("auditor")
    assert "沒有處理中的事件" in said(app)
    assert "成立事件" not in labels(app)
    assert "成立事件" in labels(opened("ethics"))


def test_the_first_screen_says_what_cannot_be_explained(audit: Audited) -> None:
    audit.judge(audit.of["clerk"][:1], Ruling.DEFICIENT)
    audit.judge(audit.of["clerk2"][:1], Ruling.MAJOR)
    app = opened("ethics")
    assert "重大缺失 1 件處理中" in badges(app)
    table = app.dataframe[0].value
    assert list(table["情節"]) == ["重大缺失", "缺失"]
    assert list(table["下一步"]) == ["提報首長", "補救及防範措施"]
    assert opened("ethics", gravity="deficient").dataframe[0].value.shape[0] == 1
    before = (rows(Incident), rows(IncidentStep))
    for _ in range(2):
        app.run()
    assert (rows(Incident), rows(IncidentStep)) == before


def test_every_step_has_its_button_and_the_last_one_closes(audit: Audited) -> None:
    audit.judge(audit.of["clerk"][:1], Ruling.DEFICIENT)
    (incident,) = incidents()
    app = opened("head", incident=str(incident.id))
    assert "說明文字" in str(app.dataframe[1].value)
    assert app.button(key="act.close").disabled
    press(app, "act.remedied")
    app.text_input(key="step.day").input("115/11/30")
    app.text_area(key="step.note").input("已辦理教育訓練")
    app.text_input(key="step.letter").input("府稅字第1150000001號")
    press(app, "step.do")
    assert "不能晚於今天" in said(app)
    assert steps_of(incident.id) == ["opened"]
    app.text_input(key="step.day").input("115/11/20")
    press(app, "step.do")
    app.run()
    assert steps_of(incident.id) == ["opened", "remedied"]
    press(app, "act.outcome")
    app.text_input(key="step.day").input("115年11月20日")
    app.text_area(key="step.note").input("申誡一次")
    app.file_uploader[0].set_value([("獎懲令.pdf", pdf("令"), "application/pdf")]).run()
    press(app, "step.do")
    app.run()
    files: Any = app.get("download_button")
    assert [part.label.replace("\\", "")[:7] for part in files] == ["獎懲令.pdf"]
    press(app, "act.close")
    app.text_area(key="close.note").input("全案辦結")
    press(app, "close.do")
    app.run()
    assert incidents()[0].status == "closed"
    assert "沒有處理中的事件" in said(app)
    assert not {"結案", "登錄結果"} & labels(app)
    assert listed(opened("head", state="closed")) == [incident.number]


def test_whoever_acts_on_what_has_changed_meanwhile_is_told(audit: Audited) -> None:
    audit.judge(audit.of["clerk"][:1], Ruling.MAJOR)
    (incident,) = incidents()
    app = opened("head", incident=str(incident.id))
    press(app, "act.reported")
    view = view_incident(handler(audit.world), incident.id)
    take(handler(audit.world), view, Step.REPORTED)
    app.text_input(key="step.day").input("115/11/20")
    app.text_area(key="step.note").input("已簽陳首長")
    app.text_input(key="step.letter").input("府稅字第1150000001號")
    press(app, "step.do")
    assert "剛剛已由他人處理" in said(app)
    assert steps_of(incident.id) == ["opened", "reported"]


def test_who_may_only_look_has_no_buttons_and_the_subject_sees_nothing(audit: Audited) -> None:
    audit.judge(audit.of["unit_manager"], Ruling.MAJOR)
    (incident,) = incidents()
    for who in ("auditor", "agency_head"):
        app = opened(who, incident=str(incident.id))
        assert incident.number in said(app)
        assert not {"登錄提報", "結案", "成立事件"} & labels(app)
    app = opened("unit_manager", incident=str(incident.id))
    assert "找不到這個事件" in said(app)
    assert incident.number not in said(app)
    assert "沒有處理中的事件" in said(app)


def test_abnormal_use_is_reported_by_whoever_noticed(world: World) -> None:
    world.use("clerk", at(2026, 11, 2, 21))
    app = opened("ethics")
    press(app, "incident.report")
    app.text_input(key="report.subject").input("nobody")
    app.text_input(key="report.title").input("下班後大量查詢")
    app.text_area(key="report.text").input("連續三日於二十時後查詢。")
    press(app, "report.do")
    assert "沒有「nobody」" in said(app)
    app.text_input(key="report.records").input("1,2")
    press(app, "report.do")
    assert "不是數字" in said(app)
    app.text_input(key="report.subject").input("clerk")
    app.text_input(key="report.records").input("1")
    press(app, "report.do")
    app.run()
    (incident,) = incidents()
    assert incident.gravity == "abnormal"
    assert incident.number in said(app)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"incident": "999999"}, "找不到這個事件"),
        ({"spot": "999999", "step": "judge"}, "找不到這件稽核"),
        ({"gravity": "nonsense"}, "已略過"),
        ({"unit": "PWD-LAND"}, "已略過"),
        ({"view": "nonsense"}, "已略過"),
    ],
)
def test_a_wrong_address_gets_a_sentence(
    world: World, params: dict[str, str], sentence: str
) -> None:
    assert sentence in said(opened("auditor", **params))


def test_the_signature_says_how_many_incidents_are_open(audit: Audited) -> None:
    audit.judge(audit.of["clerk"][:1], Ruling.MAJOR)
    for who in ("head", "reviewer"):
        app = open_page(who, "audit_sampler", audit=str(audit.audit_id), step="sign")
        assert not app.exception
        assert "本件稽核有 1 個事件處理中" in said(app)


def test_a_spot_check_from_its_reason_to_its_signature(world: World) -> None:
    world.use("clerk", *(at(2026, 11, day) for day in (2, 3)))
    app = opened("agency_manager", view="spots")
    assert "還沒有不定期檢查" in said(app)
    press(app, "spot.new")
    app.selectbox(key="spot.unit").select_index(0)
    app.number_input(key="spot.records").set_value(9)
    app.text_area(key="spot.reason").input("有人反映下班後查詢")
    press(app, "spot.do")
    assert "至 2 筆（母體）" in said(app)
    assert rows(Audit) == 0
    app.number_input(key="spot.records").set_value(1)
    press(app, "spot.do")
    app.run()
    assert (rows(Audit), rows(AuditFrame)) == (1, 1)
    assert "不補足月份與人數" in said(app)
    press_label(app, "抽樣")
    app.run()
    assert rows(AuditDraw) == 1
    press_label(app, "開始查核")
    app.run()
    press_label(app, "符合")
    press_label(app, "前往簽核")
    app.run()
    press_label(app, "簽核")
    press_label(app, "確定簽核")
    app.run()
    assert rows(Signature) == 1
    assert "這件稽核已簽核" in said(app)


@pytest.mark.parametrize("step", ["scope", "freeze", "draw", "judge", "sign"])
def test_a_link_opens_a_spot_check_at_its_step(world: World, step: str) -> None:
    world.use("clerk", at(2026, 11, 2))
    manager = world.actor("agency_manager")
    audit_id = open_spot_check(manager, world.units["tax1"], Month(2026, 11), "例行檢查", 0)
    draw_first(manager, audit_id)
    app = opened("agency_manager", spot=str(audit_id), step=step)
    assert "115年11月" in said(app)
    assert "例行檢查" in said(app)
    assert app.session_state["incidents.step"] == step
    wanted = {
        "scope": "不定期檢查沒有下限", "freeze": "母體已凍結", "draw": "第 1 次抽樣",
        "judge": "請加入要查核的紀錄", "sign": "不作推論",
    }  # fmt: skip
    assert wanted[step] in said(app)
    assert not opened("auditor", spot=str(audit_id), step=step).error


def test_turning_to_the_other_view_begins_with_its_list(world: World) -> None:
    report_abnormal(handler(world), world.units["tax1"], "clerk", "下班後查詢", "待查明用途。")
    (incident,) = incidents()
    app = opened("ethics", incident=str(incident.id))
    app.segmented_control(key="incidents.view").set_value("spots").run()
    assert "還沒有不定期檢查" in said(app)
    app.segmented_control(key="incidents.view").set_value("incidents").run()
    assert "辦理經過" not in said(app)
