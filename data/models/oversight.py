"""The bureau's side: reviews of packages, what the machine found, findings, and every step of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.base import Base
from data.models.organisation import Agency, Unit


class PackageReview(Base):
    """The review of what one agency sent for one half-year, however often it was corrected (7.2.1)."""

    __tablename__ = "package_reviews"
    __table_args__ = (UniqueConstraint("agency_id", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    period: Mapped[str] = mapped_column(String(8), index=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"), unique=True)
    received_at: Mapped[datetime]
    """The first sending; a correction changes nothing about being in time (domain.md §7, 8)."""
    state: Mapped[str] = mapped_column(String(12))
    package_number: Mapped[int] = mapped_column(default=0)
    """Which package of the audit was received last."""
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who has it; nobody before somebody has taken it."""
    revision: Mapped[int] = mapped_column(default=1)
    """Counts every act: whoever acts on what has changed meanwhile is told so."""

    agency: Mapped[Agency] = relationship()


class ReviewStep(Base):
    """One act on a review: received, taken, handed over, accepted; only added to."""

    __tablename__ = "review_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("package_reviews.id"), index=True)
    act: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(500), default="")
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    letter_date: Mapped[date | None]


class CheckRun(Base):
    """One run of the machine's checks over a package, as it came out; only added to."""

    __tablename__ = "check_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("package_reviews.id"), index=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("audit_packages.id"))
    version: Mapped[int]
    """Of the checks: what they look at, and how."""
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    failed: Mapped[int]
    to_look: Mapped[int]
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class CheckOverruling(Base):
    """A check that failed and that a person lets pass, with the reason; only added to."""

    __tablename__ = "check_overrulings"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("package_reviews.id"), index=True)
    check_code: Mapped[str] = mapped_column(String(20))
    result_sha256: Mapped[str] = mapped_column(String(64))
    """What the check had found: the overruling is about that, and about nothing it finds later."""
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Whether this takes an earlier overruling of the same back."""
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))


class Finding(Base):
    """Something the bureau wants explained, and what becomes of it (7.2.2)."""

    __tablename__ = "findings"
    __table_args__ = (Index("ix_findings_agency_id_state", "agency_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """What people call it, on paper and in letters."""
    review_id: Mapped[int] = mapped_column(ForeignKey("package_reviews.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    check_code: Mapped[str] = mapped_column(String(20), default="")
    """The check that it came of; empty where the reviewer found it without one."""
    result_sha256: Mapped[str] = mapped_column(String(64), default="")
    """What that check had found then: once this is settled, it is settled about that alone."""
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    gravity: Mapped[str] = mapped_column(String(10), default="")
    """``deficient`` or ``major`` once it is confirmed."""
    due_on: Mapped[date]
    first_due_on: Mapped[date]
    """Of what is asked now; an extension never hides it (domain.md §7, 9)."""
    opened_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)

    agency: Mapped[Agency] = relationship()
    unit: Mapped[Unit | None] = relationship()
    review: Mapped[PackageReview] = relationship()
    steps: Mapped[list["FindingStep"]] = relationship(order_by="FindingStep.id")


class FindingStep(Base):
    """One act on a finding, by either side; only added to."""

    __tablename__ = "finding_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("findings.id"), index=True)
    act: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(1000))
    done_on: Mapped[date | None]
    """The day on which it was done, as its documents say."""
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    letter_date: Mapped[date | None]
    due_on: Mapped[date | None]
    """The day that the act sets."""
    gravity: Mapped[str] = mapped_column(String(10), default="")
    days_late: Mapped[int] = mapped_column(default=0)
    """How many days after the day set the agency acted."""
