"""Applications for accounts (申請), step by step, and the people who leave or move."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.accounts import Account
from data.models.base import Base
from data.models.organisation import Unit


class Application(Base):
    """One application; `ApplicationAct` holds what happened to it."""

    __tablename__ = "applications"
    __table_args__ = (
        Index("ix_applications_unit_id_state", "unit_id", "state"),
        Index("ix_applications_account_id_state", "account_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """What people call it, on the form and in letters."""
    role: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    step: Mapped[int]
    """Which step of its workflow is due; behind the last one when it is done."""
    revision: Mapped[int] = mapped_column(default=1)
    """Counts every act: whoever acts on what has changed meanwhile is told so."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Whose account it is about; of a new one from its completion on."""
    username: Mapped[str] = mapped_column(String(40), default="")
    staff_no: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    """Where the account is now, or is to be when it is new: whose people decide."""
    to_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    """Of a change: the unit the person moves to."""
    items: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(200))
    submitted_at: Mapped[datetime]
    email_confirmed_at: Mapped[datetime | None]
    """When the applicant without an account showed that the address is theirs."""
    follow_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Hash of the token of the link by which an applicant without an account follows it."""
    address: Mapped[str] = mapped_column(String(60), default="")
    closed_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    to_unit: Mapped[Unit | None] = relationship(foreign_keys=[to_unit_id])
    account: Mapped[Account | None] = relationship()
    acts: Mapped[list["ApplicationAct"]] = relationship(order_by="ApplicationAct.id")


class ApplicationAct(Base):
    """One thing done to an application: by whom, when, the decision and what it rests on."""

    __tablename__ = "application_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    step: Mapped[int]
    act: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who did it; nobody when the applicant has no account yet."""
    actor_name: Mapped[str] = mapped_column(String(60))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Whose decision it is, when somebody else recorded it from paper."""
    on_paper: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(200), default="")
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    letter_date: Mapped[date | None]
    channel: Mapped[str] = mapped_column(String(10), default="")
    """How notice was given: ``telephone`` or ``email``."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class PersonnelChange(Base):
    """Somebody leaves or moves on a day; the application for it is due before (clause 6.3.4)."""

    __tablename__ = "personnel_changes"
    __table_args__ = (UniqueConstraint("account_id", "effective_on", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    """``leave`` or ``move``."""
    effective_on: Mapped[date] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(10))
    """``manual`` or ``import``."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    settled_at: Mapped[datetime | None]
    """When the account was changed, cancelled or suspended because of it, or the entry taken back."""
    settled_how: Mapped[str] = mapped_column(String(12), default="")

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
