"""The record of an audit on step ⑤: a file in every format, and the check of a paper by its code."""

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from data.engine import reading
from data.models import Account, Audit, Event, Signature
from services.audits.forms.codes import short_code
from services.audits.forms.exporting import export_form
from services.audits.package.building import SCRIPTS
from services.clock import utc_now
from services.demo.acting import acting
from services.demo.load import DemoSummary
from services.documents.formats import FileFormat
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


def test_a_paper_is_checked_by_its_code_and_a_file_by_its_bytes(demo_city: DemoSummary) -> None:
    audit_id, code = signed_audit()
    clerk = open_page("clerk", "verify")
    assert "輸入後按 Enter" in texts(clerk) and not clerk.error
    clerk.text_input("verify.code").set_value(code.upper()).run()
    assert "簽核有效" in texts(clerk) and "開啟這件稽核" not in links(clerk)
    for wrong, sentence in (("0000-0000-0000", "沒有這個核對碼"), ("三碼", "核對碼是 12 個")):
        clerk.text_input("verify.code").set_value(wrong).run()
        assert sentence in clerk.error[0].value

    manager = open_page("system_manager", "verify", code=code)
    assert "簽核有效" in texts(manager) and "開啟這件稽核" in links(manager)
    content = export_form(acting(_account("system_manager"), utc_now()), audit_id, FileFormat.ODS)
    for given, sentence in ((content, "完全相同"), (content + b"!", "系統從未發出")):
        manager.file_uploader("verify.file").set_value(("表.ods", given, "x/y")).run()
        assert sentence in texts(manager) + "".join(one.value for one in manager.error)
    manager.file_uploader("verify.file").set_value(("a.py", SCRIPTS[0].read_bytes(), "x/y")).run()
    assert "不能用來辨認是哪一份" in texts(manager) and not manager.error


def _account(username: str) -> int:
    with reading() as db:
        return db.scalars(select(Account.id).where(Account.username == username)).one()


def links(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("page_link")]


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
