"""稽核抽樣 step by step: what each button changes, and that looking changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import (
    AccountDuty,
    Audit,
    AuditDraw,
    AuditFrame,
    Evidence,
    RecordShare,
    SampleItem,
    Signature,
    UsageRecord,
    Verdict,
)
from pages.sampler.verdict import BULK, Draft
from services import clock
from services.audits.bulk import AT_ONCE
from services.audits.checks import Check
from services.audits.words import Ruling, SeedSource
from services.demo.load import DemoSummary
from services.regulation.periods import Quarter
from services.regulation.roles import Duty
from services.usage.records import add_records
from tests.pages.browsing import open_page, texts
from tests.services.papers.helpers import PDF
from tests.signing_in import session_of
from tests.world import NOW


def rows(table: Any) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def counts() -> dict[str, int]:
    return {t.__tablename__: rows(t) for t in (Audit, AuditFrame, AuditDraw, Verdict, Signature)}


def added(before: dict[str, int]) -> dict[str, int]:
    return {name: now - before[name] for name, now in counts().items() if now != before[name]}


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    assert not app.error, [error.value for error in app.error]


def confirm(app: AppTest, label: str) -> None:
    """Press a dialog's button; the rerun it asks for is AppTest's next run."""
    press(app, label)
    app.run()
    assert not app.exception


def step(app: AppTest, name: str) -> None:
    app.session_state["sampler.step"] = name
    app.run()
    assert not app.exception


@pytest.fixture
def sampler(demo_city: DemoSummary) -> AppTest:
    return open_page("auditor", "audit_sampler")


def test_from_the_frame_to_the_signature(sampler: AppTest) -> None:
    before = counts()
    assert "應稽核多少" in texts(sampler)
    step(sampler, "freeze")
    press(sampler, "凍結母體")
    assert added(before) == {}
    confirm(sampler, "確定凍結")
    assert added(before) == {"audits": 1, "audit_frames": 1}
    press(sampler, "抽樣")
    assert added(before)["audit_draws"] == 1
    for _ in range(3):
        sampler.run()
    assert added(before)["audit_draws"] == 1
    assert "第 1 次抽樣，共 1 次" in texts(sampler)
    assert "母體的紀錄已封存於帳本第 1 號檢查點（" in texts(sampler)
    press(sampler, "開始查核")
    pressed = 0
    while any(button.label == "符合" for button in sampler.button):
        press(sampler, "符合")
        pressed += 1
        assert added(before)["verdicts"] == pressed
    press(sampler, "前往簽核")
    press(sampler, "簽核")
    assert "signatures" not in added(before)
    confirm(sampler, "確定簽核")
    assert added(before)["signatures"] == 1
    assert "簽核時的帳本：第 2 號檢查點（" in texts(sampler)
    assert "這件稽核已簽核" in texts(sampler)


def came_late() -> int:
    """Store again, under other numbers, what a frozen quarter holds of two people; return how many that is."""
    with transaction() as db:
        audit = db.scalars(select(Audit).order_by(Audit.id.desc())).first()
        assert audit is not None
        months = Quarter.parse(audit.period).months
        found = db.scalars(
            select(UsageRecord).where(
                UsageRecord.unit_id == audit.unit_id, UsageRecord.local_month.in_(months)
            )
        ).all()[:9]
        columns = [
            c.name for c in UsageRecord.__table__.columns if c.name not in ("id", "source_key")
        ]
        add_records(
            db,
            [
                {name: getattr(row, name) for name in columns} | {"source_key": None}
                for row in found
            ],
        )
    return len(found)


def test_what_came_late_is_said_and_audited_by_a_supplement(sampler: AppTest) -> None:
    step(sampler, "freeze")
    press(sampler, "凍結母體")
    confirm(sampler, "確定凍結")
    assert "又匯入" not in texts(sampler)
    number = came_late()
    for name, said in (("scope", True), ("freeze", True), ("draw", False), ("sign", True)):
        step(sampler, name)
        assert (f"又匯入 **{number:,} 筆**" in texts(sampler)) is said, name
    before = counts()
    press(sampler, "補充稽核")
    assert added(before) == {}
    confirm(sampler, "確定凍結")
    assert added(before) == {"audits": 1, "audit_frames": 1}
    assert sampler.session_state["sampler.part"] == "1"
    press(sampler, "抽樣")
    assert added(before)["audit_draws"] == 1
    step(sampler, "scope")
    assert "又匯入" not in texts(sampler)
    # The address of the supplement opens it cold.
    with reading() as db:
        supplement = db.scalars(select(Audit.id).where(Audit.kind == "supplement")).one()
    cold = open_page("auditor", "audit_sampler", audit=str(supplement), step="draw")
    assert not cold.exception and not cold.error
    assert cold.session_state["sampler.part"] == "1"
    assert "第 1 次抽樣，共 1 次" in texts(cold)


def test_a_deficiency_needs_its_note(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    next(button for button in sampler.button if button.label == "缺失").click().run()
    assert "請寫說明" in sampler.error[0].value
    assert rows(Verdict) == counts()["verdicts"]
    note = next(field for field in sampler.text_input if field.label == "說明")
    note.set_value("調閱公文後查無此案")
    before = counts()
    press(sampler, "缺失")
    assert added(before) == {"verdicts": 1}
    assert "缺失 1 筆" in texts(sampler)


def test_what_is_signed_is_on_screen_and_the_conclusion_is_kept(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    first = record_on_screen(sampler).removeprefix("**紀錄 ").removesuffix("**")
    note = next(field for field in sampler.text_input if field.label == "說明")
    note.set_value("調閱公文後查無此案")
    press(sampler, "重大缺失")
    while any(button.label == "符合" for button in sampler.button):
        press(sampler, "符合")
    press(sampler, "前往簽核")
    tables = {name: frame.value for frame in sampler.dataframe for name in (tuple(frame.value),)}
    floors = tables[("", "母體", "應查", "實查", "結果")]
    assert list(floors[""]) == ["筆數", "人數", "月份"]
    assert set(floors["結果"]) == {"達成"}
    wanting = next(value for name, value in tables.items() if "判定人員" in name)
    assert [str(number) for number in wanting["編號"]] == [first]
    assert list(wanting["判定"]) == ["重大缺失"] and list(wanting["說明"]) == ["調閱公文後查無此案"]
    assert "重大缺失 1 筆" in texts(
        sampler
    ) and "缺失 1 筆。依第七點（一）3.，須報告機關首長" in texts(sampler)
    tiles = {one.label: one.value for one in sampler.metric}
    assert (tiles["缺失"], tiles["重大缺失"]) == ("0 筆", "1 筆")
    press(sampler, "簽核")
    sampler.text_area(key="conclusion").set_value("  一筆查無此案，\u3000已移請說明。 ")
    confirm(sampler, "確定簽核")
    assert "結論：一筆查無此案， 已移請說明。" in texts(sampler)
    with reading() as db:
        signature = db.scalars(select(Signature).order_by(Signature.id.desc()).limit(1)).one()
    assert signature.summary["conclusion"] == "一筆查無此案， 已移請說明。"


def test_a_verdict_after_the_session_has_ended_elsewhere_is_told_why(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    before = counts()
    note = next(field for field in sampler.text_input if field.label == "說明")
    note.set_value("調閱公文後查無此案")
    session_of("auditor", "10.9.9.9", clock.utc_now())
    next(button for button in sampler.button if button.label == "缺失").click().run()
    sampler.run()  # the rerun that it asked for
    assert not sampler.exception and not sampler.error
    assert "10\\.9\\.9\\.9" in texts(sampler) and "請先登入。" not in texts(sampler)
    assert [field.label for field in sampler.text_input][:2] == ["帳號", "密碼"]
    assert added(before) == {}
    assert "調閱公文後查無此案" not in str(sampler.session_state)


def test_many_records_at_once_are_asked_for(sampler: AppTest) -> None:
    to_the_worksheet(sampler, base=16)
    with reading() as db:
        audit_id = db.scalars(select(Audit.id).where(Audit.status == "judging")).all()[-1]
    listed = next(frame.value for frame in sampler.dataframe if "系統提示" in frame.value)
    seen = {int(record): 0 for record in listed["編號"]}
    flagged = [int(n) for n, said in zip(listed["編號"], listed["系統提示"], strict=True) if said]
    assert len(seen) > AT_ONCE
    about = (audit_id, seen, Ruling.COMPLIANT, Draft("", "", ()))
    before = counts()
    sampler.session_state["dialog.open"] = (BULK, about)
    sampler.run()
    assert f"選取 **{len(seen)} 筆**，其中 **{len(flagged)} 筆有系統提示**" in texts(sampler)
    assert added(before) == {}
    left = len(seen) - len(flagged)
    confirm(sampler, f"確定將 {left} 筆判定為「符合」")
    assert added(before) == {"verdicts": left}
    with reading() as db:
        together = db.scalars(select(Verdict.together).where(Verdict.audit_id == audit_id)).all()
    assert set(together) == {left}


def to_the_worksheet(app: AppTest, base: int | None = None) -> None:
    step(app, "freeze")
    if base is not None:
        app.number_input(key="base_records").set_value(base).run()
    press(app, "凍結母體")
    confirm(app, "確定凍結")
    press(app, "抽樣")
    press(app, "開始查核")


def record_on_screen(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("**紀錄 "))


def test_a_verdict_never_lands_on_a_record_that_was_not_on_screen(sampler: AppTest) -> None:
    """Two auditors look at the same record; the second to press is told, and judges nothing."""
    to_the_worksheet(sampler)
    head = open_page("head", "audit_sampler", step="judge")
    assert record_on_screen(head) == record_on_screen(sampler)
    before = counts()
    press(sampler, "符合")
    next(button for button in head.button if button.label == "符合").click().run()
    assert not head.exception
    assert "剛剛已由" in head.error[0].value
    assert added(before) == {"verdicts": 1}
    assert record_on_screen(head) == record_on_screen(sampler)


def test_a_number_out_of_range_gets_its_sentence(sampler: AppTest) -> None:
    step(sampler, "freeze")
    sampler.number_input(key="base_records").set_value(10**6).run()
    press(sampler, "凍結母體")
    before = counts()
    next(button for button in sampler.button if button.label == "確定凍結").click().run()
    assert "規範下限" in sampler.error[0].value
    assert added(before) == {}


@pytest.mark.parametrize("name", ["freeze", "draw", "judge", "sign"])
def test_later_steps_say_what_is_missing_and_change_nothing(sampler: AppTest, name: str) -> None:
    before = counts()
    step(sampler, name)
    assert any(word in texts(sampler) for word in ("尚未", "還沒有", "凍結會把"))
    assert added(before) == {}


def test_an_unfinished_quarter_is_shown_but_cannot_be_frozen(demo_city: DemoSummary) -> None:
    app = open_page("auditor", "audit_sampler", quarter="2026Q4", step="freeze")
    assert "結束後才能凍結" in texts(app)
    assert not any(button.label == "凍結母體" for button in app.button)


def test_viewers_have_no_buttons_that_act(demo_city: DemoSummary) -> None:
    for who in ("agency_manager", "reviewer", "ethics"):
        app = open_page(who, "audit_sampler", unit="TAX-DAAN", step="freeze")
        assert not app.exception
        assert "凍結由單位主管或其指派的稽核人員辦理" in texts(app)
        assert not {"凍結母體", "抽樣", "簽核"} & {button.label for button in app.button}


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"audit": "999999"}, "找不到這件稽核"),
        ({"audit": "1;drop"}, "不是數字"),
        ({"unit": "PWD-LAND"}, "已略過"),
        ({"quarter": "1999Q1"}, "已略過"),
        ({"step": "nonsense"}, "已略過"),
    ],
)
def test_a_wrong_address_gets_a_sentence(
    demo_city: DemoSummary, params: dict[str, str], sentence: str
) -> None:
    app = open_page("auditor", "audit_sampler", **params)
    assert not app.exception
    assert sentence in texts(app).replace("\\", "")


def test_an_address_opens_an_audit_cold_at_its_step(demo_city: DemoSummary) -> None:
    with reading() as db:
        audit = db.scalars(select(Audit).where(Audit.status == "signed").order_by(Audit.id)).first()
        assert audit is not None
    app = open_page("reviewer", "audit_sampler", audit=str(audit.id), step="draw")
    assert not app.exception
    assert "次抽樣，共" in texts(app)


def test_a_public_figure_waits_for_its_day(
    demo_city: DemoSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("auditor", "audit_sampler", step="freeze")
    app.radio(key="seed_plan").set_value(SeedSource.PUBLIC).run()
    app.text_input(key="public_figure").set_value("統一發票115年9、10月期特別獎")
    app.text_input(key="published_on").set_value("115年11月20日").run()
    press(app, "凍結母體")
    next(button for button in app.button if button.label == "確定凍結").click().run()
    assert "必須在今天以後" in app.error[0].value
    app.text_input(key="published_on").set_value("115年11月25日").run()
    confirm(app, "確定凍結")
    app.text_input(key="published").set_value("87654321").run()
    press(app, "抽樣")
    assert "87654321" in texts(app)
    next(button for button in app.button if button.label == "確定抽樣").click().run()
    assert "才公布" in app.error[0].value.replace("\\", "")
    monkeypatch.setattr(clock, "utc_now", lambda: NOW + timedelta(days=2))
    app = open_page("auditor", "audit_sampler", step="draw")
    app.text_input(key="published").set_value("87654321").run()
    press(app, "抽樣")
    confirm(app, "確定抽樣")
    assert "第 1 次抽樣，共 1 次" in texts(app)


def test_the_head_appoints_an_auditor_and_relieves_one(demo_city: DemoSummary) -> None:
    app = open_page("head", "audit_sampler", step="scope")
    assert "**稽核人員**" in texts(app)
    press(app, "指派")
    app.button(key="appoint")
    next(b for b in app.button if b.label == "確定指派").click().run()
    assert "請選擇" in app.error[0].value
    who = app.selectbox(key="auditors.who")
    label = who.options[0].split("　")[0]
    who.select_index(0)
    app.text_area(key="auditors.why").set_value("協助本季稽核")
    app.text_input(key="auditors.last").set_value("115/11/20").run()
    next(b for b in app.button if b.label == "確定指派").click().run()
    assert "早於起日" in app.error[0].value
    app.text_input(key="auditors.first").set_value("115年12月1日").run()
    app.text_input(key="auditors.last").set_value("116/1/31").run()
    confirm(app, "確定指派")
    said = texts(app).replace("\\", "")
    assert label in said and "自 115年12月1日 起至 116年1月31日 止" in said and "尚未開始" in said
    press(app, "解除")
    app.text_area(key="auditors.why").set_value("改由他人辦理")
    confirm(app, "確定解除")


def test_only_the_head_has_buttons_to_appoint(demo_city: DemoSummary) -> None:
    for who in ("auditor", "agency_manager"):
        app = open_page(who, "audit_sampler", unit="TAX-DAAN", step="scope")
        assert "**稽核人員**" in texts(app)
        assert not {"指派", "解除"} & {button.label for button in app.button}


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def test_words_typed_for_a_verdict_that_was_not_accepted_are_kept(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    record = record_on_screen(sampler)
    head = open_page("head", "audit_sampler", step="judge")
    note(head).set_value("調卷後發現案號不存在")
    failed(head).set_value([Check.CASE])
    press(sampler, "符合")
    button(head, "缺失").click().run()
    assert "剛剛已由" in head.error[0].value
    assert "您寫的說明保留在" in texts(head)
    assert note(head).value == ""  # another record is on screen now
    head.segmented_control(key="sampler.filter").set_value("all").run()
    select_record(head, record)
    assert record_on_screen(head) == record
    assert note(head).value == "調卷後發現案號不存在"
    assert failed(head).value == [Check.CASE]
    why = next(field for field in head.text_input if field.label == "更改判定的理由")
    why.set_value("案號經查不存在")
    before = counts()
    press(head, "缺失")
    assert added(before) == {"verdicts": 1}
    with reading() as db:
        newest = db.scalars(select(Verdict).order_by(Verdict.id.desc())).first()
    assert newest is not None
    assert (newest.failed_checks, newest.note) == ("case", "調卷後發現案號不存在")


def note(app: AppTest) -> Any:
    return next(field for field in app.text_input if field.label == "說明")


def failed(app: AppTest) -> Any:
    return next(group for group in app.button_group if group.label.startswith("未通過的檢核"))


def select_record(app: AppTest, shown: str) -> None:
    """Select the row of a record, as a click into the table does."""
    table = app.dataframe[0]
    number = int(shown.strip("*").removeprefix("紀錄 "))
    place = list(table.value["編號"]).index(number)
    app.session_state[table.proto.id.rsplit("-", 1)[-1]] = {
        "selection": {"rows": [place], "columns": [], "cells": []}
    }
    app.run()
    assert not app.exception


def test_the_filter_stands_in_the_address(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    app = open_page("auditor", "audit_sampler", step="judge", filter="flagged")
    assert not app.exception
    assert app.segmented_control(key="sampler.filter").value == "flagged"
    app.segmented_control(key="sampler.filter").set_value("mine").run()
    assert app.query_params["filter"] == "mine"
    assert "沒有符合篩選的紀錄" in texts(app)
    wrong = open_page("auditor", "audit_sampler", step="judge", filter="nonsense")
    assert "已略過" in texts(wrong)


def test_a_head_s_records_wait_for_the_manager_on_the_same_worksheet(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    manager = open_page("agency_manager", "audit_sampler", unit="TAX-DAAN", step="judge")
    assert "符合" not in {one.label for one in manager.button}
    assert "迴避" not in manager.segmented_control(key="sampler.filter").options
    listed = [int(number) for number in sampler.dataframe[0].value["編號"]]
    with transaction() as db:
        # Records of other systems have users without an account here.
        used = db.scalars(
            select(UsageRecord)
            .where(UsageRecord.id.in_(listed), UsageRecord.account_id.is_not(None))
            .order_by(UsageRecord.id)
        ).first()
        assert used is not None
        record = used.id
        duty = AccountDuty(
            account_id=used.account_id,
            duty=Duty.UNIT_HEAD.value,
            unit_id=used.unit_id,
            granted_at=NOW,
        )
        db.add(duty)
    manager.run()
    # What is the manager's comes first; the rest is not theirs, and says so.
    assert "由機關管理者判定" in texts(manager)
    assert not {"由我查核", "分派", "加抽"} & {one.label for one in manager.button}
    manager.segmented_control(key="sampler.filter").set_value("stake").run()
    assert manager.query_params["filter"] == "stake"
    theirs = set(manager.dataframe[0].value["編號"])
    assert record in theirs and len(theirs) < len(listed)
    select_record(manager, str(record))
    before = counts()
    press(manager, "符合")
    assert added(before) == {"verdicts": 1}
    manager.segmented_control(key="sampler.filter").set_value("open").run()
    select_record(manager, str((set(listed) - theirs).pop()))
    assert "您只判定依規定迴避的紀錄" in texts(manager)
    assert "符合" not in {one.label for one in manager.button}
    sampler.run()
    sampler.segmented_control(key="sampler.filter").set_value("stake").run()
    select_record(sampler, str(record))
    assert "選取的紀錄中有依規定迴避的紀錄，由機關管理者判定。" in texts(sampler)
    assert "符合" not in {one.label for one in sampler.button}


def test_keys_lead_from_record_to_record_also_where_all_are_listed(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    assert {one.proto.shortcut for one in sampler.button if one.label in ("上一筆", "下一筆")} == {
        "alt+up",
        "alt+down",
    }
    before = counts()
    for shown in ("open", "all"):
        sampler.segmented_control(key="sampler.filter").set_value(shown).run()
        listed = [f"**紀錄 {number}**" for number in sampler.dataframe[0].value["編號"]]
        at = listed.index(record_on_screen(sampler))
        assert button(sampler, "上一筆").disabled is (at == 0)
        for record in listed[at + 1 :]:
            press(sampler, "下一筆")
            assert record_on_screen(sampler) == record
        assert button(sampler, "下一筆").disabled
        press(sampler, "上一筆")
        assert record_on_screen(sampler) == listed[-2]
        assert f"第 {len(listed) - 1}／{len(listed)} 筆" in texts(sampler)
        assert added(before) == {}
        if shown == "open":
            press(sampler, "符合")
            before = counts()


def test_records_are_shared_out_taken_and_given_back(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    press(sampler, "由我查核")
    sampler.run()
    assert rows(RecordShare) == 1
    press(sampler, "退回分派")
    assert rows(RecordShare) == 0
    sampler.run()
    press(sampler, "分派")
    before = counts()
    confirm(sampler, "確定分派")
    assert rows(RecordShare) > 1
    assert added(before) == {}
    assert set(sampler.dataframe[0].value["查核人"]) != {""}
    assert any("：分派 " in bar.proto.text for bar in sampler.get("progress"))
    shared = rows(RecordShare)
    press(sampler, "分派")
    sampler.segmented_control(key="share.way").set_value("count").run()
    first = next(one for one in sampler.number_input if (one.key or "").startswith("share.count."))
    first.set_value(2).run()
    assert f"合計 2 筆，不分派 {shared - 2:,} 筆" in texts(sampler)
    confirm(sampler, "確定分派")
    assert rows(RecordShare) == 2
    press(sampler, "分派")
    sampler.segmented_control(key="share.way").set_value("user").run()
    users = sampler.multiselect(key="share.users")
    users.set_value([users.options[0]]).run()
    button(sampler, "確定分派").click().run()
    assert sampler.error[0].value == "請選擇查核人。"
    to = sampler.selectbox(key="share.to")
    to.set_value(to.options[0]).run()
    confirm(sampler, "確定分派")
    assert 0 < rows(RecordShare) <= shared
    assert added(before) == {}


def test_a_file_is_added_and_withdrawn_beside_the_record(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    record = record_on_screen(sampler).strip("*").removeprefix("紀錄 ")
    sampler.button(key=f"attach_{record}").click().run()
    button(sampler, "加入").click().run()
    assert "請選擇要加入的檔案" in sampler.error[0].value
    sampler.file_uploader(key="evidence.file").set_value(("公文.pdf", PDF, "application/pdf"))
    confirm(sampler, "加入")
    assert rows(Evidence) == 1
    assert f"紀錄 {record} 的佐證資料**（1 件）" in texts(sampler)
    press(sampler, "撤回")
    sampler.text_area(key="evidence.why").set_value("傳錯檔案")
    confirm(sampler, "確定撤回")
    assert f"紀錄 {record} 的佐證資料**（0 件）" in texts(sampler)
    assert "已撤回：傳錯檔案" in texts(sampler)
    viewer = open_page("agency_manager", "audit_sampler", unit="TAX-DAAN", step="judge")
    assert not {"加入佐證資料", "分派", "符合"} & {b.label for b in viewer.button}


def test_a_record_s_story_and_probability_stand_beside_it(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    assert "的其他查詢**（" in texts(sampler)
    assert "同一案件號或公文字號在本機關的其他使用" in texts(sampler)
    press(sampler, "計算抽中機率")
    assert "抽入基本樣本的機率為" in texts(sampler)
    sampler.run()
    assert "抽入基本樣本的機率為" in texts(sampler)
    sampler.toggle(key="sampler.story").set_value(False).run()
    assert "的其他查詢**（" not in texts(sampler)


def test_picks_and_further_draws_stand_wherever_the_audit_is_shown(sampler: AppTest) -> None:
    to_the_worksheet(sampler)
    with reading() as db:
        # The demo city has an audit of an agency that is being judged as well.
        judging = Audit.status == "judging", Audit.kind == "unit"
        audit = db.scalars(select(Audit).where(*judging)).one()
        sampled = set(
            db.scalars(select(SampleItem.record_id).where(SampleItem.audit_id == audit.id))
        )
        free = min(
            set(
                db.scalars(
                    select(UsageRecord.id).where(
                        UsageRecord.unit_id == audit.unit_id,
                        UsageRecord.local_month == "2026-08",
                    )
                )
            )
            - sampled
        )
    step(sampler, "draw")
    press(sampler, "加入判斷抽查")
    next(f for f in sampler.text_input if f.label == "紀錄編號").set_value(str(free))
    next(f for f in sampler.text_area if f.label == "理由").set_value("夜間查詢，無法說明")
    confirm(sampler, "確定加入")
    step(sampler, "draw")
    press(sampler, "加抽")
    next(f for f in sampler.text_area if f.label == "理由").set_value("發現缺失，擴大查核")
    sampler.number_input[0].set_value(10**6)
    button(sampler, "確定加抽").click().run()
    assert "加抽筆數應為 1 至" in sampler.error[0].value.replace("\\", "")
    sampler.number_input[0].set_value(1)
    confirm(sampler, "確定加抽")
    for name in ("draw", "judge", "sign"):
        step(sampler, name)
        assert f"判斷抽查紀錄 {free}，理由：夜間查詢，無法說明" in texts(sampler), name
        assert "理由：發現缺失，擴大查核" in texts(sampler), name
    listed = open_page("agency_manager", "audit_sampler")
    said = list(listed.dataframe[0].value["重抽、加抽與判斷抽查"])
    assert "加抽 1 次、判斷抽查 1 筆" in said
