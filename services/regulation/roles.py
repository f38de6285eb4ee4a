"""The four account roles (clauses 4.1 to 4.4), the duties beside them, and who manages whom."""

from enum import StrEnum


class Role(StrEnum):
    """An account's one role."""

    GENERAL_USER = "general_user"
    UNIT_MANAGER = "unit_manager"
    AGENCY_MANAGER = "agency_manager"
    SYSTEM_MANAGER = "system_manager"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


class Duty(StrEnum):
    """A duty held beside a role; it gives no right to query parcels."""

    UNIT_HEAD = "unit_head"
    AUDITOR = "auditor"
    ETHICS_OFFICER = "ethics_officer"
    AGENCY_HEAD = "agency_head"
    BUREAU_REVIEWER = "bureau_reviewer"

    @property
    def label(self) -> str:
        return DUTY_LABELS[self]


class EthicsKind(StrEnum):
    """In what office somebody is an ethics officer: not every agency has one (domain.md §7.4)."""

    OFFICE = "office"
    PART = "part"
    SUPERIOR = "superior"

    @property
    def label(self) -> str:
        return {"office": "政風單位", "part": "兼辦政風", "superior": "上級機關政風單位"}[
            self.value
        ]


ROLE_LABELS = {
    Role.GENERAL_USER: "一般使用者",
    Role.UNIT_MANAGER: "單位管理者",
    Role.AGENCY_MANAGER: "機關管理者",
    Role.SYSTEM_MANAGER: "系統管理者",
}

DUTY_LABELS = {
    Duty.UNIT_HEAD: "單位主管",
    Duty.AUDITOR: "稽核人員",
    Duty.ETHICS_OFFICER: "政風人員",
    Duty.AGENCY_HEAD: "機關首長",
    Duty.BUREAU_REVIEWER: "複核人員",
}

MANAGES: dict[Role, frozenset[Role]] = {
    Role.GENERAL_USER: frozenset(),
    Role.UNIT_MANAGER: frozenset({Role.GENERAL_USER}),
    Role.AGENCY_MANAGER: frozenset({Role.GENERAL_USER, Role.UNIT_MANAGER}),
    Role.SYSTEM_MANAGER: frozenset({Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER}),
}
"""Whose accounts each role looks after (clauses 4.2 to 4.4)."""


class AccountStatus(StrEnum):
    """Where an account stands in its life (clauses 5 and 6.2)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return {"active": "使用中", "suspended": "停權", "cancelled": "註銷"}[self.value]
