"""Who may do what to whom: one table, read by every service function through `permit` and `reach`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from services.actor import Actor
from services.errors import Refused
from services.identity.actions import Action
from services.regulation.roles import Duty, Role

__all__ = ["RULES", "Action", "Holder", "Reach", "Rule", "Scope", "permit", "reach"]


class Scope(StrEnum):
    """How far a permission reaches."""

    OWN = "own"
    UNIT = "unit"
    AGENCY = "agency"
    ALL = "all"


Holder = Role | Duty

_EVERYBODY = {
    Action.VIEW_HOME: Scope.OWN,
    Action.MANAGE_OWN_SIGN_IN: Scope.OWN,
    Action.QUERY_PARCEL: Scope.OWN,
    Action.EXPORT_TABLE: Scope.OWN,
    Action.APPLY: Scope.OWN,
    Action.VERIFY_PAPER: Scope.OWN,
}
"""What every account may do; querying needs authorised items as well."""

_TABLE: dict[Holder, dict[Action, Scope]] = {
    Role.GENERAL_USER: _EVERYBODY,
    Role.UNIT_MANAGER: _EVERYBODY
    | {
        Action.VIEW_ACCOUNTS: Scope.UNIT,
        Action.MANAGE_ACCOUNTS: Scope.UNIT,
        Action.VIEW_APPLICATIONS: Scope.UNIT,
        Action.COMPLETE_APPLICATION: Scope.UNIT,
        Action.RECORD_LEAVING: Scope.UNIT,
        Action.KEEP_DOCUMENTS: Scope.UNIT,
        Action.VIEW_REVIEWS: Scope.UNIT,
        Action.PREPARE_REVIEW: Scope.UNIT,
        Action.VIEW_USAGE: Scope.UNIT,
        Action.VIEW_RECORDS: Scope.UNIT,
        Action.VIEW_AUDIT: Scope.UNIT,
        Action.VIEW_INCIDENTS: Scope.UNIT,
    },
    Role.AGENCY_MANAGER: _EVERYBODY
    | {
        Action.VIEW_ACCOUNTS: Scope.AGENCY,
        Action.MANAGE_ACCOUNTS: Scope.AGENCY,
        Action.GIVE_DUTY: Scope.AGENCY,
        Action.VIEW_APPLICATIONS: Scope.AGENCY,
        Action.RECORD_LETTER: Scope.AGENCY,
        Action.COMPLETE_APPLICATION: Scope.AGENCY,
        Action.RECORD_LEAVING: Scope.AGENCY,
        Action.KEEP_DOCUMENTS: Scope.AGENCY,
        Action.VIEW_REVIEWS: Scope.AGENCY,
        Action.PREPARE_REVIEW: Scope.AGENCY,
        Action.DECIDE_REVIEW: Scope.AGENCY,
        Action.VIEW_USAGE: Scope.AGENCY,
        Action.VIEW_RECORDS: Scope.AGENCY,
        Action.VIEW_AUDIT: Scope.AGENCY,
        Action.RECEIVE_AUDIT: Scope.AGENCY,
        # Which of an audit's records: `services.regulation.stake` says for each.
        Action.JUDGE_RECORD: Scope.AGENCY,
        Action.CONDUCT_AGENCY_AUDIT: Scope.AGENCY,
        Action.SIGN_AGENCY_AUDIT: Scope.AGENCY,
        Action.REOPEN_AGENCY_AUDIT: Scope.AGENCY,
        Action.SEND_AUDIT: Scope.AGENCY,
        Action.SPOT_CHECK: Scope.AGENCY,
        Action.VIEW_INCIDENTS: Scope.AGENCY,
        Action.HANDLE_INCIDENT: Scope.AGENCY,
        Action.VIEW_FINDINGS: Scope.AGENCY,
        Action.ANSWER_FINDING: Scope.AGENCY,
        Action.VIEW_EVENTS: Scope.AGENCY,
    },
    Role.SYSTEM_MANAGER: _EVERYBODY
    | {
        Action.VIEW_ACCOUNTS: Scope.ALL,
        Action.MANAGE_ACCOUNTS: Scope.ALL,
        Action.GIVE_DUTY: Scope.ALL,
        Action.VIEW_APPLICATIONS: Scope.ALL,
        Action.RECORD_LETTER: Scope.ALL,
        Action.COMPLETE_APPLICATION: Scope.ALL,
        Action.KEEP_DOCUMENTS: Scope.ALL,
        Action.VIEW_REVIEWS: Scope.ALL,
        # Of the accounts that system managers look after (4.4): an agency manager decides no peer's.
        Action.DECIDE_REVIEW: Scope.ALL,
        Action.VIEW_USAGE: Scope.ALL,
        Action.VIEW_RECORDS: Scope.ALL,
        Action.IMPORT_USAGE: Scope.ALL,
        Action.VIEW_AUDIT: Scope.ALL,
        Action.VIEW_PERMISSIONS: Scope.ALL,
        Action.VIEW_EVENTS: Scope.ALL,
        Action.OPERATE_LEDGER: Scope.ALL,
        Action.CHANGE_SETTINGS: Scope.ALL,
    },
    Duty.UNIT_HEAD: {
        Action.VIEW_ACCOUNTS: Scope.UNIT,
        Action.VIEW_APPLICATIONS: Scope.UNIT,
        Action.APPROVE_APPLICATION: Scope.UNIT,
        Action.RECORD_LEAVING: Scope.UNIT,
        Action.VIEW_USAGE: Scope.UNIT,
        Action.VIEW_RECORDS: Scope.UNIT,
        Action.VIEW_AUDIT: Scope.UNIT,
        Action.CONDUCT_AUDIT: Scope.UNIT,
        Action.JUDGE_RECORD: Scope.UNIT,
        Action.SIGN_AUDIT: Scope.UNIT,
        Action.REOPEN_AUDIT: Scope.UNIT,
        Action.APPOINT_AUDITOR: Scope.UNIT,
        Action.VIEW_INCIDENTS: Scope.UNIT,
        Action.HANDLE_INCIDENT: Scope.UNIT,
        Action.VIEW_FINDINGS: Scope.UNIT,
    },
    Duty.AUDITOR: {
        Action.VIEW_USAGE: Scope.UNIT,
        Action.VIEW_RECORDS: Scope.UNIT,
        Action.VIEW_AUDIT: Scope.UNIT,
        Action.CONDUCT_AUDIT: Scope.UNIT,
        Action.JUDGE_RECORD: Scope.UNIT,
        Action.SIGN_AUDIT: Scope.UNIT,
        Action.VIEW_INCIDENTS: Scope.UNIT,
        Action.VIEW_FINDINGS: Scope.UNIT,
    },
    Duty.ETHICS_OFFICER: {
        Action.VIEW_USAGE: Scope.AGENCY,
        Action.VIEW_RECORDS: Scope.AGENCY,
        Action.VIEW_AUDIT: Scope.AGENCY,
        Action.JUDGE_RECORD: Scope.AGENCY,
        Action.CONDUCT_AGENCY_AUDIT: Scope.AGENCY,
        Action.SIGN_AGENCY_AUDIT: Scope.AGENCY,
        Action.VIEW_INCIDENTS: Scope.AGENCY,
        Action.HANDLE_INCIDENT: Scope.AGENCY,
        Action.VIEW_FINDINGS: Scope.AGENCY,
        Action.VIEW_EVENTS: Scope.AGENCY,
    },
    Duty.AGENCY_HEAD: {
        Action.VIEW_USAGE: Scope.AGENCY,
        Action.VIEW_RECORDS: Scope.AGENCY,
        Action.VIEW_AUDIT: Scope.AGENCY,
        Action.APPROVE_AUDIT: Scope.AGENCY,
        Action.VIEW_INCIDENTS: Scope.AGENCY,
        Action.VIEW_FINDINGS: Scope.AGENCY,
        Action.VIEW_APPLICATIONS: Scope.AGENCY,
        Action.APPROVE_APPLICATION: Scope.AGENCY,
        Action.RECORD_LETTER: Scope.AGENCY,
    },
    Duty.BUREAU_REVIEWER: {
        Action.VIEW_USAGE: Scope.ALL,
        Action.VIEW_RECORDS: Scope.ALL,
        Action.VIEW_AUDIT: Scope.ALL,
        Action.VIEW_APPLICATIONS: Scope.ALL,
        Action.RECORD_LETTER: Scope.ALL,
        Action.REVIEW_APPLICATION: Scope.ALL,
        Action.VIEW_REVIEWS: Scope.ALL,
        Action.REVIEW_PACKAGE: Scope.ALL,
        Action.VIEW_FINDINGS: Scope.ALL,
    },
}

_OPERATOR = frozenset(
    {
        Action.VIEW_USAGE,
        Action.IMPORT_USAGE,
        Action.VIEW_AUDIT,
        Action.CONDUCT_AUDIT,
        Action.OPERATE_LEDGER,
        Action.CHANGE_SETTINGS,
    }
)
"""What the command line may do; judging and signing need a person with an account."""


@dataclass(frozen=True)
class Rule:
    """One cell of the table."""

    holder: Holder
    action: Action
    scope: Scope


RULES: tuple[Rule, ...] = tuple(
    Rule(holder, action, scope)
    for holder, cells in _TABLE.items()
    for action, scope in cells.items()
)


@dataclass(frozen=True)
class Reach:
    """Everything one person's permission for one action extends to; empty means not allowed at all."""

    everything: bool = False
    agency_ids: frozenset[int] = field(default_factory=frozenset)
    unit_ids: frozenset[int] = field(default_factory=frozenset)
    account_ids: frozenset[int] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.everything or self.agency_ids or self.unit_ids or self.account_ids)

    def covers(
        self,
        unit_id: int | None = None,
        agency_id: int | None = None,
        account_id: int | None = None,
    ) -> bool:
        """Whether something of this unit, agency or account lies within."""
        return (
            self.everything
            or unit_id in self.unit_ids
            or agency_id in self.agency_ids
            or account_id in self.account_ids
        )


