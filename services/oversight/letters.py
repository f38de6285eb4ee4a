"""The bureau's letters as drafts to number and send: 請說明, 限期改善, 准予備查 (clauses 7.2.1, 7.2.2).

In the order of an official letter: 主旨, 說明, 正本, 副本. The number and the day are added when it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Agency, Finding, FindingStep
from services import events
from services.actor import Actor
from services.documents.odt import odt_bytes
from services.documents.paper import Line, Paper, Points
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.oversight.findings.store import standing_steps
from services.oversight.store import load_review, newest_package
from services.regulation.clauses import clause_words
from services.regulation.finding_states import FindingAct, FindingState
from services.regulation.periods import HalfYear
from services.rocdate import roc_date

RULE = "臺北市政府各機關使用地籍資料管理作業規範"


class Letter(StrEnum):
    """What the bureau writes."""

    EXPLAIN = "explain"
    IMPROVE = "improve"
    ACCEPT = "accept"

    @property
    def label(self) -> str:
        return {"explain": "請說明函稿", "improve": "限期改善函稿", "accept": "備查函稿"}[
            self.value
        ]


_ABOUT = {
    Letter.EXPLAIN: (FindingState.ASKED, (FindingAct.ASK, FindingAct.ASK_AGAIN)),
    Letter.IMPROVE: (FindingState.CONFIRMED, (FindingAct.CONFIRM,)),
}
"""Which findings a letter names, and the acts of which it gives the newest words."""


@dataclass(frozen=True)
class Matter:
    """One finding as a letter names it."""

    number: str
    title: str
    words: str
    due_on: date


@dataclass(frozen=True)
class About:
    """What a letter is about."""

    bureau: str
    agency: str
    half: str
    letter_no: str
    letter_date: date
    matters: tuple[Matter, ...]


@guarded(Action.REVIEW_PACKAGE)
def draft_letter(actor: Actor, review_id: int, kind: Letter) -> bytes:
    """Return a letter as ODT once the draft is on record; raise Conflict when there is nothing to write of."""
    with reading() as db:
        review = load_review(db, actor, review_id)
        package = newest_package(db, review.audit_id)
        assert package is not None  # as every review's
        bureau = db.scalars(select(Agency.name).where(Agency.is_bureau)).first() or "地政局"
        findings = db.scalars(
            select(Finding).where(Finding.review_id == review.id).order_by(Finding.id)
        ).all()
        about = About(
            bureau,
            review.agency.name,
            HalfYear.parse(review.period).label,
            package.letter_no,
            package.letter_date,
            _matters(findings, kind),
        )
    if kind in _ABOUT and not about.matters:
        raise Conflict(f"目前沒有要寫進{kind.label}的事項。")
    content = odt_bytes(letter(about, kind), actor.now)
    with transaction() as db:
        events.write(
            db, actor, EventType.LETTER_DRAFTED, about=("review", review_id), kind=kind.value
        )
    return content


def _matters(findings: Sequence[Finding], kind: Letter) -> tuple[Matter, ...]:
    if kind not in _ABOUT:
        return ()
    state, acts = _ABOUT[kind]
    return tuple(
        Matter(one.number, one.title, _words(one.steps, acts), one.due_on)
        for one in findings
        if FindingState(one.state) is state
    )


def _words(steps: Sequence[FindingStep], acts: Sequence[FindingAct]) -> str:
    """Return the words of the newest of these acts that stands: whatever is asked now."""
    return next(step.note for step in standing_steps(steps)[::-1] if step.act in acts)


def letter(about: About, kind: Letter) -> Paper:
    """Return a letter as a paper."""
    subject, points = _TEXTS[kind](about)
    received = (
        f"復貴機關{roc_date(about.letter_date)}{about.letter_no}函，"
        f"並依{RULE}{clause_words('7.2.1' if kind is Letter.ACCEPT else '7.2.2')}辦理。"
    )
    return Paper(
        title=f"{about.bureau}　函（稿）",
        corner=("發文日期：中華民國　　年　　月　　日", "發文字號：", "速別：普通件", "附件："),
        parts=(
            Line(f"受文者：{about.agency}"),
            Line(f"主旨：{subject}", strong=True),
            Points((received, *points), title="說明："),
            Line(f"正本：{about.agency}"),
            Line("副本："),
        ),
    )


def _explain(about: About) -> tuple[str, tuple[str, ...]]:
    return (
        f"貴機關{about.half}地籍資料使用稽核紀錄，本局複核有待說明事項，"
        "請於說明所列期限前提供佐證資料說明，請查照。",
        (
            *(
                f"{one.number}　{one.title}：{one.words}（{roc_date(one.due_on)}前）"
                for one in about.matters
            ),
            "請於地籍資料使用管理系統「缺失改善」提出說明並上傳佐證檔案。",
        ),
    )


def _improve(about: About) -> tuple[str, tuple[str, ...]]:
    # The day is set by the letter itself, and recorded with its number afterwards (限期改善).
    return (
        f"貴機關{about.half}地籍資料使用經複核確有缺失，"
        "請於　　年　　月　　日前提出改善措施，請查照。",
        (
            *(f"{one.number}　{one.title}：{one.words}" for one in about.matters),
            "併請提報貴機關首長依規定議懲處，並通報貴機關政風單位；"
            "辦理日期、文號與佐證請登錄於系統「缺失改善」。",
        ),
    )


def _accept(about: About) -> tuple[str, tuple[str, ...]]:
    return (
        f"貴機關函送{about.half}地籍資料使用稽核紀錄一案，准予備查，請查照。",
        (f"稽核紀錄及使用紀錄請依{clause_words('7.1.5')}保存。",),
    )


_TEXTS = {Letter.EXPLAIN: _explain, Letter.IMPROVE: _improve, Letter.ACCEPT: _accept}
