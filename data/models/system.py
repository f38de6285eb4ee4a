"""Events (who did what, when, from where, with what outcome), settings, reminders, and purges."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class Event(Base):
    """One act or refusal; never holds register data."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_at", "at", "id"),
        # Each ends in the order of 系統紀錄, newest first, so that no filter reads the log.
        Index("ix_events_object", "object_type", "object_id", "at", "id"),
        Index("ix_events_agency", "agency_id", "at", "id"),
        Index("ix_events_account", "account_id", "at", "id"),
        Index("ix_events_type", "type", "at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[int | None]
    agency_id: Mapped[int | None]
    """Where the acting person was at the time; no foreign key, as it is a note and no link."""
    session_id: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
    object_type: Mapped[str] = mapped_column(String(30), default="")
    object_id: Mapped[str] = mapped_column(String(80), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class Setting(Base):
    """A chosen value: of a reading (domain.md), or a fact about this installation."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Reminder(Base):
    """A reminder that was sent: the same person is told of the same thing once a stage."""

    __tablename__ = "reminders"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    task: Mapped[str] = mapped_column(String(80), primary_key=True)
    """What is due: ``unit_audit:12:2026Q3``."""
    stage: Mapped[str] = mapped_column(String(12), primary_key=True)
    """``due`` or ``overdue``."""
    sent_at: Mapped[datetime]


class Purge(Base):
    """Records older than they must be kept, taken out after their archive was written (7.1.5)."""

    __tablename__ = "purges"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    before: Mapped[date]
    """Everything in it is older than this Taipei date."""
    archive: Mapped[str] = mapped_column(String(200))
    """The name of the archive file."""
    archive_sha256: Mapped[str] = mapped_column(String(64))
    records: Mapped[int]
    audits: Mapped[int]
    record_ids: Mapped[str] = mapped_column(Text)
    """Which usage records went, in runs of ids: ``1001-1250,1300``."""