def reach(actor: Actor, action: Action) -> Reach:
    """Return how far ``actor`` may do ``action``; lists are filtered with it."""
    if actor.is_operator:
        return Reach(everything=action in _OPERATOR)
    grants = list(_grants(actor, action))
    return Reach(
        everything=any(scope is Scope.ALL for scope, _, _ in grants),
        agency_ids=frozenset(a for s, _, a in grants if s is Scope.AGENCY and a is not None),
        unit_ids=frozenset(u for s, u, _ in grants if s is Scope.UNIT and u is not None),
        account_ids=frozenset(
            {actor.account_id}
            if actor.account_id is not None and any(s is Scope.OWN for s, _, _ in grants)
            else ()
        ),
    )


def _grants(actor: Actor, action: Action) -> Iterator[tuple[Scope, int | None, int | None]]:
    if actor.role is not None and (scope := _TABLE[actor.role].get(action)):
        yield scope, actor.unit_id, actor.agency_id
    for held in actor.duties:
        if scope := _TABLE[held.duty].get(action):
            yield scope, held.unit_id, held.agency_id


def permit(
    actor: Actor,
    action: Action,
    *,
    unit_id: int | None = None,
    agency_id: int | None = None,
    account_id: int | None = None,
) -> None:
    """Raise Refused unless ``actor`` may do ``action`` to the thing named by its ids."""
    if not reach(actor, action).covers(unit_id, agency_id, account_id):
        raise Refused(f"您沒有對此項目「{action.label}」的權限。")
