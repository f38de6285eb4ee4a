"""Accounts with their role, duties and authorised items, and the sessions they sign in with."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.base import Base
from data.models.organisation import Unit

_IN_USE = text("status <> 'cancelled'")


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    staff_no: Mapped[str] = mapped_column(String(20))
    """The person's: two accounts with the same number are one person, who has one in use at a time."""
    name: Mapped[str] = mapped_column(String(60), index=True)
    title: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12), default="active")
    status_reason: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(100))
    password_set_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """Whether a password of its owner's own choice has to be set before anything else."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    """When it was last restored or, after a cancellation, applied for anew."""
    leaving_on: Mapped[date | None]

    unit: Mapped[Unit] = relationship()
    items: Mapped[list["AccountItem"]] = relationship(
        foreign_keys="AccountItem.account_id", order_by="AccountItem.item"
    )
    duties: Mapped[list["AccountDuty"]] = relationship(
        foreign_keys="AccountDuty.account_id", order_by="AccountDuty.id"
    )

    __table_args__ = (
        Index("ix_accounts_unit_id_status", "unit_id", "status"),
        Index("ix_accounts_staff_no", "staff_no"),
        Index(
            "uq_accounts_staff_no_in_use",
            "staff_no",
            unique=True,
            sqlite_where=_IN_USE,
            postgresql_where=_IN_USE,
        ),
    )


class AccountItem(Base):
    """One authorised item (授權項目) of one account."""

    __tablename__ = "account_items"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(30), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class AccountDuty(Base):
    """One duty, for one unit or one agency or (bureau reviewers) everywhere."""

    __tablename__ = "account_duties"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    duty: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """Of an ethics officer: in what office; empty where that was not asked yet."""
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    starts_at: Mapped[datetime | None]
    """From when it is held, where that is later than when it was given."""
    ended_at: Mapped[datetime | None]
    """Until when it is held: the moment it was ended, or one that was named with it."""


class SignInSession(Base):
    """A signed-in browser; ending the row ends every copy of its cookie."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    """The last time its person did something, to the minute; idle sessions end (clause 6.3.3)."""
    method: Mapped[str] = mapped_column(String(20), default="password")
    """How the person was recognised: ``password`` or ``oidc``."""
    role: Mapped[str] = mapped_column(String(20), default="")
    """The account's role when the session began; another role ends the session."""
    address: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(40), default="")
