"""What either side does about a finding: one engine for the whole table of `regulation.findings` (7.2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Finding
from services.actor import Actor
from services.errors import Conflict, Invalid, Refused
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.oversight.findings.asking import checked_due
from services.oversight.findings.store import (
    ACTIONS,
    accepted_by,
    checked_note,
    given_of,
    load_finding,
    read_files,
    write_step,
)
from services.oversight.store import checked_letter
from services.regulation.finding_states import FindingAct, Gravity, Side
from services.regulation.findings import MOVES, Move, Need, moves_of, state_of, taken_back
from services.regulation.periods import HalfYear
from services.regulation.purpose import document_number_problem, tidy
from services.rocdate import roc_date


@dataclass(frozen=True)
class Words:
    """What comes with an act; which of it is needed, the table says."""

    note: str
    due_on: date | None = None
    done_on: date | None = None
    letter_no: str = ""
    letter_date: date | None = None
    gravity: Gravity | None = None
    files: Sequence[tuple[str, bytes]] = ()


@guarded(Action.REVIEW_PACKAGE, Action.ANSWER_FINDING)
def move_finding(
    actor: Actor, finding_id: int, revision: int, act: FindingAct, words: Words
) -> None:
    """Make one move on a finding, as the reviewer or for the agency; which side it is, the table says.

    An act after its day is taken, and on record as so many days late. Raises Conflict where the table
    has no such move now, or somebody acted since ``revision`` was shown; Invalid for what is missing.
    """
    side = _side_of(act)
    note = checked_note(words.note, act.label)
    papers = read_files(words.files)
    with transaction() as db:
        finding = load_finding(db, actor, finding_id, ACTIONS[side], revision=revision)
        move = _move_now(finding, act, side)
        _require_second(actor, finding, move)
        late = 0
        if side is Side.AGENCY:
            late = max(0, (actor.today - finding.due_on).days)
        write_step(
            db,
            actor,
            finding,
            act,
            note,
            done_on=_day(actor, finding, move, words),
            letter=_letter(actor, move, words),
            due_on=_due(actor, finding, move, words),
            gravity=_gravity(move, words),
            papers=papers,
            days_late=late,
        )


@guarded(Action.REVIEW_PACKAGE, Action.ANSWER_FINDING)
def take_step_back(actor: Actor, finding_id: int, revision: int, reason: str) -> None:
    """Take the last step back, by the side that made it; both stay on record."""
    note = checked_note(reason, "收回的理由")
    with transaction() as db:
        side = _own_side(db, actor, finding_id)
        finding = load_finding(db, actor, finding_id, ACTIONS[side], revision=revision)
        if taken_back(given_of(finding.steps), side) is None:
            raise Refused("前一步驟不是由您這一方辦理，不能由您收回。")
        write_step(db, actor, finding, FindingAct.TAKE_BACK, note)


def _side_of(act: FindingAct) -> Side:
    side = next((move.side for move in MOVES if move.act is act), None)
    if side is None or act is FindingAct.ASK:
        raise Invalid(f"「{act.label}」不能這樣辦理。")
    return side


def _own_side(db: Session, actor: Actor, finding_id: int) -> Side:
    """Return the side on which the person acts; whoever is on both, on the one that made the last step."""
    sides = [side for side, action in ACTIONS.items() if reach(actor, action)]
    for side in sides:
        finding = load_finding(db, actor, finding_id, ACTIONS[side])
        if taken_back(given_of(finding.steps), side) is not None:
            return side
    return sides[-1]


def _move_now(finding: Finding, act: FindingAct, side: Side) -> Move:
    given = given_of(finding.steps)
    found = next((move for move in moves_of(given, side) if move.act is act), None)
    if found is None:
        state = state_of(given)
        raise Conflict(f"這件缺失目前是「{state.label}」，不能「{act.label}」。")
    return found


def _require_second(actor: Actor, finding: Finding, move: Move) -> None:
    if Need.SECOND not in move.needs:
        return
    if accepted_by(finding.steps) == actor.account_id:
        raise Refused("重大缺失由另一位複核人員結案；認可改善的人不能結案。")


def _day(actor: Actor, finding: Finding, move: Move, words: Words) -> date | None:
    if Need.DAY not in move.needs:
        return None
    if words.done_on is None:
        raise Invalid("請填辦理日期，例如 115/11/20。")
    # An agency may have acted on its own before it was asked; never before the half-year in question.
    earliest = HalfYear.parse(finding.review.period).first_day
    if not earliest <= words.done_on <= actor.today:
        raise Invalid(
            f"辦理日期須在 {roc_date(earliest)} 至今天（{roc_date(actor.today)}）之間；"
            "請填文件上的日期。"
        )
    return words.done_on


def _letter(actor: Actor, move: Move, words: Words) -> tuple[str, date | None]:
    if Need.LETTER in move.needs:
        return checked_letter(words.letter_no, words.letter_date, actor.today)
    number = tidy(words.letter_no)
    if number and (problem := document_number_problem(number, actor.today)):
        raise Invalid(f"公文字號：{problem}")
    if Need.PROOF in move.needs and not number and not words.files:
        raise Invalid("請填公文字號或上傳至少一個佐證檔案。")
    if words.letter_date and (not number or words.letter_date > actor.today):
        raise Invalid("公文日期不能晚於今天，也要有公文字號；沒有公文時請留空白。")
    return number, words.letter_date


def _due(actor: Actor, finding: Finding, move: Move, words: Words) -> date | None:
    if Need.DUE not in move.needs:
        return None
    day = checked_due(words.due_on, actor.today)
    if move.act is FindingAct.EXTEND and day <= finding.due_on:
        raise Invalid(f"展延後的期限須晚於原期限（{roc_date(finding.due_on)}）。")
    return day


def _gravity(move: Move, words: Words) -> Gravity | None:
    if Need.GRAVITY not in move.needs:
        return None
    if words.gravity is None:
        raise Invalid("請選缺失程度：缺失或重大缺失。")
    return words.gravity
