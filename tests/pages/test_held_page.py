"""暫停服務: when nothing can be written down, every screen says so and shows nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shared.registry import PAGES
from services import clock
from services.documents.tables import export_table
from services.errors import Held
from services.installation import holding
from services.operation.resuming import PROBE_EVERY
from tests.pages.browsing import open_app, open_page, texts, visit
from tests.pages.test_parcel_query_page import DOCUMENT, city, fill, press  # noqa: F401
from tests.services.breaking import table_gone, trigger_refuses
from tests.world import NOW, World, at

SAYS = "暫停服務"


@pytest.fixture
def clock_runs(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that lets so much time pass that the database is tried again."""
    passed = [1000.0]
    monkeypatch.setattr(clock, "utc_now", lambda: NOW + timedelta(seconds=passed[0] - 1000))
    monkeypatch.setattr(holding, "ticks", lambda: passed[0])

    def later() -> None:
        passed[0] += PROBE_EVERY + 1

    return later


def is_held(app: AppTest) -> bool:
    """Whether the held screen and nothing else is shown: no field, no button, no table, no menu."""
    assert not app.exception
    if SAYS not in texts(app):
        return False
    assert not (app.button or app.text_input or app.dataframe or app.error or app.metric)
    assert not app.sidebar.children
    return True


@pytest.mark.parametrize("table", ["usage_records", "events"])
def test_a_query_that_cannot_be_recorded_shows_the_held_screen_until_it_can(
    city: World,  # noqa: F811
    clock_runs: Callable[[], None],
    table: str,
) -> None:
    app = open_page("clerk", "parcel_query", section="AD0609", number="18-1")
    fill(app, document_no=DOCUMENT)
    with trigger_refuses(table):
        press(app, "查詢")
        assert is_held(app)
        assert "王小明" not in texts(app) and "A123456789" not in str(app)
        assert "115年11月23日 10:00" in texts(app)
        assert is_held(visit()), "signing in is held too"
        clock_runs()
        assert is_held(app.run())
    clock_runs()
    app.run()
    assert not is_held(app)
    assert [button.label for button in app.button if button.label == "查詢"]


def test_filters_are_shown_as_they_are_once_the_service_resumes(
    world: World, clock_runs: Callable[[], None]
) -> None:
    app = open_app("agency_manager")
    with trigger_refuses("events"):
        assert is_held(app.switch_page("pages/event_log/page.py").run())
    clock_runs()
    period = app.run().selectbox(key="event_log.period")
    assert period.value == "week"
    # The browser has a new widget there and shows its first option unless it is told otherwise.
    assert period.proto.set_value and period.proto.raw_value == "近 7 日"


def test_every_page_is_held_at_once(world: World) -> None:
    mine = [entry.address for entry in PAGES if entry.open_to(world.actor("clerk"))]
    assert len(mine) >= 3
    open_apps = {module: open_page("clerk", module) for module in mine}
    with table_gone("events"):
        with pytest.raises(Held):
            export_table(world.actor("clerk"), "mine", ["欄"], [["值"]], 1)
        for module, app in open_apps.items():
            assert is_held(app.run()), module


def test_a_download_that_cannot_be_recorded_gives_nothing(
    world: World, clock_runs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.use("clerk", at(2026, 11, 2))
    offered: list[Callable[[], bytes]] = []
    real = st.download_button

    def keep(label: str, data: Callable[[], bytes], **kwargs: object) -> bool:
        offered.append(data)
        return bool(real(label, data, **kwargs))  # type: ignore[arg-type]

    monkeypatch.setattr(st, "download_button", keep)
    app = open_page("clerk", "my_usage")
    download = offered[-1]
    with trigger_refuses("events"):
        with pytest.raises(Held):
            download()
        assert is_held(app.run())
        with pytest.raises(Held):
            download()
    clock_runs()
    assert not is_held(app.run())
    assert offered[-1]().startswith(b"\xef\xbb\xbf")
