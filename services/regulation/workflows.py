"""The sixteen applications for accounts: (role, kind) → ordered steps, as data (clause 5; domain.md §3).

One engine runs them all, one diagram is drawn from them, and `manage.py workflows` prints them.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.regulation.roles import Role


class Kind(StrEnum):
    """What is applied for."""

    CREATE = "create"
    CHANGE = "change"
    REINSTATE = "reinstate"
    CANCEL = "cancel"

    @property
    def label(self) -> str:
        return KIND_LABELS[self]


KIND_LABELS = {
    Kind.CREATE: "帳號新增",
    Kind.CHANGE: "權限異動",
    Kind.REINSTATE: "帳號復權",
    Kind.CANCEL: "帳號註銷",
}


class Deed(StrEnum):
    """What a step consists of."""

    APPLY = "apply"
    PRINT = "print"
    NOTIFY = "notify"
    APPROVE = "approve"
    LETTER = "letter"
    REVIEW = "review"
    REPLY = "reply"
    COMPLETE = "complete"

    @property
    def label(self) -> str:
        return DEED_LABELS[self]


DEED_LABELS = {
    Deed.APPLY: "線上申請",
    Deed.PRINT: "列印申請表",
    Deed.NOTIFY: "通知管理者",
    Deed.APPROVE: "核可",
    Deed.LETTER: "函送地政局",
    Deed.REVIEW: "地政局審核",
    Deed.REPLY: "地政局函復",
    Deed.COMPLETE: "完成辦理",
}


class Party(StrEnum):
    """Who may take a step."""

    APPLICANT = "applicant"
    UNIT_HEAD = "unit_head"
    AGENCY_HEAD = "agency_head"
    BUREAU_REVIEWER = "bureau_reviewer"
    UNIT_MANAGER = "unit_manager"
    AGENCY_MANAGER = "agency_manager"
    SYSTEM_MANAGER = "system_manager"

    @property
    def label(self) -> str:
        return PARTY_LABELS[self]


PARTY_LABELS = {
    Party.APPLICANT: "申請人",
    Party.UNIT_HEAD: "單位主管",
    Party.AGENCY_HEAD: "機關首長",
    Party.BUREAU_REVIEWER: "地政局複核人員",
    Party.UNIT_MANAGER: "單位管理者",
    Party.AGENCY_MANAGER: "機關管理者",
    Party.SYSTEM_MANAGER: "系統管理者",
}


class Need(StrEnum):
    """What has to be there before a step is passed."""

    FORM = "form"
    PLEDGE = "pledge"
    LETTER = "letter"
    NOTICE = "notice"

    @property
    def label(self) -> str:
        return NEED_LABELS[self]


NEED_LABELS = {
    Need.FORM: "申請表",
    Need.PLEDGE: "保密切結書",
    Need.LETTER: "公文字號與日期",
    Need.NOTICE: "電話或電子郵件通知",
}


@dataclass(frozen=True)
class Step:
    """One step: what is done, by whom (any one of the parties), what it needs, and its clause."""

    deed: Deed
    parties: tuple[Party, ...]
    needs: tuple[Need, ...]
    clause: str


@dataclass(frozen=True)
class Workflow:
    """The way of one kind of application for one role."""

    role: Role
    kind: Kind
    steps: tuple[Step, ...]

    @property
    def needs_pledge(self) -> bool:
        """Whether the confidentiality pledge (附件一) belongs to it."""
        return any(Need.PLEDGE in step.needs for step in self.steps)

    def index(self, deed: Deed) -> int | None:
        """Return at which place a deed stands, or None when it is none of this workflow's."""
        return next((n for n, step in enumerate(self.steps) if step.deed is deed), None)


JUDGED_BY_DIFFERENT_PEOPLE = frozenset({Deed.APPROVE, Deed.REVIEW, Deed.COMPLETE})
"""Where §3 names two people, they are two: nobody takes more than one of these in one application."""

_COMPLETED_BY = {
    Role.GENERAL_USER: (Party.UNIT_MANAGER, Party.AGENCY_MANAGER),
    Role.UNIT_MANAGER: (Party.AGENCY_MANAGER,),
    Role.AGENCY_MANAGER: (Party.SYSTEM_MANAGER,),
    Role.SYSTEM_MANAGER: (Party.SYSTEM_MANAGER,),
}
_LETTER_BY = (Party.AGENCY_MANAGER, Party.AGENCY_HEAD, Party.SYSTEM_MANAGER)
"""The agency when it sends the letter, or the bureau when it comes in: a new agency has no manager yet."""
_REPLY_BY = (Party.BUREAU_REVIEWER, Party.SYSTEM_MANAGER)

_POINT = {
    Role.GENERAL_USER: "5.1",
    Role.UNIT_MANAGER: "5.2",
    Role.AGENCY_MANAGER: "5.3",
    Role.SYSTEM_MANAGER: "5.4",
}
_ITEM = {Kind.CREATE: 1, Kind.CHANGE: 2, Kind.CANCEL: 2, Kind.REINSTATE: 3}


def _workflow(role: Role, kind: Kind) -> Workflow:
    # Reading: the rule is silent on a system manager's reinstatement; it goes like a change.
    like_a_change = role is Role.SYSTEM_MANAGER and kind is Kind.REINSTATE
    clause = f"{_POINT[role]}.{2 if like_a_change else _ITEM[kind]}"
    papers = (Need.FORM, Need.PLEDGE) if kind is Kind.CREATE else (Need.FORM,)
    by_bureau = role is Role.AGENCY_MANAGER
    restored = kind is Kind.REINSTATE and not like_a_change

    def step(deed: Deed, *parties: Party, needs: tuple[Need, ...] = ()) -> Step:
        return Step(deed, parties, needs, clause)

    steps = [step(Deed.APPLY, Party.APPLICANT)]
    if not restored:
        approver = Party.AGENCY_HEAD if by_bureau else Party.UNIT_HEAD
        steps += [
            step(Deed.PRINT, Party.APPLICANT, needs=papers),
            step(Deed.APPROVE, approver),
        ]
    elif not by_bureau:
        notice = (Need.NOTICE,)
        steps += [step(Deed.NOTIFY, Party.APPLICANT, *_COMPLETED_BY[role], needs=notice)]
    if by_bureau:
        steps += [
            step(Deed.LETTER, *_LETTER_BY, needs=(Need.LETTER,)),
            step(Deed.REVIEW, Party.BUREAU_REVIEWER),
            step(Deed.REPLY, *_REPLY_BY, needs=(Need.LETTER,)),
        ]
    kept = () if restored else papers
    steps += [step(Deed.COMPLETE, *_COMPLETED_BY[role], needs=kept)]
    return Workflow(role, kind, tuple(steps))


WORKFLOWS: dict[tuple[Role, Kind], Workflow] = {
    (role, kind): _workflow(role, kind) for role in Role for kind in Kind
}
"""All sixteen."""


def as_json() -> list[dict[str, object]]:
    """Return the table as `manage.py workflows --json` prints it."""
    return [
        {
            "role": flow.role.value,
            "kind": flow.kind.value,
            "steps": [
                {
                    "step": step.deed.value,
                    "actor": "|".join(party.value for party in step.parties),
                    "needs": [need.value for need in step.needs],
                    "clause": step.clause,
                }
                for step in flow.steps
            ],
        }
        for flow in WORKFLOWS.values()
    ]
