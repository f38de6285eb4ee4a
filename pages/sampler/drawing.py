"""Step ③ 抽樣: the seed, the draw, the sample beside the population, and how to repeat it."""

from collections import Counter

import streamlit as st

from pages.sampler.context import DRAWING, Context, go_to
from pages.sampler.draws import list_judgement_picks, show_checkpoint, show_draws
from pages.sampler.extra_draws import offer_more
from pages.sampler.freeze import public_figure
from pages.shared.charts import month_bars, person_bars
from pages.shared.dialogs import close_dialog, open_dialog, opened
from pages.shared.drawn import show_chart
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import actor_source, current_actor
from pages.shared.tables import table_height, with_times
from pages.shared.text import plain
from services.audits.drawing import draw_first
from services.audits.export import export_draw
from services.audits.overview import AuditView, FrameView
from services.audits.sampling.draw import Basis
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.words import SeedSource
from services.errors import Refused
from services.regulation.audit_states import AuditStatus


def show(context: Context) -> None:
    """Offer the draw, or show what was drawn."""
    audit = context.audit
    if audit is None or audit.frame is None:
        st.info("母體尚未凍結；請先完成「② 凍結」。", icon=":material/info:")
    elif context.nil_return:
        st.info(
            f"{context.period.this}沒有使用紀錄，不需抽樣；請到「⑤ 簽核」。", icon=":material/info:"
        )
    elif not audit.draws:
        _offer(context, audit, audit.frame)
    else:
        _show_drawn(context, audit, audit.frame)


def _offer(context: Context, audit: AuditView, frame: FrameView) -> None:
    floors = frame.picture.floors
    public = frame.seed_plan is SeedSource.PUBLIC
    seed = f"以 {public_figure(frame)} 為種子" if public else "按下「抽樣」時由作業系統產生種子"
    coverage = f"再補足每個月與 **{floors.users:,} 人**" if floors.months else "不補足月份與人數"
    st.markdown(
        f"{seed}，依籤號取最低的 **{frame.planned_records:,} 筆**為基本樣本，"
        f"{coverage}。抽出的樣本只存一次，重新整理不會重抽。"
    )
    if not context.may_conduct:
        st.info(f"抽樣由{audit.kind.conductors}辦理。", icon=":material/info:")
        return
    if public:
        st.text_input("已公布的數字", max_chars=200, key="published")
        st.button(
            "抽樣", type="primary", icon=":material/casino:", on_click=open_dialog, args=("draw",)
        )
        if opened("draw") is not None:
            _confirm(audit, frame)
        return
    with showing_errors():
        if st.button("抽樣", type="primary", icon=":material/casino:"):
            _draw(audit, "")


@st.dialog("抽樣", on_dismiss=close_dialog)
def _confirm(audit: AuditView, frame: FrameView) -> None:
    number = str(st.session_state.get("published") or "")
    st.markdown(f"將以 {public_figure(frame)} 的 **{plain(number)}** 為種子抽樣，抽出後不能更正。")
    with showing_errors():
        if st.button("確定抽樣", type="primary", icon=":material/casino:"):
            _draw(audit, number)


def _draw(audit: AuditView, published: str) -> None:
    with st.spinner(DRAWING):
        draw_first(current_actor(), audit.audit_id, published=published)
    notify("樣本已抽出。")
    go_to("draw")


def _show_drawn(context: Context, audit: AuditView, frame: FrameView) -> None:
    show_draws(audit)
    list_judgement_picks(context.actor, audit)
    show_checkpoint(audit)
    rows = worksheet_rows(context.actor, audit.audit_id)
    drawn = [row for row in rows if row.basis in set(Basis)]
    _beside_population(frame, drawn)
    besides = f"，另有 {len(rows) - len(drawn):,} 筆不由抽籤而來" if len(rows) > len(drawn) else ""
    st.markdown(f"**樣本**（抽出 {len(drawn):,} 筆{besides}；每筆都說明為什麼在這裡）")
    st.dataframe(
        with_times(
            [
                {
                    "紀錄編號": row.record_id,
                    "取樣": row.basis_label,
                    "時間": row.occurred_at,
                    "使用者": row.person,
                    "項目": row.item,
                    "標的": row.target,
                    "為什麼在樣本裡": row.why,
                }
                for row in rows
            ]
        ),
        hide_index=True,
        height=table_height(len(rows), 360),
        column_config={
            "紀錄編號": st.column_config.NumberColumn(format="%d", width="small"),
            "為什麼在樣本裡": st.column_config.TextColumn(width="large"),
        },
    )
    left, right = st.columns([1, 1.4])
    with left:
        _offer_export(context, audit)
        word = "開始查核" if context.may_conduct else "檢視查核"
        if audit.status is AuditStatus.JUDGING and st.button(
            word, type="primary", icon=":material/fact_check:"
        ):
            go_to("judge")
    with right:
        if audit.status is AuditStatus.JUDGING and context.may_conduct:
            offer_more(audit)


def _beside_population(frame: FrameView, rows: list[SheetRow]) -> None:
    months = Counter(row.month for row in rows)
    people = Counter(row.person_key for row in rows)
    picture = frame.picture
    left, right = st.columns([1, 1.6])
    with left:
        st.markdown("**樣本與母體：各月**")
        show_chart(
            month_bars(
                list(picture.by_month),
                list(picture.by_month.values()),
                sample=[months[month] for month in picture.by_month],
            ),
            key="sample_months",
        )
    with right:
        st.markdown(
            f"**樣本與母體：各人**（樣本 {len(people):,} 人／應有 {picture.floors.users:,} 人）"
        )
        show_chart(
            person_bars(
                [name for _, name, _ in picture.by_person],
                [count for _, _, count in picture.by_person],
                sample=[people[key] for key, _, _ in picture.by_person],
            ),
            key="sample_people",
        )


def _offer_export(context: Context, audit: AuditView) -> None:
    person_now = actor_source()

    def content() -> bytes:
        person = person_now()
        if person is None:
            raise Refused("登入已結束，請重新登入後再匯出。")
        return export_draw(person, audit.audit_id)

    st.download_button(
        "下載抽樣（可自行驗證）",
        content,
        file_name=f"draw-{audit.unit_code}-{context.period}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="解壓縮後執行 python3 verify_draw.py，不需本系統即可重算雜湊值、籤號與樣本，"
        "並驗證每筆紀錄都在封存的帳本中。",
    )
