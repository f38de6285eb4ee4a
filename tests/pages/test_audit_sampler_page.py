"""稽核抽樣 step by step: what each button changes, and that looking changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from data.demo.load import DemoSummary
from data.engine import reading
from data.models import Audit, AuditDraw, AuditFrame, Signature, Verdict
from services import clock
from services.audits.words import SeedSource
from tests.pages.browsing import open_page, texts
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
    assert "簽核時的帳本：第 1 號檢查點（" in texts(sampler)
    assert "這件稽核已簽核" in texts(sampler)


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
    assert "1 筆缺失" in texts(sampler)


def to_the_worksheet(app: AppTest) -> None:
    step(app, "freeze")
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
