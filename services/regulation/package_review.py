"""The bureau's review of what an agency sent: its states and moves as one table (clause 7.2.1)."""

from dataclasses import dataclass
from enum import StrEnum


class ReviewState(StrEnum):
    """Where the review of a half-year's package stands; what is asked of the agency stands in its findings."""

    RECEIVED = "received"
    REVIEWING = "reviewing"
    ACCEPTED = "accepted"

    @property
    def label(self) -> str:
        return {"received": "待複核", "reviewing": "複核中", "accepted": "准予備查"}[self.value]


class ReviewAct(StrEnum):
    """What happened to it."""

    RECEIVE = "receive"
    RECEIVE_AGAIN = "receive_again"
    TAKE = "take"
    HAND_OVER = "hand_over"
    ACCEPT = "accept"
    TAKE_BACK = "undo_accept"

    @property
    def label(self) -> str:
        return {
            "receive": "收到函送資料",
            "receive_again": "收到更正函送",
            "take": "承辦",
            "hand_over": "移交承辦",
            "accept": "准予備查",
            "undo_accept": "撤銷備查",
        }[self.value]


@dataclass(frozen=True)
class ReviewMove:
    """One move: from which states, to which; none where the state stays."""

    act: ReviewAct
    since: tuple[ReviewState, ...]
    to: ReviewState | None


_R, _A = ReviewState, ReviewAct
REVIEW_MOVES: tuple[ReviewMove, ...] = (
    ReviewMove(_A.RECEIVE, (), _R.RECEIVED),
    ReviewMove(_A.TAKE, (_R.RECEIVED,), _R.REVIEWING),
    ReviewMove(_A.HAND_OVER, (_R.REVIEWING,), None),
    ReviewMove(_A.ACCEPT, (_R.REVIEWING,), _R.ACCEPTED),
    # A package corrected after 備查 is another one: what was said of the first does not hold for it.
    ReviewMove(_A.RECEIVE_AGAIN, (_R.RECEIVED,), None),
    ReviewMove(_A.RECEIVE_AGAIN, (_R.REVIEWING, _R.ACCEPTED), _R.REVIEWING),
    ReviewMove(_A.TAKE_BACK, (_R.ACCEPTED,), _R.REVIEWING),
)
"""All moves; the bureau's reviewers make them, the receiving apart."""
CLAUSE = "7.2.1"


def after(state: ReviewState | None, act: ReviewAct) -> ReviewState:
    """Return the state after an act; raise ValueError where the table has no such move."""
    for move in REVIEW_MOVES:
        fits = state in move.since if state else not move.since
        if move.act is act and fits:
            new = move.to or state
            assert new is not None
            return new
    raise ValueError(f"{act.value} cannot follow {state}")
