"""系統紀錄 on screen: filters in the address, a story beside the list, the export, one look an event."""

import pytest
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Event
from services import events
from services.events import EventType
from tests.pages.browsing import open_page as open_any
from tests.pages.browsing import shown, texts
from tests.world import World


def open_page(who: str, **params: str) -> AppTest:
    return open_any(who, "event_log", **params)


@pytest.fixture
def told(world: World) -> int:
    """A suspension of a clerk by the bureau; returns the event's id."""
    with transaction() as db:
        events.write(
            db,
            world.actor("system_manager"),
            EventType.ACCOUNT_STATUS_CHANGED,
            about=("account", world.accounts["clerk"]),
            before="active",
            after="suspended",
            reason="調職 **公文**",
        )
    with reading() as db:
        return db.query(Event.id).filter(Event.type == "account_status_changed").one()[0]


def kinds(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["事件"]) if app.dataframe else []


def looks() -> list[dict[str, str]]:
    with reading() as db:
        rows = db.query(Event).filter(Event.type == "events_viewed").order_by(Event.id)
        return [row.detail.get("filter", {}) for row in rows]


def test_the_list_is_in_words(told: int) -> None:
    app = open_page("agency_manager")
    table = shown(app.dataframe[0])
    row = table[table["事件"] == "變更帳號狀態"].iloc[0]
    assert row["時間"] == "115年11月23日 10:00:00"
    assert row["人員"] == "測試013（system_manager）"
    assert row["對象"] == "測試001（clerk）"
    assert row["內容"] == "變更前：使用中；變更後：停權；原因：調職 **公文**"
    assert row["結果"] == "完成"
    assert row["機關單位"] == "臺北市政府地政局 資訊室"


def test_the_address_holds_every_filter(told: int) -> None:
    given = {
        "period": "days", "from": "115/11/1", "to": "115年11月23日", "person": "system_manager",
        "group": "accounts", "type": "account_status_changed", "outcome": "done",
        "kind": "account", "about": "1",
    }  # fmt: skip
    app = open_page("system_manager", **given)
    assert not app.error and not app.warning
    assert kinds(app) == ["變更帳號狀態"]
    assert {name: app.query_params[name] for name in given} == given
    next(button for button in app.button if button.label == "清除條件").click().run()
    assert app.selectbox(key="event_log.period").value == "week"
    assert app.selectbox(key="event_log.type").value is None
    assert len(kinds(app)) > 1
    assert kinds(open_page("system_manager", **(given | {"outcome": "refused"}))) == []


def test_an_unreadable_day_and_an_unknown_code_are_told(told: int) -> None:
    assert "看不懂日期" in open_page("ethics", period="days", **{"from": "11月初"}).error[0].value
    later = {"from": "115/11/20", "to": "115/11/1"}
    assert "晚於迄日" in open_page("ethics", period="days", **later).error[0].value
    app = open_page("ethics", type="everything", outcome="x", kind="' OR 1=1")
    assert "已略過" in app.warning[0].value
    assert not app.error


def test_a_look_is_recorded_once_however_often_the_page_is_drawn(told: int) -> None:
    app = open_page("ethics")
    app.run().run()
    assert len(looks()) == 1
    app.text_input(key="event_log.person").input("clerk").run()
    app.run()
    assert [look.get("person") for look in looks()] == [None, "clerk"]


def test_one_event_s_story_stands_beside_the_list(told: int) -> None:
    app = open_page("agency_manager", event=str(told))
    assert app.subheader[0].value == "變更帳號狀態"
    assert r":gray[原因]　調職 \*\*公文\*\*" in texts(app)
    assert ":gray[變更後]　停權" in texts(app)
    next(button for button in app.button if button.label == "關閉").click().run()
    assert not app.subheader
    assert "event" not in app.query_params


@pytest.mark.parametrize("event", ["999999", "0", "-1", "1e9", "' OR 1=1", "9" * 40])
def test_an_event_that_is_not_there_or_not_theirs_is_told(told: int, event: str) -> None:
    app = open_page("works_manager", event=event)
    assert not app.subheader
    assert not app.exception
    own = open_page("works_manager", event=str(told))
    assert "權限範圍" in own.error[0].value


def test_an_empty_list_says_what_to_do(told: int) -> None:
    app = open_page("ethics", person="nobody-at-all")
    assert "放寬期間或條件" in texts(app)
    assert not app.dataframe


def test_pages_follow_each_other(world: World) -> None:
    with transaction() as db:
        for number in range(60):
            events.write(
                db,
                world.actor("clerk"),
                EventType.SIGNED_OUT,
                about=("account", 1),
                reason=str(number),
            )
    app = open_page("ethics", type="signed_out")
    assert len(kinds(app)) == 50
    next(button for button in app.button if button.label == "下一頁").click().run()
    assert len(kinds(app)) == 10
    assert len([look for look in looks() if look.get("type")]) == 1
