"""The permission table as people read it: the very rules that the services read, in words."""

from dataclasses import dataclass
from datetime import datetime

from services.actor import Actor, operator
from services.identity.guard import guarded
from services.identity.permissions import RULES, Action, Holder, Scope, permit, reach
from services.identity.separation import SEPARATION, SeparationRule
from services.regulation.roles import MANAGES, Duty, Role

OPERATOR = "operator"
HOLDERS: dict[str, str] = {
    **{role.value: role.label for role in Role},
    **{duty.value: duty.label for duty in Duty},
    OPERATOR: "系統維運",
}
"""Everybody who can hold a permission; the operator is whoever runs the command line."""

SCOPES = {
    Scope.OWN: "本人",
    Scope.UNIT: "本單位",
    Scope.AGENCY: "本機關",
    Scope.ALL: "全部",
}

GROUPS: dict[str, tuple[Action, ...]] = {
    "本人": (
        Action.VIEW_HOME,
        Action.MANAGE_OWN_SIGN_IN,
        Action.QUERY_PARCEL,
        Action.EXPORT_TABLE,
        Action.VERIFY_PAPER,
    ),
    "帳號": (
        Action.APPLY,
        Action.VIEW_APPLICATIONS,
        Action.APPROVE_APPLICATION,
        Action.RECORD_LETTER,
        Action.REVIEW_APPLICATION,
        Action.COMPLETE_APPLICATION,
        Action.VIEW_ACCOUNTS,
        Action.MANAGE_ACCOUNTS,
        Action.GIVE_DUTY,
        Action.RECORD_LEAVING,
        Action.KEEP_DOCUMENTS,
        Action.VIEW_REVIEWS,
        Action.PREPARE_REVIEW,
        Action.DECIDE_REVIEW,
    ),
    "使用紀錄": (Action.VIEW_USAGE, Action.VIEW_RECORDS, Action.IMPORT_USAGE),
    "稽核": (
        Action.VIEW_AUDIT,
        Action.APPOINT_AUDITOR,
        Action.CONDUCT_AUDIT,
        Action.JUDGE_RECORD,
        Action.SIGN_AUDIT,
        Action.REOPEN_AUDIT,
        Action.RECEIVE_AUDIT,
        Action.CONDUCT_AGENCY_AUDIT,
        Action.SIGN_AGENCY_AUDIT,
        Action.REOPEN_AGENCY_AUDIT,
        Action.APPROVE_AUDIT,
        Action.SEND_AUDIT,
        Action.SPOT_CHECK,
        Action.VIEW_INCIDENTS,
        Action.HANDLE_INCIDENT,
        Action.REVIEW_PACKAGE,
        Action.VIEW_FINDINGS,
        Action.ANSWER_FINDING,
    ),
    "系統": (
        Action.VIEW_PERMISSIONS,
        Action.VIEW_EVENTS,
        Action.OPERATE_LEDGER,
        Action.CHANGE_SETTINGS,
    ),
}

