"""Turns a person's reach into a WHERE clause, so that lists never hold more than they may."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from services.identity.permissions import Reach


def within(reached: Reach, *, unit: Any, agency: Any, account: Any = None) -> ColumnElement[bool]:
    """Return the condition that a row's unit, agency or account lies within ``reached``."""
    if reached.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if reached.agency_ids:
        parts.append(agency.in_(reached.agency_ids))
    if reached.unit_ids:
        parts.append(unit.in_(reached.unit_ids))
    if reached.account_ids and account is not None:
        parts.append(account.in_(reached.account_ids))
    return or_(*parts) if parts else false()
