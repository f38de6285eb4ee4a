"""Kept documents (申請表、保密切結書、公文): what they are, who keeps them, and their destruction.

Their bytes lie beside the database (`data.files`), under their hash.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.models.accounts import Account
from data.models.base import Base


class KeptDocument(Base):
    """One document; its content lies apart, so that it can be destroyed and the entry stays."""

    __tablename__ = "kept_documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """The account it belongs to; of a new one from its completion on."""
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    """Where it was filed; its managers are concerned until there is an account to go by."""
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    signed: Mapped[bool] = mapped_column(default=False)
    """Whether it is the signed one (a scan); else this system made it."""
    letter_no: Mapped[str] = mapped_column(String(60), default="")
    letter_date: Mapped[date | None]
    stored_at: Mapped[datetime]
    stored_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    custodian_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """The manager who keeps it (clause 6.1); nobody until one has taken it in charge."""
    destroyed_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    custodian: Mapped[Account | None] = relationship(foreign_keys=[custodian_id])


class Destruction(Base):
    """A step on the way to destroying a document: proposed by one, confirmed by another."""

    __tablename__ = "destructions"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("kept_documents.id"), index=True)
    act: Mapped[str] = mapped_column(String(12))
    """``proposed``, ``withdrawn`` or ``confirmed``."""
    at: Mapped[datetime]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))


class Handover(Base):
    """Documents that one custodian handed to another, with the list that was printed."""

    __tablename__ = "handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    from_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(String(200))
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
