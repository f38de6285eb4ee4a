"""What every screen before sign-in stands in: the narrow middle, the name of the system."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared.layout import APP_TITLE, demo_notice, no_sidebar


@contextmanager
def entrance_frame() -> Iterator[None]:
    """Put what is shown inside into the middle column, under the title."""
    no_sidebar()
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle:
        st.title(APP_TITLE, anchor=False)
        st.caption("依「臺北市政府各機關使用地籍資料管理作業規範」辦理，查詢均留存紀錄並接受稽核。")
        demo_notice()
        yield
