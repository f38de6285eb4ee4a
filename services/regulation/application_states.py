"""Where an application stands, and what can happen to it."""

from enum import StrEnum


class State(StrEnum):
    """Where an application stands."""

    UNCONFIRMED = "unconfirmed"
    OPEN = "open"
    RETURNED = "returned"
    COMPLETED = "completed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    State.UNCONFIRMED: "待確認電子郵件",
    State.OPEN: "辦理中",
    State.RETURNED: "退回補正",
    State.COMPLETED: "已完成",
    State.REFUSED: "已駁回",
    State.WITHDRAWN: "已撤回",
    State.EXPIRED: "逾期未確認",
}

LIVE = (State.UNCONFIRMED, State.OPEN, State.RETURNED)
"""Not over yet; one person has at most one of these that is confirmed."""

CAME_TO_NOTHING = (State.REFUSED, State.WITHDRAWN, State.EXPIRED)
"""Over without what was applied for."""


class Act(StrEnum):
    """What was done to an application."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    PASSED = "passed"
    RETURNED = "returned"
    CORRECTED = "corrected"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    """A mail about it was given up: nobody acted, but somebody was not told."""

    @property
    def label(self) -> str:
        return ACT_LABELS[self]


ACT_LABELS = {
    Act.SUBMITTED: "送出申請",
    Act.CONFIRMED: "確認電子郵件",
    Act.PASSED: "通過",
    Act.RETURNED: "退回補正",
    Act.CORRECTED: "補正後送出",
    Act.REFUSED: "駁回",
    Act.WITHDRAWN: "撤回",
    Act.EXPIRED: "逾期結案",
    Act.UNDELIVERED: "郵件無法送達",
}


HANDED = "handed"
"""Detail of a sent-in list's act: its sender was given the link, to hand it to the applicant."""


APPROVER = "approver"
"""Detail of an approval recorded from paper: title and name of a head who has no account."""


class Channel(StrEnum):
    """How the manager was told of an application for reinstatement."""

    TELEPHONE = "telephone"
    EMAIL = "email"

    @property
    def label(self) -> str:
        return {"telephone": "電話", "email": "電子郵件"}[self.value]
