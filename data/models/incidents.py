"""Incidents (異常使用、重大缺失): what was found, and each step of what was done about it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.base import Base, BigId
from data.models.organisation import Agency, Unit


class Incident(Base):
    """One incident; one person of one audit has one (clauses 6.3.5, 7.1.3, 7.1.4)."""

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("audit_id", "person_key"),
        Index("ix_incidents_agency_id_status", "agency_id", "status"),
        Index("ix_incidents_unit_id_status", "unit_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """What people call it, on paper and in letters."""
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    audit_id: Mapped[int | None] = mapped_column(ForeignKey("audits.id"))
    """The audit that found it; none where somebody reported it without one."""
    person_key: Mapped[str] = mapped_column(String(80), default="")
    person: Mapped[str] = mapped_column(String(130), default="")
    """姓名（帳號） as on the records at the time of use."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    gravity: Mapped[str] = mapped_column(String(10))
    """``deficient``, ``major`` or ``abnormal``; the gravest verdict in it."""
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(10), default="open")
    """``open``, ``closed``, or ``dropped`` when the verdict it rests on was changed."""
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    """Counts every step: whoever acts on what has changed meanwhile is told so."""

    agency: Mapped[Agency] = relationship()
    unit: Mapped[Unit] = relationship()
    records: Mapped[list["IncidentRecord"]] = relationship(order_by="IncidentRecord.record_id")
    steps: Mapped[list["IncidentStep"]] = relationship(order_by="IncidentStep.id")


class IncidentRecord(Base):
    """A usage record that an incident is about."""

    __tablename__ = "incident_records"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    record_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gravity: Mapped[str] = mapped_column(String(10))
    added_at: Mapped[datetime]


class IncidentStep(Base):
    """One thing done about an incident: reported, notified, remedied, its outcome; only added to."""

    __tablename__ = "incident_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), index=True)
    step: Mapped[str] = mapped_column(String(12))
    done_on: Mapped[date]
    """The day on which it was done, as its documents say."""
    note: Mapped[str] = mapped_column(String(500), default="")
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
