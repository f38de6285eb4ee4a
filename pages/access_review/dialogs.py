"""The dialogs that prepare or decide the chosen lines: what will happen, the reason, the button.

The rows kept with the open dialog are those that were on screen, so a change made meanwhile is
noticed by the service.
"""

from collections import Counter

import streamlit as st

from pages.access_review.acts import DIALOG, SUGGESTED, Way
from pages.access_review.words import EFFECTS, ICONS, ruled_words
from pages.shared.dialogs import close_dialog, opened
from pages.shared.feedback import notify, showing_errors
from pages.shared.session import current_actor
from pages.shared.text import plain
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.reviews.deciding import NOTE_MAX, Decision
from services.reviews.listing import LineRow

_NAMED = 8


def show_act_dialog(campaign_id: int) -> None:
    """Show the dialog that was opened about lines of this review, until it is done or dismissed."""
    if (about := opened(DIALOG)) is None:
        return
    kept_for, rows, what, way = about
    if kept_for != campaign_id:
        close_dialog()
    elif isinstance(what, Choice):
        _choose(campaign_id, rows, what, way)
    else:
        _follow(campaign_id, rows, what, way)


def _follow(campaign_id: int, rows: tuple[LineRow, ...], what: str, way: Way) -> None:
    @st.dialog(f"{what}{way.word}", icon=":material/auto_awesome:", on_dismiss=close_dialog)
    def ask() -> None:
        made = [_as_suggested(row) if what == SUGGESTED else _as_prepared(row) for row in rows]
        counts = Counter(decision.choice for decision in made)
        parts = [f"{choice.label} {counts[choice]:,} 個" for choice in Choice if counts[choice]]
        st.markdown(f"{len(rows):,} 個帳號：{'、'.join(parts)}。")
        _named(rows)
        _set_aside(rows, [(one.choice, one.items_left) for one in made], way)
        st.info(f"各帳號{what}的理由記為原因；結案前都可以再改。")
        if st.button(way.word, type="primary", icon=":material/check:", key="dialog.do"):
            _do(campaign_id, made, way)

    ask()


def _as_suggested(row: LineRow) -> Decision:
    return Decision(
        row.account_id, row.state, row.suggested, row.because, row.suggested_items
    )  # fmt: skip


def _as_prepared(row: LineRow) -> Decision:
    assert row.prepared is not None  # only such rows come with the button
    prepared = row.prepared
    return Decision(row.account_id, row.state, prepared.choice, prepared.note, prepared.items)


def _choose(campaign_id: int, rows: tuple[LineRow, ...], choice: Choice, way: Way) -> None:
    @st.dialog(f"{way.word}：{choice.label}", icon=ICONS[choice], on_dismiss=close_dialog)
    def ask() -> None:
        st.markdown(f"**{len(rows):,}** 個帳號")
        _named(rows)
        (st.warning if choice is Choice.CANCEL else st.info)(EFFECTS[choice])
        left = _items_left(rows) if choice is Choice.REDUCE else {}
        _set_aside(rows, [(choice, left.get(row.account_id)) for row in rows], way)
        required = "可不填" if choice is Choice.KEEP else "必填"
        note = st.text_area(f"原因（{required}）", key="dialog.reason", max_chars=NOTE_MAX)
        if st.button(way.word, type="primary", icon=ICONS[choice], key="dialog.do"):
            made = [
                Decision(row.account_id, row.state, choice, note or "", left.get(row.account_id))
                for row in rows
            ]
            _do(campaign_id, made, way)

    ask()


def _items_left(rows: tuple[LineRow, ...]) -> dict[int, frozenset[Item]]:
    """Ask which items are taken from all of them; each keeps the rest of its own."""
    held = set().union(*(row.facts.items for row in rows))
    unused = set.intersection(*(set(row.facts.unused_items) for row in rows))
    taken = st.pills(
        "取消的授權項目",
        [item for item in Item if item in held],
        selection_mode="multi",
        default=[item for item in Item if item in unused],
        format_func=lambda item: Item(item).label,
        key="dialog.items",
    )
    st.caption("預選的是所選帳號在期間內都沒有使用的項目；各帳號留下自己其餘的項目。")
    away = {Item(item) for item in taken}
    return {row.account_id: row.facts.items - away for row in rows}


def _set_aside(
    rows: tuple[LineRow, ...], new: list[tuple[Choice, frozenset[Item] | None]], way: Way
) -> None:
    """Say which rows were ruled otherwise before: among many, one that somebody weighed gets lost."""
    for what, ruled in way.before:
        others = [
            f"{row.label}{ruled_words(was)}"
            for row, now in zip(rows, new, strict=True)
            if (was := ruled(row)) and (was.choice, was.items) != now
        ]
        if others:
            more = "…" if len(others) > _NAMED else ""
            st.warning(
                f"其中 {len(others):,} 個與{what}不同，將以這次的{way.word}為準："
                f"{plain('、'.join(others[:_NAMED]))}{more}。"
            )


def _named(rows: tuple[LineRow, ...]) -> None:
    more = f" 等 {len(rows):,} 個" if len(rows) > _NAMED else ""
    st.caption(plain("、".join(row.label for row in rows[:_NAMED])) + more)


def _do(campaign_id: int, decisions: list[Decision], way: Way) -> None:
    with showing_errors():
        way.act(current_actor(), campaign_id, decisions)
        close_dialog()
        notify(f"已{way.word} {len(decisions):,} 個帳號。")
        st.rerun()
