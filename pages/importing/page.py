"""匯入: another system's usage records (clause 9), in three steps; stored only by the last button."""

import streamlit as st

from pages.importing.confirming import confirm
from pages.importing.past import show_past_imports, show_people
from pages.importing.preview import show_result
from pages.importing.steps import choose_file, map_file
from pages.importing.task import current_task, start_again
from pages.shared import address
from pages.shared.feedback import showing_errors
from pages.shared.layout import page_head
from pages.shared.session import current_actor
from services.actor import Actor
from services.usage.importing.sources import SourceInfo, list_sources

PAGE = "import"
VIEWS = {"file": "匯入檔案", "people": "使用者對應"}


def import_view(actor: Actor, sources: list[SourceInfo]) -> None:
    """The three steps, or what came of them, and the past imports below."""
    done = current_task(actor, None)
    if done is not None and done.result is not None:
        show_result(done.result, done.file_name)
        st.button("匯入另一個檔案", icon=":material/upload_file:", on_click=start_again)
    else:
        source, task = choose_file(actor, sources)
        mapping = map_file(actor, task, source)
        confirm(actor, task, mapping)
    show_past_imports(actor)


page_head("匯入", "其他系統的使用紀錄（第九點）與本系統的紀錄受同樣的稽核；來源會留存在每一筆上。")
with showing_errors():
    acting = current_actor()
    known = list_sources(acting)
    fields = {
        "view": address.Field(list(VIEWS), "file"),
        "source": address.Field([s.code for s in known], known[0].code if known else None),
    }
    address.read(PAGE, fields)
    view = st.segmented_control(
        "檢視",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        key=address.key(PAGE, "view"),
        required=True,
        label_visibility="collapsed",
    )
    if view == "people":
        show_people(acting, PAGE, known)
    else:
        import_view(acting, known)
    address.write(PAGE, fields)
