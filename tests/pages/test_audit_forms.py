"""The record of an audit on step ⑤: a file in every format, and the check of a paper by its code."""

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import Audit, Event, Signature
from services.audits.forms.codes import short_code
from services.demo.load import DemoSummary
from tests.pages.browsing import open_page, texts

LABELS = ["紀錄表（PDF）", "紀錄表（ODT）", "紀錄明細（ODS）", "紀錄明細（CSV）"]


def signed_audit() -> tuple[int, str]:
    """Return an audit that is signed, and the code on its record."""
    with reading() as db:
        row = db.execute(
            select(Audit.id, Signature.content_hash)
            .join(Signature, Signature.audit_id == Audit.id)
            .where(Audit.kind == "unit")
            .order_by(Audit.id)
        ).first()
    assert row is not None
    return row.id, short_code(row.content_hash)


def exports() -> int:
    with reading() as db:
        return db.query(Event).filter(Event.type == "audit_form_exported").count()


def downloads(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


@pytest.fixture
def page(demo_city: DemoSummary) -> AppTest:
    audit_id, _ = signed_audit()
    return open_page("system_manager", "audit_sampler", audit=str(audit_id), step="sign")


def test_every_format_is_offered_and_looking_exports_nothing(page: AppTest) -> None:
    assert [label for label in downloads(page) if label in LABELS] == LABELS
    assert "函送資料（ZIP）" not in downloads(page)
    assert "右上角印有核對碼" in texts(page)
    assert exports() == 0


def check(page: AppTest, code: str) -> AppTest:
    page.text_input("forms.code").set_value(code)
    return page.button("forms.check").click().run()


def test_a_paper_is_checked_by_its_code(page: AppTest) -> None:
    _, code = signed_audit()
    check(page, code.upper())
    assert not page.exception and "簽核有效" in texts(page)
    check(page, "0000-0000-0000")
    assert "沒有這個核對碼" in page.error[0].value
    check(page, "三碼")
    assert "核對碼是 12 個" in page.error[0].value


def test_before_the_signature_it_says_that_it_is_a_draft(demo_city: DemoSummary) -> None:
    app = open_page("auditor", "audit_sampler", step="freeze")
    for label in ("凍結母體", "確定凍結"):
        next(button for button in app.button if button.label == label).click().run()
    app.run()
    next(button for button in app.button if button.label == "抽樣").click().run()
    app.session_state["sampler.step"] = "sign"
    app.run()
    assert "每頁都有「草稿」字樣" in texts(app)
    assert [label for label in downloads(app) if label in LABELS] == LABELS
