"""Whose signatures an audit needs, and which of those given are in force."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.models import Audit, Reopening, Signature
from services.actor import Actor
from services.regulation.audit_kinds import AuditKind, Capacity
from services.regulation.roles import Duty, Role


@dataclass(frozen=True)
class SignatureView:
    """A signature in force."""

    capacity: Capacity
    account_id: int
    who: str
    at: datetime


def capacity_of(value: str) -> Capacity:
    """Return the duty or role that a signature was given in."""
    return Duty(value) if value in set(Duty) else Role(value)


def capacities(person: Actor, audit: Audit) -> list[Capacity]:
    """Return every capacity in which a person could sign the audit."""
    found: list[Capacity] = [
        held.duty
        for held in person.duties
        if (audit.unit_id is not None and held.unit_id == audit.unit_id)
        or held.agency_id == audit.agency_id
    ]
    if person.role is not None and person.agency_id == audit.agency_id:
        found.append(person.role)
    return found


def generation(db: Session, audit_id: int) -> int:
    """Return how often the audit was opened again: what was signed before is past."""
    return (
        db.scalar(select(func.count()).select_from(Reopening).where(Reopening.audit_id == audit_id))
        or 0
    )


def since_reopening(db: Session, audit_id: int) -> list[Signature]:
    """Return the signatures given since the audit was last opened again, whatever they stand for."""
    return since_reopenings(db, [audit_id])[audit_id]


def since_reopenings(db: Session, audit_ids: Collection[int]) -> dict[int, list[Signature]]:
    """Return the signatures of many audits, each since it was last opened again, in two queries."""
    found: dict[int, list[Signature]] = {audit_id: [] for audit_id in audit_ids}
    asked = (
        select(Reopening.audit_id, func.count(), func.max(Reopening.reopened_at))
        .where(Reopening.audit_id.in_(found))
        .group_by(Reopening.audit_id)
    )
    opened = {audit_id: (times, last) for audit_id, times, last in db.execute(asked)}
    for row in db.scalars(
        select(Signature).where(Signature.audit_id.in_(found)).order_by(Signature.id)
    ):
        past, last = opened.get(row.audit_id, (0, None))
        # Signatures from before there were generations are told by their time.
        by_time = past if last is None or row.signed_at > last else -1
        if row.summary.get("generation", by_time) == past:
            found[row.audit_id].append(row)
    return found


def in_force(db: Session, audit_id: int, content_hash: str) -> list[Signature]:
    """Return the signatures since the last reopening that stand for what the audit holds now."""
    return [row for row in since_reopening(db, audit_id) if row.content_hash == content_hash]


def open_places(kind: AuditKind, given: Collection[Signature]) -> list[tuple[Capacity, ...]]:
    """Return the places that nobody has signed at, in the order of the form."""
    signed = {row.capacity for row in given}
    return [place for place in kind.rule.signatures if not signed & {one.value for one in place}]


def words(places: Collection[Collection[Any]]) -> str:
    """Name the places of a form: whoever can sign at each."""
    return "與".join("或".join(one.label for one in place) for place in places)