CLAUSES: dict[Action, str] = {
    Action.VIEW_HOME: "－",
    Action.MANAGE_OWN_SIGN_IN: "六（三）1.；附表十「身分驗證」",
    Action.QUERY_PARCEL: "四（一）；六（三）2.",
    Action.EXPORT_TABLE: "六（三）3.",
    Action.VERIFY_PAPER: "七（一）1.、2.",
    Action.VIEW_ACCOUNTS: "四（二）至（四）；六（二）",
    Action.MANAGE_ACCOUNTS: "四（二）至（四）；五",
    Action.APPLY: "五；六（三）4.",
    Action.VIEW_APPLICATIONS: "五",
    Action.APPROVE_APPLICATION: "五（一）、（二）、（四）；五（三）",
    Action.RECORD_LETTER: "五（三）",
    Action.REVIEW_APPLICATION: "五（三）",
    Action.COMPLETE_APPLICATION: "五",
    Action.GIVE_DUTY: "五；七（一）1.、2.；七（二）1.",
    Action.RECORD_LEAVING: "六（三）4.",
    Action.KEEP_DOCUMENTS: "六（一）",
    Action.VIEW_REVIEWS: "六（二）",
    Action.PREPARE_REVIEW: "六（二）",
    Action.DECIDE_REVIEW: "六（二）",
    Action.VIEW_USAGE: "七（一）；七（二）",
    Action.VIEW_RECORDS: "七（一）；七（二）1.",
    Action.IMPORT_USAGE: "九",
    Action.VIEW_AUDIT: "七（一）；七（二）1.",
    Action.CONDUCT_AUDIT: "七（一）1.",
    Action.JUDGE_RECORD: "七（一）1.、2.、4.",
    Action.SIGN_AUDIT: "七（一）1.",
    Action.REOPEN_AUDIT: "七（一）1.",
    Action.APPOINT_AUDITOR: "七（一）1.",
    Action.RECEIVE_AUDIT: "七（一）1.",
    Action.CONDUCT_AGENCY_AUDIT: "七（一）2.",
    Action.SIGN_AGENCY_AUDIT: "七（一）2.",
    Action.REOPEN_AGENCY_AUDIT: "七（一）2.",
    Action.APPROVE_AUDIT: "七（一）2.",
    Action.SEND_AUDIT: "七（一）2.",
    Action.SPOT_CHECK: "七（一）4.",
    Action.VIEW_INCIDENTS: "六（三）5.；七（一）3.、4.",
    Action.HANDLE_INCIDENT: "六（三）5.；七（一）3.、4.",
    Action.REVIEW_PACKAGE: "七（二）1.、2.",
    Action.VIEW_FINDINGS: "七（二）2.",
    Action.ANSWER_FINDING: "七（二）2.",
    Action.VIEW_PERMISSIONS: "附表十「最小權限」",
    Action.VIEW_EVENTS: "七（一）4.；附表十「事件日誌」",
    Action.OPERATE_LEDGER: "七（一）5.；附表十「日誌資訊之保護」",
    Action.CHANGE_SETTINGS: "四（四）",
}
"""Where each action comes from: the rule's clause, or the row of 附表十."""

MANAGES_CLAUSES = {
    Role.UNIT_MANAGER: "四（二）",
    Role.AGENCY_MANAGER: "四（三）",
    Role.SYSTEM_MANAGER: "四（四）",
}


@dataclass(frozen=True)
class ActionLine:
    """One action: who holds it, as the word of its scope by holder; absent means not at all."""

    group: str
    action: Action
    clause: str
    scopes: dict[str, str]


@dataclass(frozen=True)
class ManagerLine:
    """Whose accounts one role looks after."""

    manager: Role
    accounts: tuple[Role, ...]
    scope: str
    clause: str


@dataclass(frozen=True)
class PermissionTable:
    """The whole table."""

    actions: tuple[ActionLine, ...]
    managers: tuple[ManagerLine, ...]
    separation: tuple[SeparationRule, ...]


@guarded(Action.VIEW_PERMISSIONS)
def permission_table(actor: Actor) -> PermissionTable:
    """Return the permission table in words, made of the rules in force."""
    permit(actor, Action.VIEW_PERMISSIONS)
    table: dict[tuple[Holder, Action], Scope] = {
        (rule.holder, rule.action): rule.scope for rule in RULES
    }
    return PermissionTable(
        actions=tuple(
            ActionLine(group, action, CLAUSES[action], _scopes(action, actor.now))
            for group, actions in GROUPS.items()
            for action in actions
        ),
        managers=tuple(
            ManagerLine(
                role,
                tuple(other for other in Role if other in MANAGES[role]),
                SCOPES[table[role, Action.MANAGE_ACCOUNTS]],
                clause,
            )
            for role, clause in MANAGES_CLAUSES.items()
        ),
        separation=SEPARATION,
    )


def _scopes(action: Action, now: datetime) -> dict[str, str]:
    held = {rule.holder.value: SCOPES[rule.scope] for rule in RULES if rule.action is action}
    if reach(operator(now), action):
        held[OPERATOR] = SCOPES[Scope.ALL]
    return held
