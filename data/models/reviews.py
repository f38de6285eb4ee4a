"""The access review (權限清查): a campaign an agency, a line an account."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.accounts import Account
from data.models.base import Base
from data.models.organisation import Agency


class ReviewCampaign(Base):
    """One access review of one agency (clause 6.2)."""

    __tablename__ = "review_campaigns"
    __table_args__ = (Index("ix_review_campaigns_agency_id_opened_at", "agency_id", "opened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Nobody when the system opened it by itself."""
    since: Mapped[date]
    """First day of the use that is looked at; the last one is the day before the opening."""
    due_on: Mapped[date]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the signed record."""
    record: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The signed record, from which its papers are made."""

    agency: Mapped[Agency] = relationship()
    lines: Mapped[list["ReviewLine"]] = relationship(order_by="ReviewLine.account_id")


class ReviewLine(Base):
    """One account in a campaign: what was seen, what was suggested, prepared and decided."""

    __tablename__ = "review_lines"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("review_campaigns.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    seen: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Last use, use in the period, items used and not used, leaving date, flags."""
    suggested: Mapped[str] = mapped_column(String(10))
    because: Mapped[str] = mapped_column(String(200))
    prepared: Mapped[str] = mapped_column(String(10), default="")
    prepared_items: Mapped[list[str] | None] = mapped_column(JSON)
    prepared_note: Mapped[str] = mapped_column(String(200), default="")
    prepared_at: Mapped[datetime | None]
    prepared_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided: Mapped[str] = mapped_column(String(10), default="")
    """``keep``, ``reduce``, ``suspend`` or ``cancel``; empty is undecided and never consent."""
    decided_items: Mapped[list[str] | None] = mapped_column(JSON)
    decided_note: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    outcome: Mapped[str] = mapped_column(String(200), default="")
    """What closing the campaign did to the account, in words."""

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
