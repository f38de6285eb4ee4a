"""Pages run as in a browser that calls from one address, at one fixed moment."""

import shutil
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from streamlit import dataframe_util
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.pages_manager import PagesManager

from data import engine
from services import clock
from tests.demo_small import DemoTemplate, hash_cheaply
from tests.pages.times import times_as_text
from tests.world import NOW

# A server looks through every installed package for components once; AppTest does it at each run, which
# is half of the time of a page test.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def demo_template(
    demo_template: DemoTemplate, tmp_path_factory: pytest.TempPathFactory
) -> DemoTemplate:
    """The small demo city, in which signing in costs nothing."""
    path = tmp_path_factory.mktemp("signing_in") / "demo.db"
    engine.configure(f"sqlite:///{shutil.copy(demo_template.path, path)}")
    hash_cheaply()
    engine.engine().dispose()
    return DemoTemplate(path, demo_template.summary)


@pytest.fixture(autouse=True)
def browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no browser: give it an address and no cookies; and stop the clock."""
    monkeypatch.setattr(ContextProxy, "ip_address", "10.1.1.1")
    monkeypatch.setattr(ContextProxy, "cookies", {})
    monkeypatch.setattr(clock, "utc_now", lambda: NOW)


@pytest.fixture(autouse=True)
def router(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run app.py as ``manage.py serve`` does, without Streamlit's own router before it."""
    begin = PagesManager.__init__

    def without_the_folder(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", without_the_folder)


@pytest.fixture(autouse=True)
def times_that_sort(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No page shows a time as plain text in a table that can be sorted, whatever the test is about."""
    found: set[str] = set()
    convert = dataframe_util.convert_anything_to_pandas_df

    def looked_at(*args: Any, **kwargs: Any) -> Any:
        frame = convert(*args, **kwargs)
        if sys._getframe(1).f_code.co_name == "dataframe":  # a st.table does not sort
            found.update(times_as_text(frame))
        return frame

    monkeypatch.setattr(dataframe_util, "convert_anything_to_pandas_df", looked_at)
    yield
    assert found == set(), "use pages.shared.tables.with_times"
