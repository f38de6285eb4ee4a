"""機關稽核 step by step, by the people who live it: manager, ethics officer, agency head; the bureau looks on."""

from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import (
    Account,
    AccountDuty,
    Agency,
    Audit,
    AuditAct,
    AuditDraw,
    AuditFrame,
    Reopening,
    Signature,
    Unit,
    Verdict,
)
from services import clock
from services.actor import Actor
from services.audits.agency.comparison import verdicts_beside
from services.audits.agency.freezing import freeze_agency
from services.audits.drawing import draw_first
from services.audits.signing import reopen
from services.audits.words import CorrectionKind, FrameScope
from services.demo.acting import acting
from services.demo.load import DemoSummary
from services.regulation.periods import HalfYear
from services.rocdate import roc_date
from tests.agency_freeze import receive_signed
from tests.pages.browsing import open_page, texts
from tests.services.audits import whole
from tests.world import World, at

HALF = "2026H1"
TABLES = (Audit, AuditFrame, AuditDraw, Verdict, Signature, AuditAct, Reopening)


def counts() -> dict[str, int]:
    with reading() as db:
        return {
            t.__tablename__: db.scalar(select(func.count()).select_from(t)) or 0 for t in TABLES
        }


def added(before: dict[str, int]) -> dict[str, int]:
    return {name: now - before[name] for name, now in counts().items() if now != before[name]}


def audit_of_half() -> Audit | None:
    with reading() as db:
        return db.scalar(
            select(Audit)
            .join(Agency, Agency.id == Audit.agency_id)
            .where(Audit.kind == "agency", Audit.period == HALF, Agency.code == "TAX")
        )


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    assert not app.error, [error.value for error in app.error]


def confirm(app: AppTest, label: str) -> None:
    """Press a dialog's button; the rerun it asks for is AppTest's next run."""
    press(app, label)
    app.run()
    assert not app.exception


def declare(app: AppTest) -> None:
    """Give the reason for the one unit audit that is missing in the small city."""
    app.text_input(key="missing_reason").set_value("單位主管懸缺").run()


def page(who: str, **params: str) -> AppTest:
    app = open_page(who, "agency_audit", **{"half": HALF} | params)
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


def judged(app: AppTest) -> int:
    """Judge whatever is open; return how many records it was."""
    pressed = 0
    while "符合" in labels(app):
        press(app, "符合")
        pressed += 1
    return pressed


def acting_as(username: str) -> Actor:
    with reading() as db:
        account = db.scalars(select(Account.id).where(Account.username == username)).one()
    return acting(account, clock.utc_now())


def tax() -> int:
    with reading() as db:
        return db.scalars(select(Agency.id).where(Agency.code == "TAX")).one()


@pytest.fixture
def received(demo_city: DemoSummary) -> None:
    """The agency's manager has received what the units signed."""
    receive_signed(acting_as("agency_manager"), tax(), HalfYear.parse(HALF))


