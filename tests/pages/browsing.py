"""Opening the application as somebody, for page tests."""

from pathlib import Path
from typing import Any

import pandas as pd
from streamlit import dataframe_util
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from services import clock
from tests.signing_in import session_of

APP = Path(__file__).parents[2] / "app.py"


def visit() -> AppTest:
    """Open the application without signing in."""
    return AppTest.from_file(str(APP), default_timeout=60).run()


def open_app(who: str) -> AppTest:
    """Open the application as ``who``, in an open session."""
    return _signed_in(who).run()


def open_page(who: str, address: str, /, **params: str) -> AppTest:
    """Open one page as ``who`` by its address, as a link does: no other page is run before it."""
    app = _signed_in(who)
    for name, value in params.items():
        app.query_params[name] = value
    app._page_hash = calc_hash(address)
    return app.run()


def _signed_in(who: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state["sign_in_session"] = session_of(who, "10.1.1.1", clock.utc_now())
    return app


def texts(app: AppTest) -> str:
    """Return every text of the page in one string."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning)
    more = (app.error, app.success)
    return "\n".join(str(part.value) for kind in (*kinds, *more) for part in kind)


def shown(table: Any) -> pd.DataFrame:
    """Return a table of AppTest as it reads on screen: times in words, and not as what they sort by."""
    styler = table.proto.arrow_data.styler
    if not styler.display_values:
        frame: pd.DataFrame = table.value
        return frame
    return dataframe_util.convert_arrow_bytes_to_pandas_df(styler.display_values)
