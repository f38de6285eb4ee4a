"""Proposed accounts for users of another system: chosen by a person, tied all at once."""

import zlib

import streamlit as st

from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.tables import table_height
from pages.shared.text import plain
from services.usage.importing.matching import Match
from services.usage.importing.source_users import MOST_AT_ONCE, claim_source_users
from services.usage.importing.sources import SourceInfo

_DIALOG = "import.matches"


def show_matches(source: SourceInfo, proposed: list[Match]) -> None:
    """Propose accounts for users who have none; those chosen are tied after one confirmation."""
    if not proposed:
        return
    st.markdown(f"**建議的對應**　{len(proposed):,} 位")
    # Another list is another table: a tick never stays at its place and means somebody else.
    listed = zlib.crc32("\n".join(match.user_code for match in proposed).encode())
    table = f"import.matches.{source.code}.{listed}"
    event = st.dataframe(
        [_cells(match) for match in proposed],
        hide_index=True,
        height=table_height(len(proposed), 360),
        on_select="rerun",
        selection_mode="multi-row",
        key=table,
        alt="建議的對應",
    )
    places = event["selection"]["rows"]
    chosen = [proposed[place] for place in places if place < len(proposed)]
    alike = [match for match in proposed if not match.name_differs][:MOST_AT_ONCE]
    with st.container(horizontal=True):
        st.button(
            f"對應勾選的 {len(chosen):,} 位",
            type="primary",
            icon=":material/link:",
            disabled=not chosen,
            key="import.match.chosen",
            on_click=open_dialog,
            args=(_DIALOG, source, chosen),
        )
        st.button(
            f"對應姓名相符的 {len(alike):,} 位",
            icon=":material/done_all:",
            disabled=not alike,
            help="兩邊姓名不同的不在內，請逐一查明後勾選。",
            key="import.match.alike",
            on_click=open_dialog,
            args=(_DIALOG, source, alike),
        )
    if (about := opened(_DIALOG)) is not None:
        _ask(*about)


def _cells(match: Match) -> dict[str, str]:
    return {
        "代號": match.user_code,
        "姓名": match.user_name,
        "本系統帳號": match.account_label,
        "依據": match.why + ("；兩邊姓名不同" if match.name_differs else ""),
    }


def _ask(source: SourceInfo, chosen: list[Match]) -> None:
    @st.dialog("確認對應", icon=":material/link:", width="large", on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(f"「{plain(source.name)}」的 **{len(chosen):,}** 位使用者，將對應到這些帳號：")
        st.dataframe(
            [_cells(match) for match in chosen],
            hide_index=True,
            height=table_height(len(chosen), 320),
            alt="將對應的使用者",
        )
        if differing := sum(match.name_differs for match in chosen):
            st.warning(
                f"其中 {differing:,} 位兩邊的姓名不同，請確定是同一人。", icon=":material/warning:"
            )
        st.caption("有一位不能對應時，一位都不會對應；每一位各留一筆系統紀錄，只影響之後的匯入。")
        with showing_errors():
            if st.button("確定對應", type="primary", icon=":material/link:", key="import.match.do"):
                claims = {match.user_code: match.account_id for match in chosen}
                claim_source_users(current_actor(), source.id, claims)
                close_dialog()
                notify(f"已對應 {len(chosen):,} 位使用者")
                st.rerun()

    ask()