def test_from_what_the_units_owe_to_the_approval(received: None) -> None:
    before = counts()
    manager = page("agency_manager")
    said = texts(manager)
    assert "115年7月31日 以前辦理，115年8月31日 以前函送地政局" in said
    assert "應稽核多少" in said and "規範第七點（一）2." in said
    assert any(one.label.startswith("單位稽核：應交") for one in manager.expander)
    press(manager, "下一步：凍結")
    manager.run()
    press(manager, "凍結母體")
    assert added(before) == {}
    declare(manager)
    confirm(manager, "確定凍結")
    assert added(before) == {"audits": 1, "audit_frames": 1}
    press(manager, "抽樣")
    for _ in range(2):
        manager.run()
    assert added(before)["audit_draws"] == 1
    press(manager, "開始查核")
    manager.run()
    assert "單位判定「" in texts(manager)
    pressed = judged(manager)
    assert added(before)["verdicts"] == pressed > 0
    press(manager, "前往簽核")
    manager.run()
    press(manager, "簽核")
    confirm(manager, "確定簽核")
    assert added(before)["signatures"] == 1
    assert "還缺政風人員的簽核" in texts(manager)
    assert "簽核" not in labels(manager)

    waiting = page("agency_head")
    assert "核定" not in labels(waiting)

    ethics = page("ethics", step="sign")
    press(ethics, "簽核")
    confirm(ethics, "確定簽核")
    assert added(before)["signatures"] == 2
    assert "這件稽核已簽核" in texts(ethics)

    head = page("agency_head")
    assert "政風人員簽核" in texts(head)
    press(head, "退回")
    next(area for area in head.text_area if area.label == "理由").set_value("請補充查核說明").run()
    confirm(head, "確定退回")
    assert added(before) | {"verdicts": 0} == {
        "audits": 1, "audit_frames": 1, "audit_draws": 1, "verdicts": 0,
        "signatures": 2, "audit_acts": 1, "reopenings": 1,
    }  # fmt: skip
    for who in ("ethics", "agency_manager"):
        app = page(who, step="sign")
        assert "退回" in texts(app)
        press(app, "簽核")
        confirm(app, "確定簽核")
    head = page("agency_head")
    press(head, "核定")
    confirm(head, "確定核定")
    audit = audit_of_half()
    assert audit is not None and audit.status == "approved"
    assert "還不能函送" in texts(head)
    assert "函送地政局" not in labels(head)
    assert "115年第1季的單位稽核尚未辦理" in texts(page("agency_manager"))


def test_the_approved_half_year_is_sent_with_its_letter(world: World) -> None:
    audit_id, _ = whole.approved_agency(world)
    manager = page("agency_manager")
    press(manager, "函送地政局")
    # What the bureau's checks will find wrong is explained, before anything is sent.
    assert {"期限：不符", "簽核人員：不符"} <= {one.label for one in manager.expander}
    next(button for button in manager.button if button.label == "確定函送").click().run()
    assert any("「期限、簽核人員」不符" in error.value for error in manager.error)
    manager.text_area(key="send.explanation").set_value("補辦逾期案件").run()
    manager.text_input(key="send.number").set_value("查詢").run()
    next(button for button in manager.button if button.label == "確定函送").click().run()
    assert any("公文字號" in error.value for error in manager.error)
    with reading() as db:
        assert db.get_one(Audit, audit_id).status == "approved"
    manager.text_input(key="send.number").set_value(whole.LETTER).run()
    manager.text_input(key="send.day").set_value(roc_date(whole.LETTER_DAY)).run()
    confirm(manager, "確定函送")
    with reading() as db:
        assert db.get_one(Audit, audit_id).status == "sent"
    for who in ("agency_manager", "agency_head", "reviewer"):
        app = page(who, agency="TAX")
        assert "已函送地政局" in texts(app) and whole.LETTER in texts(app)
        assert "函送地政局" not in labels(app)
        assert ("更正函送" in labels(app)) is (who == "agency_manager")

    manager = page("agency_manager")
    press(manager, "更正函送")
    button = "確定更正函送"
    next(one for one in manager.button if one.label == button).click().run()
    assert any("請選擇更正種類" in error.value for error in manager.error)
    manager.text_area(key="send.explanation").set_value("補辦逾期案件").run()
    manager.radio(key="correct.kind").set_value(CorrectionKind.CLERICAL).run()
    manager.text_input(key="correct.asked").set_value("地政局來函").run()
    manager.text_area(key="correct.reason").set_value("<b>公文字號</b>誤繕").run()
    next(one for one in manager.button if one.label == button).click().run()
    assert any("完全相同" in error.value for error in manager.error)
    manager.text_input(key="correct.number").set_value("府授地資字第1156012389號").run()
    confirm(manager, button)
    for who in ("agency_manager", "reviewer"):
        app = page(who, agency="TAX")
        shown = texts(app)
        assert "第 2 次函送（文字更正），取代第 1 次" in shown and "地政局來函" in shown
        assert "府授地資字第1156012389號" in shown and whole.LETTER in shown
        assert "<b>" not in shown


