"""Every draw of an audit with its reason and seed, newest first; and where its records are sealed."""

import streamlit as st

from pages.shared.text import plain
from services import rocdate
from services.actor import Actor
from services.audits.additions import list_picks
from services.audits.overview import AuditView
from services.audits.words import SeedSource

_NAMED = 10


def show_draws(audit: AuditView) -> None:
    """Say which draw this is, and keep the ones before it in sight."""
    for draw in reversed(audit.draws):
        with st.container(border=True):
            state = "" if draw.current else "（已被重抽取代，保留供查）"
            st.markdown(
                f"**第 {draw.number} 次抽樣，共 {len(audit.draws)} 次："
                f"{draw.kind.label} {draw.size:,} 筆**{state}　"
                f"{rocdate.roc_time(draw.drawn_at)}　{plain(draw.drawn_by)}"
            )
            if draw.reason:
                st.markdown(f"理由：{plain(draw.reason)}")
            st.caption(f"種子（{draw.seed_source.label}）")
            st.code(draw.seed, language=None)
            if draw.seed_source is SeedSource.NAMED:
                st.warning(
                    "這次抽樣用的是指定種子，只能作為測試或示範。", icon=":material/science:"
                )


def list_draws(actor: Actor, audit: AuditView) -> None:
    """Name every draw in a line where an audit has had more than one, and every pick."""
    for draw in audit.draws if len(audit.draws) > 1 else ():
        reason = f"，理由：{plain(draw.reason)}" if draw.reason else ""
        st.markdown(
            f"- 第 {draw.number} 次抽樣，共 {len(audit.draws)} 次："
            f"{draw.kind.label} {draw.size:,} 筆{reason}"
        )
    list_judgement_picks(actor, audit)


def list_judgement_picks(actor: Actor, audit: AuditView) -> None:
    """Name what was taken by judgement, with the reason; it counts for no floor and no claim."""
    if not audit.picked:
        return
    for one in list_picks(actor, audit.audit_id):
        numbers = "、".join(map(str, one.records[:_NAMED]))
        more = f" 等 {len(one.records):,} 筆" if len(one.records) > _NAMED else ""
        st.markdown(
            f"- 判斷抽查紀錄 {numbers}{more}，理由：{plain(one.reason)}"
            f"（{plain(one.by)}，{rocdate.roc_time(one.at)}；不列入推論）"
        )


def show_checkpoint(audit: AuditView) -> None:
    """Name the checkpoint of the ledger that covers the frame, for comparing with a download."""
    if audit.frame is None or audit.frame.picture.records == 0:
        return
    if checkpoint := audit.frame.checkpoint:
        st.caption(f":material/lock: 母體的紀錄已封存於帳本{plain(checkpoint.sentence)}。")
    else:
        st.caption(":material/lock_open: 母體的紀錄尚未全部封存於帳本。")
