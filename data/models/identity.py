"""What signing in leaves behind: counters of failures, old passwords, second factors, links, mail."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base


class SignInCounter(Base):
    """Failed attempts under one typed account name or from one address, and the lock they led to."""

    __tablename__ = "sign_in_counters"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    """``account`` or ``address``."""
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class OldPassword(Base):
    """A password an account once had, so that it is not chosen again."""

    __tablename__ = "old_passwords"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(100))
    set_at: Mapped[datetime]


class OneTimeLink(Base):
    """A link that works once and not for long; only the hash of its token is stored."""

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The secret of one account's authenticator app, encrypted with the key from the environment."""

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)
    """The newest time step whose code was used: no code works twice."""


class RecoveryCode(Base):
    """A code for whoever lost the authenticator app; shown once, stored as a hash, used once."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(100))
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """A person at the city's identity provider, bound to an account here."""

    __tablename__ = "external_identities"

    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    bound_at: Mapped[datetime]


class OutgoingMail(Base):
    """A message waiting to be sent; its text can hold a one-time link and is encrypted."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (Index("ix_outgoing_mail_due", "sent_at", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")
    useful_until: Mapped[datetime | None]
    """When the link in it ends; None for what is of use however late it comes."""
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    """Which application's history says so when it is given up."""
