"""What can be done to the chosen lines: a button a choice, and following what was suggested."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.access_review.words import EFFECTS, ICONS
from pages.shared.dialogs import open_dialog
from pages.shared.text import plain
from services.actor import Actor
from services.regulation.access_review import Choice
from services.reviews.deciding import Decision, decide, prepare
from services.reviews.listing import LineRow, Ruled

DIALOG = "review.act"
SUGGESTED, _PREPARED = "依建議", "依初核"


@dataclass(frozen=True)
class Way:
    """Preparing or deciding: its word, its service, and why a row is not for this person."""

    word: str
    act: Callable[[Actor, int, Sequence[Decision]], None]
    problem: Callable[[LineRow, Choice], str | None]
    before: tuple[tuple[str, Callable[[LineRow], Ruled | None]], ...]
    """What may stand on a row already that the act sets aside, and what that is called."""


def _deciding_problem(row: LineRow, choice: Choice) -> str | None:
    return row.keep_problem if choice is Choice.KEEP else row.decide_problem


PREPARING = Way(
    "初核",
    prepare,
    lambda row, _choice: row.prepare_problem,
    (("先前的初核", lambda row: row.prepared),),
)
DECIDING = Way(
    "核定",
    decide,
    _deciding_problem,
    (("先前的核定", lambda row: row.decided), ("單位的初核", lambda row: row.prepared)),
)


def show_acts(campaign_id: int, rows: tuple[LineRow, ...], way: Way) -> None:
    """Show the buttons for the chosen rows; each takes the rows that are this person's to act on."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"已選 **{len(rows):,}** 個帳號，{way.word}為", width="content")
        _follow_button(campaign_id, way, SUGGESTED, [(row, row.suggested) for row in rows])
        if way is DECIDING:
            prepared = [(row, row.prepared.choice) for row in rows if row.prepared]
            _follow_button(campaign_id, way, _PREPARED, prepared)
        for choice in Choice:
            mine = tuple(row for row in rows if way.problem(row, choice) is None)
            st.button(
                choice.label,
                icon=ICONS[choice],
                key=f"review.{choice.value}",
                disabled=not mine,
                help=EFFECTS[choice],
                on_click=open_dialog,
                args=(DIALOG, campaign_id, mine, choice, way),
            )
    _others(rows, way)


def _follow_button(
    campaign_id: int, way: Way, what: str, follows: Sequence[tuple[LineRow, Choice]]
) -> None:
    mine = tuple(row for row, choice in follows if way.problem(row, choice) is None)
    st.button(
        what,
        icon=":material/auto_awesome:" if what == SUGGESTED else ":material/fact_check:",
        type="primary" if what == SUGGESTED else "secondary",
        key="review.follow" if what == SUGGESTED else "review.follow_prepared",
        disabled=not mine,
        help=f"{len(mine):,} 個帳號各{what}{way.word}，其理由記為原因",
        on_click=open_dialog,
        args=(DIALOG, campaign_id, mine, what, way),
    )


def _others(rows: tuple[LineRow, ...], way: Way) -> None:
    """Say which of the chosen rows stay out, and why."""
    for choice, words in ((Choice.KEEP, f"不由您{way.word}"), (Choice.CANCEL, "您只能核定保留")):
        out = [
            row
            for row in rows
            if way.problem(row, choice)
            and (choice is Choice.KEEP or way.problem(row, Choice.KEEP) is None)
        ]
        if out:
            st.caption(
                f":material/info: 其中 {len(out):,} 個{words}："
                f"{plain(out[0].label)}，{plain(way.problem(out[0], choice))}"
            )