def test_several_units_records_are_received_at_once(demo_city: DemoSummary) -> None:
    with reading() as db:
        signed = tuple(
            db.scalars(
                select(Audit.id).where(
                    Audit.kind == "unit",
                    Audit.period.in_(["2026Q1", "2026Q2"]),
                    Audit.status == "signed",
                    Audit.agency.has(code="TAX"),
                )
            )
        )
    assert len(signed) > 1
    before = counts()
    app = page("agency_manager")
    app.session_state["dialog.open"] = ("receive", signed)
    app.run()
    assert f"以下 {len(signed)} 件單位稽核紀錄" in texts(app)
    confirm(app, "確定收存")
    assert added(before) == {"audit_acts": len(signed)}
    assert f"已收存 {len(signed)}" in texts(app)


def test_a_reopening_says_that_it_takes_the_receipt_back(world: World) -> None:
    whole.fill_half_year(world)
    audit_id = whole.received_unit(world, "tax1", whole.Q1)
    app = open_page("head", "audit_sampler", audit=str(audit_id), step="sign")
    assert "已失效" not in texts(app)
    press(app, "重新開啟")
    assert "原簽核**失效**" in texts(app) and "**機關管理者的收存隨之撤回**" in texts(app)
    app.text_area[0].set_value("漏看一筆佐證資料").run()
    confirm(app, "確定重新開啟")
    app = open_page("agency_manager", "audit_sampler", audit=str(audit_id), step="sign")
    # Both the signature and the receipt.
    assert texts(app).count("重新開啟後已失效") == 2


def test_the_chosen_scope_is_what_is_frozen(received: None) -> None:
    app = page("ethics")
    app.radio(key="agency_audit.scope").set_value("both").run()
    press(app, "下一步：凍結")
    app.run()
    press(app, "凍結母體")
    declare(app)
    confirm(app, "確定凍結")
    audit = audit_of_half()
    assert audit is not None and audit.scope == "both"
    assert "已稽核與未稽核的紀錄" in texts(page("agency_head", step="scope"))


def test_a_number_out_of_range_gets_its_sentence(received: None) -> None:
    app = page("agency_manager", step="freeze")
    app.number_input(key="base_records").set_value(10**6).run()
    press(app, "凍結母體")
    declare(app)
    before = counts()
    next(button for button in app.button if button.label == "確定凍結").click().run()
    assert "規範下限" in app.error[0].value
    assert added(before) == {}


def test_missing_unit_audits_are_declared_with_a_reason(demo_city: DemoSummary) -> None:
    app = page("agency_manager", step="freeze", scope="both")
    assert "已簽核、待收存 7 件" in texts(app) and "凍結母體" not in labels(app)
    receive_signed(acting_as("agency_manager"), tax(), HalfYear.parse(HALF))
    with reading() as db:
        found = db.execute(
            select(Audit.id, AccountDuty.account_id)
            .join(AccountDuty, AccountDuty.unit_id == Audit.unit_id)
            .join(Unit, Unit.id == Audit.unit_id)
            .where(Audit.kind == "unit", Audit.period == "2026Q2", Unit.name == "中山分處")
            .where(AccountDuty.duty == "unit_head")
        ).first()
    assert found is not None
    reopen(acting(found[1], clock.utc_now()), found[0], "漏列一筆佐證資料")
    app = page("agency_manager", step="freeze", scope="both")
    press(app, "凍結母體")
    before = counts()
    next(button for button in app.button if button.label == "確定凍結").click().run()
    assert "單位稽核未完成；請等單位完成，或寫明" in app.error[0].value and added(before) == {}
    app.text_input(key="missing_reason").set_value("單位主管懸缺").run()
    own = next(one for one in app.text_input if one.label == "中山分處 115年第2季")
    own.set_value("承辦人員職務調動").run()
    confirm(app, "確定凍結")
    said = texts(page("agency_head", step="scope"))
    assert "單位稽核未完成 2 件" in said
    assert "單位主管懸缺" in said and "承辦人員職務調動" in said


@pytest.mark.parametrize("step", ["freeze", "draw", "judge", "sign", "approve"])
def test_later_steps_say_what_is_missing_and_change_nothing(
    demo_city: DemoSummary, step: str
) -> None:
    before = counts()
    app = page("agency_manager", step=step)
    assert any(word in texts(app) for word in ("尚未", "還沒有", "凍結會把"))
    assert added(before) == {}


