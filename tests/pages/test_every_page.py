"""Every page for every role and duty: who sees it, that it opens, and that nobody else gets in."""

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.engine import reading
from data.models import Account, Event
from pages.shared.registry import PAGES, file_of
from services.demo.load import DemoSummary
from services.demo.people import DEMO_SIGN_INS
from tests.pages.browsing import APP, open_app, open_page, texts, visit

EVERYBODY = {"apply", "home", "my_account", "my_usage", "verify"}
OPEN_TO = {
    "clerk": EVERYBODY,
    "head": EVERYBODY
    | {"accounts", "audit_sampler", "incidents", "usage_charts", "records"}
    | {"findings"},
    "auditor": EVERYBODY | {"audit_sampler", "incidents", "usage_charts", "records", "findings"},
    "unit_manager": EVERYBODY
    | {"accounts", "access_review", "kept_documents", "audit_sampler", "usage_charts"}
    | {"incidents", "records"},
    "agency_manager": EVERYBODY
    | {"accounts", "access_review", "kept_documents", "audit_sampler", "usage_charts"}
    | {"event_log", "incidents", "agency_audit", "records", "findings"},
    "ethics": EVERYBODY
    | {"audit_sampler", "usage_charts", "event_log", "incidents", "agency_audit", "records"}
    | {"findings"},
    "agency_head": EVERYBODY
    | {"accounts", "audit_sampler", "incidents", "usage_charts", "agency_audit", "records"}
    | {"findings"},
    "reviewer": EVERYBODY
    | {"accounts", "access_review", "audit_sampler", "usage_charts", "agency_audit", "records"}
    | {"review", "findings"},
    "system_manager": EVERYBODY
    | {"accounts", "access_review", "kept_documents", "audit_sampler", "usage_charts"}
    | {"import_usage", "permissions", "event_log", "agency_audit", "records"},
}
NOT_YOURS = "您沒有這個頁面的權限；請由左側選單進入。"
TITLES = {entry.address: entry.title for entry in PAGES}


WITH_ITEMS = {"clerk", "unit_manager"}


def has_items(who: str) -> bool:
    with reading() as db:
        account = db.query(Account).filter(Account.username == who).one()
        return bool(account.items)


def test_the_table_covers_every_demo_sign_in_and_page() -> None:
    # The second reviewer is there to close what the first one accepted, and sees what the first one sees.
    assert {*OPEN_TO, "second_reviewer"} == {username for username, _ in DEMO_SIGN_INS}
    assert set().union(*OPEN_TO.values()) == set(TITLES) - {"parcel_query"}


def test_who_has_items_to_query(demo_city: DemoSummary) -> None:
    assert {who for who in OPEN_TO if has_items(who)} == WITH_ITEMS


def is_open(who: str, module: str) -> bool:
    return module in OPEN_TO[who] or (module == "parcel_query" and who in WITH_ITEMS)


@pytest.mark.parametrize("who", OPEN_TO)
def test_a_page_is_offered_to_nobody_else(demo_city: DemoSummary, who: str) -> None:
    app = open_app(who)
    for module in TITLES:
        if is_open(who, module):
            app.switch_page(file_of(module))
        else:
            with pytest.raises(ValueError):
                app.switch_page(file_of(module))


@pytest.mark.parametrize(
    ("who", "module"), [(who, one) for who in OPEN_TO for one in TITLES if is_open(who, one)]
)
def test_a_page_opens_to_whom_it_is_for(demo_city: DemoSummary, who: str, module: str) -> None:
    app = open_page(who, module)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == TITLES[module]
    assert "均為虛構" in texts(app)


@pytest.mark.parametrize("module", ["import_usage", "accounts", "permissions", "event_log"])
def test_the_address_of_a_closed_page_says_one_sentence(
    demo_city: DemoSummary, module: str
) -> None:
    app = open_app("clerk")
    app._page_hash = calc_hash(module)
    app.run()
    assert [warning.value for warning in app.warning] == [NOT_YOURS]
    assert not app.exception
    assert not app.title
    assert not app.dataframe


def test_each_visit_to_a_closed_page_is_on_record_once(demo_city: DemoSummary) -> None:
    def refusals() -> list[tuple[str, str, str]]:
        with reading() as db:
            rows = db.query(Event).filter(Event.type == "refused").order_by(Event.id)
            return [(row.actor_name, row.object_id, row.detail["function"]) for row in rows]

    app = open_app("clerk")
    name = app.session_state["refresh_actor"]().name
    for visit_number in (1, 2):
        app._page_hash = calc_hash("event_log")
        app.run()
        app.run()
        assert refusals() == [(name, "view_events", "pages.event_log")] * visit_number
        app._page_hash = calc_hash("my_usage")
        app.run()


def test_the_first_page_opens_by_its_name_too(demo_city: DemoSummary) -> None:
    app = open_app("clerk")
    app._page_hash = calc_hash("home")
    assert app.run().title[0].value == "待辦"
    stranger = visit()
    stranger._page_hash = calc_hash("home")
    assert stranger.run().text_input[0].label == "帳號"


@pytest.mark.parametrize("module", TITLES)
def test_a_page_file_run_without_the_router_shows_nothing(
    demo_city: DemoSummary, module: str
) -> None:
    page = APP.parent / file_of(module)
    app = AppTest.from_file(str(page), default_timeout=60).run()
    assert [error.value for error in app.error] == ["請先登入。"]
    assert not app.dataframe
    assert not app.button


def test_the_home_page_says_what_is_owed_and_what_waits_on_others(
    demo_city: DemoSummary,
) -> None:
    auditor = texts(open_app("auditor"))
    assert "大安分處 115年第3季單位稽核" in auditor
    assert "應於 115年10月31日 以前完成" in auditor
    assert "沒有您要辦理的事項" not in auditor
    manager = texts(open_app("agency_manager"))
    assert "4 個單位的115年第3季單位稽核尚未簽核" in manager
    assert "，等待單位主管或稽核人員辦理" in manager
    assert "1 件申請案" in texts(open_app("agency_head"))
    assert "單位稽核" not in texts(open_app("clerk"))
