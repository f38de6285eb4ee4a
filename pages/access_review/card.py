"""One account of a review: every fact, what was prepared and what was decided."""

import streamlit as st

from pages.access_review.words import COLOURS, flag_words, ruled_words
from pages.shared.text import plain
from services import rocdate
from services.regulation.access_review import item_words
from services.regulation.items import Item
from services.reviews.listing import LineRow, Ruled


def show_card(row: LineRow) -> None:
    """Show the card of one line."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(row.label), anchor=False, width="content")
            st.badge(f"建議{row.suggested.label}", color=COLOURS[row.suggested])
            if row.decided:
                st.badge(f"核定{row.decided.choice.label}", color=COLOURS[row.decided.choice])
        st.markdown(plain(row.because))
        st.table(
            [{"項目": name, "內容": plain(value)} for name, value in _facts(row).items()],
            border="horizontal",
            hide_index=True,
            hide_header=True,
        )


def _facts(row: LineRow) -> dict[str, str]:
    facts = row.facts
    used = "、".join(
        f"{item.label} {row.used[item]:,} 筆" for item in Item if row.used.get(item)
    )  # fmt: skip
    shown = {
        "單位": row.unit,
        "角色與職務": "、".join([row.role.label, *(duty.label for duty in row.duties)]),
        "狀態": facts.status.label,
        "授權項目": item_words(facts.items) or "無",
        "期間內使用": used or "沒有使用紀錄",
        "未使用項目": item_words(facts.unused_items) or "無",
        "最近使用": rocdate.roc_date(facts.last_used_on) if facts.last_used_on else "從未使用",
        "建立": rocdate.roc_date(facts.created_on),
    }
    if facts.leaving_on:
        shown["預定離職"] = rocdate.roc_date(facts.leaving_on)
    if row.flags:
        shown["註記"] = flag_words(row)
    for name, ruled in (("初核", row.prepared), ("核定", row.decided)):
        if ruled:
            shown[name] = _ruling(ruled)
    if row.outcome:
        shown["辦理結果"] = row.outcome
    return shown


def _ruling(ruled: Ruled) -> str:
    when = f"　{rocdate.roc_time(ruled.at)}" if ruled.at else ""
    note = f"　{ruled.note}" if ruled.note else ""
    return f"{ruled_words(ruled)}　{ruled.by}{when}{note}"