def test_an_unfinished_half_year_is_shown_but_cannot_be_frozen(demo_city: DemoSummary) -> None:
    app = page("agency_manager", half="2026H2", step="freeze")
    assert "結束後才能凍結" in texts(app)
    assert "凍結母體" not in labels(app)


@pytest.mark.parametrize("who", ["agency_head", "reviewer", "system_manager"])
def test_viewers_have_no_buttons_that_act(demo_city: DemoSummary, who: str) -> None:
    params: dict[str, Any] = {} if who == "agency_head" else {"agency": "TAX"}
    app = page(who, step="freeze", **params)
    assert "凍結由機關管理者會同政風單位辦理" in texts(app)
    assert not {"凍結母體", "抽樣", "簽核", "收存", "核定"} & labels(app)


def test_the_bureau_sees_every_agency(demo_city: DemoSummary) -> None:
    app = page("reviewer")
    table = app.dataframe[0].value
    assert len(table) == demo_city.agencies
    assert "機關稽核" in texts(app)


def test_a_number_in_the_address_opens_that_agency_and_half_year(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_id, units = whole.approved_agency(world)
    # Half a year later another one is the newest: the number alone leads back.
    monkeypatch.setattr(clock, "utc_now", lambda: at(2027, 1, 20))
    for who in ("agency_manager", "reviewer"):
        app = open_page(who, "agency_audit", audit=str(audit_id), step="judge")
        assert not app.exception and not app.error and "已略過" not in texts(app)
        assert app.subheader[0].value == "臺北市稅捐稽徵處．115年上半年"
        assert app.query_params["step"] in ("judge", ["judge"])
        assert "audit" not in app.query_params
    for number, words in (
        (str(units[0]), "是單位稽核，不在本頁；請由「稽核抽樣」開啟"),
        ("999999", "找不到這件稽核"),
        ("x", "不是數字"),
    ):
        app = open_page("agency_manager", "agency_audit", audit=number)
        assert not app.exception
        assert words in app.error[0].value
    foreign = open_page("works_manager", "agency_audit", audit=str(audit_id))
    assert "權限" in foreign.error[0].value
    assert "稅捐" not in texts(foreign)
    wrong = open_page("agency_manager", "audit_sampler", audit=str(audit_id))
    assert "請由「機關稽核」開啟" in wrong.error[0].value


def test_the_records_judged_otherwise_than_their_unit_did_are_listed(world: World) -> None:
    whole.fill_half_year(world)
    for unit in ("tax1", "tax2"):
        for quarter in whole.H1.quarters:
            whole.received_unit(world, unit, quarter)
    manager, half = world.actor("agency_manager"), whole.H1
    # Of what the units audited alone, so that every record has a verdict of its unit.
    audit_id = freeze_agency(manager, world.agencies["tax"], half, FrameScope.AUDITED, seal=False)
    draw_first(manager, audit_id)
    whole.judged(manager, audit_id, deficient=2)
    app = page("agency_manager", step="judge", filter="differs")
    listed = next(frame.value for frame in app.dataframe if "單位判定" in frame.value)
    assert set(listed["單位判定"]) == {"不同：符合"}
    beside = verdicts_beside(manager, audit_id)
    assert set(listed["編號"]) == {record for record, one in beside.items() if one.differs}
    assert "與單位的判定不同。單位判定「符合」" in texts(app)
    app.segmented_control(key="agency_audit.filter").set_value("all").run()
    assert app.query_params["filter"] == "all"
    assert len(next(f.value for f in app.dataframe if "單位判定" in f.value)) > len(listed)


@pytest.mark.parametrize(
    "params", [{"half": "1999H1"}, {"agency": "PWD"}, {"step": "nonsense"}, {"scope": "all"}]
)
def test_a_wrong_address_gets_a_sentence(demo_city: DemoSummary, params: dict[str, str]) -> None:
    app = page("agency_manager", **params)
    assert "已略過" in texts(app)
