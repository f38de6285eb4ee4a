"""What the dialog of a move asks for: a field for each thing that the table of the rule says it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from pages.shared.period import typed_day
from services import rocdate
from services.documents.files import LARGEST
from services.oversight.findings.acting import Words
from services.oversight.findings.store import MOST_FILES, NOTE_MAX
from services.oversight.findings.view import FindingView
from services.regulation.finding_states import FindingAct, Gravity, Side
from services.regulation.findings import EXPLAIN_DAYS, IMPROVE_DAYS, Move, Need

_NOTES = {
    FindingAct.ANSWER: "說明",
    FindingAct.CLEAR: "採認的理由",
    FindingAct.CONFIRM: "認定的理由",
    FindingAct.ORDER: "應改善事項",
    FindingAct.IMPROVE: "改善情形",
    FindingAct.DISCIPLINE: "議處情形",
    FindingAct.NOTIFY: "通報情形",
    FindingAct.RETURN: "退回的理由",
    FindingAct.EXTEND: "展延的理由",
    FindingAct.CLOSE: "結案說明",
}
_TYPES = ["pdf", "odt", "ods", "jpg", "jpeg", "png"]


@dataclass(frozen=True)
class Typed:
    """What stands in the fields, as it was typed."""

    note: str
    gravity: Gravity | None
    done_on: str
    letter_no: str
    letter_date: str
    due_on: str
    uploaded: Sequence[Any] | None

    def words(self) -> Words:
        """Return it read; raise Invalid for a day that is none."""
        return Words(
            self.note,
            typed_day("期限", self.due_on),
            typed_day("辦理日期", self.done_on),
            self.letter_no,
            typed_day("公文日期", self.letter_date),
            self.gravity,
            [(file.name, file.getvalue()) for file in self.uploaded or ()],
        )


def ask_for(view: FindingView, move: Move, today: date) -> Typed:
    """Show the fields of a move and return what stands in them."""
    gravity = _gravity(move)
    note = st.text_area(_NOTES.get(move.act, "說明"), max_chars=NOTE_MAX, key="move.note")
    done_on = _day(move)
    letter_no, letter_date = _letter(move)
    due_on = _due(move, view, today)
    return Typed(note or "", gravity, done_on, letter_no, letter_date, due_on, _uploaded(move))


def _gravity(move: Move) -> Gravity | None:
    if Need.GRAVITY not in move.needs:
        return None
    return st.radio(
        "缺失程度",
        list(Gravity),
        format_func=lambda one: one.label,
        captions=["改善可採後結案", "改善可採後，由另一位複核人員結案"],
        index=None,
        key="move.gravity",
    )


def _day(move: Move) -> str:
    if Need.DAY not in move.needs:
        return ""
    return (
        st.text_input(
            "辦理日期",
            placeholder="115/11/20",
            help="以文件上的日期為準。",
            max_chars=20,
            key="move.day",
        )
        or ""
    )


def _letter(move: Move) -> tuple[str, str]:
    needed = Need.LETTER in move.needs
    if not (needed or Need.PROOF in move.needs):
        return "", ""
    number = st.text_input(
        "公文字號", placeholder="府授地資字第1156012388號", max_chars=60, key="move.letter"
    )
    dated = (
        st.text_input("公文日期", placeholder="115/11/20", max_chars=20, key="move.letter_date")
        if needed
        else ""
    )
    return number or "", dated or ""


def _due(move: Move, view: FindingView, today: date) -> str:
    if Need.DUE not in move.needs:
        return ""
    days = EXPLAIN_DAYS if move.act is FindingAct.ASK_AGAIN else IMPROVE_DAYS
    start = max(today, view.due_on) if move.act is FindingAct.EXTEND else today
    offered = rocdate.roc_date(start + timedelta(days=days))
    return st.text_input("期限", value=offered, max_chars=20, key="move.due") or ""


def _uploaded(move: Move) -> Sequence[Any] | None:
    if move.side is Side.BUREAU:
        return None
    found: Sequence[Any] | None = st.file_uploader(
        "佐證檔案",
        type=_TYPES,
        accept_multiple_files=True,
        max_upload_size=LARGEST // 1024 // 1024,
        help=f"PDF、ODT、ODS 或圖檔，每個 20 MB 以內，一次最多 {MOST_FILES} 個。",
        key="move.files",
    )
    if Need.PROOF in move.needs:
        st.caption("公文字號與佐證檔案至少一項。")
    return found
