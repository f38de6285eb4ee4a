"""Papers and recovery codes on screen: made and recorded when they are taken, and nothing before that."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.engine import transaction
from data.models import Setting
from services.applications.applying import apply_own
from services.demo.load import DemoSummary
from services.documents import pdf
from services.errors import Conflict, Held, Refused
from services.identity.sessions import EndReason, end_all
from services.regulation.workflows import Kind
from tests.pages.browsing import open_page
from tests.pages.test_applications_page import (
    actor,
    following,
    newest,
    nothing_under_way,  # noqa: F401
    press,
    sent_in,
    suspended_in,
)
from tests.pages.test_held_page import clock_runs, is_held  # noqa: F401
from tests.pages.test_second_factor_page import card, enrolled, password
from tests.services.breaking import trigger_refuses
from tests.services.papers.helpers import events_of
from tests.world import NOW

FORM, PLEDGE, CODES = "列印申請表", "列印保密切結書", "下載復原碼（文字檔）"


@dataclass
class Offered:
    """What the buttons of the last run hand out, and what their clicks set off."""

    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    clicks: dict[str, Callable[[], None]] = field(default_factory=dict)


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Offered:
    found, real = Offered(), st.download_button

    def keep(label: str, data: Callable[[], bytes], **how: Any) -> bool:
        found.files[label] = data
        found.clicks[label] = lambda: how["on_click"](*how["args"])
        return bool(real(label, data, **how))

    monkeypatch.setattr(st, "download_button", keep)
    return found


def with_the_link() -> AppTest:
    return following(sent_in()[1])


def signed_in() -> AppTest:
    apply_own(actor("clerk"), Kind.CANCEL, "離職")
    return open_page("clerk", "apply")


def on_the_way_in() -> AppTest:
    app = suspended_in("system_manager")
    app.text_area(key="reinstate.reason").input("已完成教育訓練")
    return press(app, "送出申請")


WAYS = pytest.mark.parametrize("open_", [with_the_link, signed_in, on_the_way_in])


@WAYS
def test_a_form_is_made_when_it_is_taken_and_the_page_goes_on(
    demo_city: DemoSummary, offered: Offered, open_: Callable[[], AppTest]
) -> None:
    app = open_()
    before = newest().step
    assert events_of("application_printed") == []
    assert all(callable(file) for file in offered.files.values())
    assert offered.files[FORM]().startswith(b"%PDF")
    assert newest().step == before + 1
    assert len(events_of("application_printed")) == 1
    app.run()
    assert not app.exception and not app.error


@WAYS
def test_a_paper_that_cannot_be_recorded_does_not_come_out(
    demo_city: DemoSummary,
    clock_runs: Callable[[], None],  # noqa: F811
    offered: Offered,
    open_: Callable[[], AppTest],
) -> None:
    app = open_()
    before = newest()
    with trigger_refuses("events"):
        for file in [*offered.files.values(), *offered.files.values()]:
            with pytest.raises(Held):
                file()
        assert is_held(app.run())
    assert (newest().step, newest().revision) == (before.step, before.revision)
    clock_runs()
    assert not is_held(app.run())
    assert offered.files[FORM]().startswith(b"%PDF")


def test_with_the_link_the_pledge_is_on_record_as_well(
    demo_city: DemoSummary, offered: Offered
) -> None:
    with_the_link()
    before = newest().step
    for label, start in ((PLEDGE, b"%PDF"), ("保密切結書 ODT 檔", b"PK"), (PLEDGE, b"%PDF")):
        assert offered.files[label]().startswith(start)
    assert newest().step == before, "only the form is a step"
    kinds = [(one.detail["kind"], one.detail["format"]) for one in events_of("application_printed")]
    assert kinds == [("pledge", "pdf"), ("pledge", "odt"), ("pledge", "pdf")]
    assert {one.address for one in events_of("application_printed")} == {"10.1.1.1"}


def test_a_look_with_the_link_that_cannot_be_recorded_shows_the_held_screen(
    demo_city: DemoSummary,
) -> None:
    _, token = sent_in()
    with trigger_refuses("events"):
        assert is_held(following(token))
    assert events_of("application_viewed") == []


def test_a_machine_without_the_font_says_so_once_and_odt_is_still_there(
    demo_city: DemoSummary, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "FONT", "Noto Serif of nowhere")
    app = with_the_link()
    assert not app.error
    with pytest.raises(Conflict):
        offered.files[FORM]()
    app.run()
    assert not app.exception
    assert ["無法製作 PDF" in one.value for one in app.error] == [True]
    assert offered.files["申請表 ODT 檔"]().startswith(b"PK")
    assert not app.run().error


def test_who_is_signed_out_meanwhile_prints_nothing(
    demo_city: DemoSummary, offered: Offered
) -> None:
    signed_in()
    with transaction() as db:
        account_id = actor("clerk").account_id
        assert account_id is not None
        end_all(db, account_id, NOW, EndReason.EVERYWHERE)
    with pytest.raises(Refused, match="重新登入"):
        offered.files[FORM]()
    assert events_of("application_printed") == []


def test_the_run_of_a_click_waits_for_the_file(demo_city: DemoSummary, offered: Offered) -> None:
    """The browser asks for both at once; a run that came first would show what was before."""
    with_the_link()
    for label in (FORM, PLEDGE, FORM):
        run = threading.Thread(target=offered.clicks[label])
        run.start()
        run.join(0.2)
        assert run.is_alive()
        offered.files[label]()
        run.join(5)
        assert not run.is_alive()


# --- recovery codes -------------------------------------------------------------------------------


@pytest.fixture
def required(demo_city: DemoSummary) -> None:
    with transaction() as db:
        db.add(Setting(key="policy.second_factor", value="1", changed_at=NOW))


def codes_on_the_way_in() -> tuple[AppTest, list[str]]:
    app = password("auditor")
    return app, enrolled(app)[1]


def test_the_codes_leave_as_a_file_when_that_is_on_record(
    required: None,
    offered: Offered,
    clock_runs: Callable[[], None],  # noqa: F811
) -> None:
    app, codes = codes_on_the_way_in()
    assert events_of("recovery_codes_saved") == []
    text = offered.files[CODES]().decode()
    assert "auditor" in text and all(code in text for code in codes)
    [written] = events_of("recovery_codes_saved")
    assert (written.address, written.detail) == ("10.1.1.1", {})
    with trigger_refuses("events"):
        with pytest.raises(Held):
            offered.files[CODES]()
        assert is_held(app.run())
    clock_runs()
    app.run()
    # The codes are still there, and their owner goes on to read them.
    assert codes[0] in "".join(block.value for block in app.code)
    assert offered.files[CODES]()


def test_on_one_s_own_page_the_codes_are_their_owner_s(
    demo_city: DemoSummary, offered: Offered
) -> None:
    app = card("clerk")
    app.button(key="factor.set_up").click().run()
    phone = pyotp.TOTP(app.code[0].value.replace(" ", ""))
    app.text_input(key="factor.new").set_value(phone.at(NOW))
    press(app, "完成設定")
    assert "clerk" in offered.files[CODES]().decode()
    assert [one.account_id for one in events_of("recovery_codes_saved")] == [
        actor("clerk").account_id
    ]
