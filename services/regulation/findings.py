"""What becomes of a finding of the bureau: states and moves as one table (clause 7.2.2).

請說明 → cleared, or 列為缺失 → 限期改善 → the agency's improvement, discipline and notice → 結案. The state is what
the acts that stand amount to; a mistaken act is taken back by a further one, and nothing is deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.regulation.finding_states import FindingAct, FindingState, Gravity, Side

EXPLAIN_DAYS, IMPROVE_DAYS = 14, 30
"""How long the bureau is offered to give; the rule leaves the day to it."""
LONGEST = timedelta(days=366)
"""No day given can be later than this; ours, against slips of the pen."""


class Need(StrEnum):
    """What a move has to bring along besides its words."""

    DUE = "due"
    LETTER = "letter"
    DAY = "day"
    PROOF = "proof"
    GRAVITY = "gravity"
    SECOND = "second"

    @property
    def label(self) -> str:
        return {
            "due": "期限",
            "letter": "公文字號與日期",
            "day": "辦理日期",
            "proof": "公文字號或佐證檔案",
            "gravity": "缺失程度",
            "second": "另一位複核人員",
        }[self.value]


@dataclass(frozen=True)
class Move:
    """One move: from which states, to which (none where the state stays), by whom, with what."""

    act: FindingAct
    since: tuple[FindingState, ...]
    to: FindingState | None
    side: Side
    needs: tuple[Need, ...] = ()
    only: Gravity | None = None
    """Only for deficiencies of this gravity."""


_S, _A, _N = FindingState, FindingAct, Need
MOVES: tuple[Move, ...] = (
    Move(_A.ASK, (), _S.ASKED, Side.BUREAU, (_N.DUE,)),
    Move(_A.ANSWER, (_S.ASKED,), _S.ANSWERED, Side.AGENCY),
    Move(_A.ASK_AGAIN, (_S.ANSWERED,), _S.ASKED, Side.BUREAU, (_N.DUE,)),
    Move(_A.CLEAR, (_S.ANSWERED,), _S.CLEARED, Side.BUREAU),
    Move(_A.CONFIRM, (_S.ASKED, _S.ANSWERED), _S.CONFIRMED, Side.BUREAU, (_N.GRAVITY,)),
    Move(_A.ORDER, (_S.CONFIRMED,), _S.IMPROVING, Side.BUREAU, (_N.LETTER, _N.DUE)),
    Move(_A.IMPROVE, (_S.IMPROVING,), None, Side.AGENCY, (_N.DAY, _N.PROOF)),
    Move(_A.DISCIPLINE, (_S.IMPROVING,), None, Side.AGENCY, (_N.DAY, _N.PROOF)),
    Move(_A.NOTIFY, (_S.IMPROVING,), None, Side.AGENCY, (_N.DAY, _N.PROOF)),
    Move(_A.RETURN, (_S.IMPROVED,), _S.IMPROVING, Side.BUREAU, (_N.DUE,)),
    Move(_A.ACCEPT, (_S.IMPROVED,), _S.ACCEPTED, Side.BUREAU, only=Gravity.MAJOR),
    Move(_A.CLOSE, (_S.IMPROVED,), _S.CLOSED, Side.BUREAU, only=Gravity.DEFICIENT),
    Move(_A.CLOSE, (_S.ACCEPTED,), _S.CLOSED, Side.BUREAU, (_N.SECOND,), only=Gravity.MAJOR),
    Move(_A.EXTEND, (_S.ASKED, _S.IMPROVING), None, Side.BUREAU, (_N.DUE,)),
)
"""All moves but taking one back, which the side that made the last one can always do. Clause 7.2.2 all of it."""
CLAUSE = "7.2.2"
REPORTS = (FindingAct.IMPROVE, FindingAct.DISCIPLINE, FindingAct.NOTIFY)
"""What the agency brings before an improvement is reviewed; in any order."""
BY_AGENCY = frozenset(move.act for move in MOVES if move.side is Side.AGENCY)
"""The acts of the agency's side."""


@dataclass(frozen=True)
class Given:
    """One act as it was recorded, as far as the table goes by it."""

    act: FindingAct
    gravity: Gravity | None = None


def in_force(given: Iterable[Given]) -> tuple[Given, ...]:
    """Return the acts that stand: a taken-back one is gone together with its taking back."""
    standing: list[Given] = []
    for one in given:
        if one.act is FindingAct.TAKE_BACK:
            standing.pop()
        else:
            standing.append(one)
    return tuple(standing)


def gravity_of(given: Iterable[Given]) -> Gravity | None:
    """Return how grave the acts that stand say it is; None before it is confirmed."""
    return next((one.gravity for one in reversed(in_force(given)) if one.gravity), None)


def outstanding(given: Iterable[Given]) -> tuple[FindingAct, ...]:
    """Return the agency's reports that are still to come; an improvement that was returned comes anew."""
    done: set[FindingAct] = set()
    for one in in_force(given):
        if one.act is FindingAct.RETURN:
            done.discard(FindingAct.IMPROVE)
        done.add(one.act)
    return tuple(act for act in REPORTS if act not in done)


def state_of(given: Sequence[Given]) -> FindingState:
    """Return the state that the acts amount to.

    Raises ValueError for an act that the table does not let follow; `Need`s are the caller's to see to.
    """
    state: FindingState | None = None
    so_far: list[Given] = []
    for one in in_force(given):
        move = _move(one.act, state, gravity_of(so_far))
        so_far.append(one)
        state = move.to or state
        if state is FindingState.IMPROVING and one.act in REPORTS and not outstanding(so_far):
            state = FindingState.IMPROVED
    return state or FindingState.WITHDRAWN


def moves_of(given: Sequence[Given], side: Side) -> tuple[Move, ...]:
    """Return the moves that a side can make now, taking back not among them."""
    state, gravity = state_of(given), gravity_of(given)
    return tuple(
        move
        for move in MOVES
        if move.side is side and state in move.since and move.only in (None, gravity)
    )


def taken_back(given: Sequence[Given], side: Side) -> Given | None:
    """Return the act that a side could take back now: the last one that stands, if it was its own."""
    standing = in_force(given)
    if not standing:
        return None
    last = standing[-1]
    mine = next(move.side for move in MOVES if move.act is last.act)
    return last if mine is side else None


def _move(act: FindingAct, state: FindingState | None, gravity: Gravity | None) -> Move:
    for move in MOVES:
        fits = state in move.since if state else not move.since
        if move.act is act and fits and move.only in (None, gravity):
            return move
    raise ValueError(f"{act.value} cannot follow {state}")


def due_problem(due: date, today: date) -> str | None:
    """Return which way a day that is given cannot be right, or None."""
    if due <= today:
        return "past"
    return "far" if due - today > LONGEST else None
