"""Audits: the frozen frame, its draws, the sample, verdicts, signatures, acts. Only the audit row changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.base import Base, BigId
from data.models.organisation import Agency, Unit


def _one_a_period(name: str, kind: str, *columns: str) -> Index:
    only = text(f"kind = '{kind}'")
    return Index(name, *columns, unique=True, sqlite_where=only, postgresql_where=only)


class Audit(Base):
    """One audit of one scope and period; `services.regulation` has its kinds and states."""

    __tablename__ = "audits"
    __table_args__ = (
        _one_a_period("uq_audits_unit_period", "unit", "unit_id", "period"),
        _one_a_period("uq_audits_agency_period", "agency", "agency_id", "period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="unit")
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    """The unit that is audited; none where it is the whole agency."""
    period: Mapped[str] = mapped_column(String(8), index=True)
    """A quarter (``2026Q3``), of an agency audit a half-year (``2026H2``), of a spot check also a month."""
    scope: Mapped[str] = mapped_column(String(10), default="")
    """Of an agency audit: what its frame is taken from (``audited``, ``unaudited``, ``both``)."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Of a spot check: why it is made."""
    supplements: Mapped[int | None] = mapped_column(ForeignKey("audits.id"), index=True)
    """Of a supplement: the unit's audit whose frame was frozen before these records were imported."""
    status: Mapped[str] = mapped_column(String(10), default="planned")
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    unit: Mapped[Unit | None] = relationship()
    agency: Mapped[Agency] = relationship()


class AuditFrame(Base):
    """The frame, kept as the very bytes whose SHA-256 is its hash (compressed)."""

    __tablename__ = "audit_frames"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), unique=True)
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    frame_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    records: Mapped[int]
    people: Mapped[int]
    months: Mapped[int]
    people_counted: Mapped[int]
    """The people the floor is taken of; differs from ``people`` only under the other reading."""
    planned_records: Mapped[int]
    """How many base records were asked for before the seed was known."""
    seed_plan: Mapped[str] = mapped_column(String(10), default="system")
    public_figure: Mapped[str] = mapped_column(String(200), default="")
    """Which public figure becomes the seed, named before the freeze."""
    published_on: Mapped[date | None]
    """The day on which that figure is published; always after the freeze."""
    basis: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Of an agency audit: what the units audited, and the floors taken of it (7.1.2)."""


class AuditDraw(Base):
    """One draw: kind is first, redraw or expansion."""

    __tablename__ = "audit_draws"
    __table_args__ = (UniqueConstraint("audit_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300), default="")
    seed: Mapped[str] = mapped_column(String(200))
    seed_source: Mapped[str] = mapped_column(String(10))
    frame_hash: Mapped[str] = mapped_column(String(64))
    base_records: Mapped[int]
    users_floor: Mapped[int]
    months_floor: Mapped[int]
    size: Mapped[int]
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class SampleItem(Base):
    """A drawn record and why it was drawn."""

    __tablename__ = "sample_items"
    __table_args__ = (UniqueConstraint("draw_id", "record_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), index=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("audit_draws.id"))
    record_id: Mapped[int] = mapped_column(BigId, index=True)
    person_key: Mapped[str] = mapped_column(String(80))
    local_month: Mapped[str] = mapped_column(String(7))
    position: Mapped[int]
    ticket: Mapped[str] = mapped_column(String(90))
    rank: Mapped[int]
    basis: Mapped[str] = mapped_column(String(10))


class JudgementPick(Base):
    """A record taken by judgement, not by lot; counts for no floor and no claim."""

    __tablename__ = "judgement_picks"
    __table_args__ = (UniqueConstraint("audit_id", "record_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"))
    record_id: Mapped[int] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(300))
    picked_at: Mapped[datetime]
    picked_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Verdict(Base):
    """A judgement of one record; a change is a new row with the next sequence and its reason."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("audit_id", "record_id", "sequence"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"))
    record_id: Mapped[int] = mapped_column(BigId)
    sequence: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500), default="")
    change_reason: Mapped[str] = mapped_column(String(300), default="")
    failed_checks: Mapped[str] = mapped_column(String(60), default="")
    """Space-separated codes of the checks that the record did not pass (domain.md §4)."""
    judged_at: Mapped[datetime]
    judged_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    judge_name: Mapped[str] = mapped_column(String(60))
    together: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many records the verdict was given to at once; 0 where that was not kept yet."""


class Signature(Base):
    """A signature over what the audit held at that moment."""

    __tablename__ = "signatures"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), index=True)
    capacity: Mapped[str] = mapped_column(String(20))
    signed_at: Mapped[datetime]
    signed_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    signer_name: Mapped[str] = mapped_column(String(60))
    content_hash: Mapped[str] = mapped_column(String(64))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)


class Reopening(Base):
    """A signed audit opened again, with its reason; what was signed stays."""

    __tablename__ = "reopenings"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    reopened_at: Mapped[datetime]
    reopened_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class AuditAct(Base):
    """What became of a signed audit: received, approved, returned or sent, by whom and with what letter."""

    __tablename__ = "audit_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), index=True)
    act: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(300), default="")
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    letter_date: Mapped[date | None]
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    """What was received, approved or sent: the hash that the signatures stand for."""


class RecordShare(Base):
    """Whose a sampled record is to judge, where several auditors share an audit out."""

    __tablename__ = "record_shares"

    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), primary_key=True)
    record_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    shared_at: Mapped[datetime]
    shared_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
