"""Where a finding of the bureau stands, what is done about it, and by which side (clause 7.2.2)."""

from enum import StrEnum

from services.regulation.roles import Duty, Role


class Gravity(StrEnum):
    """How grave a confirmed deficiency is."""

    DEFICIENT = "deficient"
    MAJOR = "major"

    @property
    def label(self) -> str:
        return {"deficient": "缺失", "major": "重大缺失"}[self.value]


class Side(StrEnum):
    """Who moves a finding."""

    BUREAU = "bureau"
    AGENCY = "agency"

    @property
    def label(self) -> str:
        return self.holder.label if self is Side.AGENCY else f"地政局{self.holder.label}"

    @property
    def short(self) -> str:
        """The side without who acts for it."""
        return "地政局" if self is Side.BUREAU else "機關"

    @property
    def holder(self) -> Duty | Role:
        """The duty or role that moves it."""
        return Duty.BUREAU_REVIEWER if self is Side.BUREAU else Role.AGENCY_MANAGER


class FindingState(StrEnum):
    """Where a finding stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    IMPROVING = "improving"
    IMPROVED = "improved"
    ACCEPTED = "accepted"
    CLEARED = "cleared"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]

    @property
    def waits_for(self) -> Side | None:
        """Whose turn it is; nobody's when it is over."""
        if self.is_over:
            return None
        agency = (FindingState.ASKED, FindingState.IMPROVING)
        return Side.AGENCY if self in agency else Side.BUREAU

    @property
    def is_over(self) -> bool:
        """Whether nothing more is due."""
        return self in OVER


_STATE_LABELS = {
    FindingState.ASKED: "請說明",
    FindingState.ANSWERED: "已說明，待複核",
    FindingState.CONFIRMED: "列為缺失，待函請改善",
    FindingState.IMPROVING: "限期改善中",
    FindingState.IMPROVED: "已提報改善，待複核",
    FindingState.ACCEPTED: "改善可採，待第二人結案",
    FindingState.CLEARED: "說明可採",
    FindingState.CLOSED: "結案",
    FindingState.WITHDRAWN: "已收回",
}
OVER = frozenset({FindingState.CLEARED, FindingState.CLOSED, FindingState.WITHDRAWN})
OPEN = tuple(state for state in FindingState if state not in OVER)


class FindingAct(StrEnum):
    """What is done about a finding."""

    ASK = "ask"
    ANSWER = "answer"
    ASK_AGAIN = "ask_again"
    CLEAR = "clear"
    CONFIRM = "confirm"
    ORDER = "order"
    IMPROVE = "improve"
    DISCIPLINE = "discipline"
    NOTIFY = "notify"
    RETURN = "return"
    ACCEPT = "agree"
    CLOSE = "close"
    EXTEND = "extend"
    TAKE_BACK = "take_back"

    @property
    def label(self) -> str:
        return _ACT_LABELS[self]


_ACT_LABELS = {
    FindingAct.ASK: "請說明",
    FindingAct.ANSWER: "提出說明",
    FindingAct.ASK_AGAIN: "請再說明",
    FindingAct.CLEAR: "說明可採",
    FindingAct.CONFIRM: "列為缺失",
    FindingAct.ORDER: "限期改善",
    FindingAct.IMPROVE: "提報改善",
    FindingAct.DISCIPLINE: "提報首長議懲處",
    FindingAct.NOTIFY: "通報政風",
    FindingAct.RETURN: "退回改善",
    FindingAct.ACCEPT: "改善可採",
    FindingAct.CLOSE: "結案",
    FindingAct.EXTEND: "展延期限",
    FindingAct.TAKE_BACK: "收回前一步驟",
}
