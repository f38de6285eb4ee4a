"""移交保管: one custodian's documents to a successor, and the lists of past handovers."""

import streamlit as st

from pages.documents.words import title_of
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.export import export_button
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import actor_source, current_actor
from pages.shared.tables import table_height
from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.errors import Invalid, Refused
from services.papers.destroying import REASON_MAX
from services.papers.handing import Keeping, hand_over, papers_of, successors
from services.papers.handover_print import print_handover
from services.papers.handovers import COLUMNS, list_handovers, list_rows
from services.papers.listing import Keeper, custodians

_DIALOG = "paper.handover"
_ALL, _SOME = "全部", "部分"
_PAST = 50


def handover_button(
    label: str, key: str, custodian_id: int | None, document_id: int | None = None
) -> None:
    """Offer to hand a custodian's documents over; with a document only that one is chosen at first."""
    if custodian_id is None and document_id is not None:
        return
    st.button(
        label,
        icon=":material/move_up:",
        key=key,
        on_click=open_dialog,
        args=(_DIALOG, custodian_id, document_id),
    )


def show_handover_dialog() -> None:
    """Show the dialog while it is open."""
    if (about := opened(_DIALOG)) is None:
        return
    custodian_id, document_id = about

    @st.dialog("移交保管", icon=":material/move_up:", on_dismiss=close_dialog, width="medium")
    def ask() -> None:
        with showing_errors():
            person = current_actor()
            chosen = _choose_giver(custodians(person), custodian_id or person.account_id)
            if chosen is None:
                st.info("目前沒有可以移交的文件。")
                return
            keeping = papers_of(person, chosen)
            ids = _choose_papers(keeping, document_id)
            _give(keeping, ids)

    ask()


def _choose_giver(keepers: tuple[Keeper, ...], first: int | None) -> int | None:
    ids = [keeper.id for keeper in keepers]
    labels = {keeper.id: keeper.label for keeper in keepers}
    return st.selectbox(
        "移交人（目前的保管人）",
        ids,
        index=ids.index(first) if first in ids else 0,
        format_func=lambda id_: labels[id_],
        key="dialog.giver",
    )


def _choose_papers(keeping: Keeping, document_id: int | None) -> list[int]:
    titles = {row.id: title_of(row) for row in keeping.papers}
    if keeping.elsewhere:
        st.caption(f"另有 {keeping.elsewhere:,} 份不在您保管的範圍內，由其管理者移交。")
    much = st.segmented_control(
        "移交的文件",
        [_ALL, _SOME],
        default=_SOME if document_id in titles else _ALL,
        format_func=lambda one: f"{one} {len(titles):,} 份" if one == _ALL else "選擇部分",
        key="dialog.much",
        required=True,
    )
    if much == _ALL:
        return list(titles)
    return st.multiselect(
        "選擇文件",
        list(titles),
        default=[document_id] if document_id in titles else [],
        format_func=lambda id_: titles[id_],
        placeholder="請選擇",
        key=f"dialog.papers.{keeping.custodian.id}",
    )


def _give(keeping: Keeping, ids: list[int]) -> None:
    if not ids:
        st.caption("請先選擇要移交的文件。")
        return
    offered = successors(current_actor(), keeping.custodian.id, ids)
    if not offered:
        st.warning("沒有人同時是這些文件的管理者；請減少文件，或先設定接手的管理者。")
        return
    labels = {keeper.id: keeper.label for keeper in offered}
    successor = st.selectbox(
        "接手人",
        list(labels),
        index=None,
        format_func=lambda id_: labels[id_],
        placeholder="請選擇",
        key="dialog.taker",
    )
    reason = st.text_area(
        "原因（必填）", placeholder="例如：職務異動", key="dialog.reason", max_chars=REASON_MAX
    )
    st.info(f"移交後，這 {len(ids):,} 份文件由接手人保管，並留下移交清冊；紙本請同時點交。")
    if st.button("移交保管", type="primary", icon=":material/move_up:", key="dialog.do"):
        if successor is None:
            raise Invalid("請選擇接手人。")
        hand_over(current_actor(), keeping.custodian.id, successor, ids, reason or "")
        close_dialog()
        notify(f"已移交 {len(ids):,} 份文件給 {labels[successor]}；清冊在「移交紀錄」。")
        st.rerun()


def show_past_handovers(actor: Actor) -> None:
    """Show past handovers, one at a time, with its list to download."""
    past = {one.id: one for one in list_handovers(actor, _PAST)}
    with st.expander(f"移交紀錄（{len(past):,}）", icon=":material/history:"):
        if not past:
            st.caption("還沒有移交過文件。")
            return
        chosen = st.selectbox(
            "移交",
            list(past),
            format_func=lambda id_: (
                f"{rocdate.roc_time(past[id_].at)}　{past[id_].giver} → {past[id_].taker}　"
                f"{len(past[id_].documents):,} 份"
            ),
            key="keeping.past",
        )
        one = past[chosen]
        st.caption(f"辦理人：{plain(one.doer)}　原因：{plain(one.reason)}")
        rows = list_rows(one)
        st.dataframe(
            [dict(zip(COLUMNS[:6], row[:6], strict=True)) for row in rows],
            hide_index=True,
            height=table_height(len(rows), 300),
            alt="移交清冊",
        )
        with st.container(horizontal=True):
            _print_button(one.id)
            export_button(actor, "下載移交清冊（CSV）", f"文件移交清冊-{one.id}", COLUMNS, rows)


def _print_button(handover_id: int) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再列印。")
        return print_handover(person, handover_id)

    st.download_button(
        "列印移交清冊（PDF）",
        content,
        file_name=f"文件移交清冊-{handover_id}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        key="keeping.print",
        on_click="ignore",
    )
