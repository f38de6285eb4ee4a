"""Evidence files of audits, incidents and findings, and the packages in which audits go to the bureau.

The bytes of evidence lie beside the database (`data.files`), under their hash.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


class Evidence(Base):
    """One file that shows something about an audit, one record of it, an incident, or a finding of the bureau."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int | None] = mapped_column(ForeignKey("audits.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(BigId)
    """The sampled record it is about; none where it is about the whole audit."""
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    finding_step_id: Mapped[int | None] = mapped_column(ForeignKey("finding_steps.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    adder_name: Mapped[str] = mapped_column(String(60))


class EvidenceWithdrawal(Base):
    """An evidence file taken back before the signature, with its reason; the file stays on record."""

    __tablename__ = "evidence_withdrawals"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class AuditPackage(Base):
    """What was sent to the bureau with one letter: a list of files with their hashes (7.1.2)."""

    __tablename__ = "audit_packages"
    __table_args__ = (UniqueConstraint("audit_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"))
    sent_at: Mapped[datetime]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    letter_no: Mapped[str] = mapped_column(String(60))
    letter_date: Mapped[date]
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    """1 for the first; each correction has the next one and takes the place of the one before it."""
    correction: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """Which kind of correction it is; empty for the first."""
    asked_by: Mapped[str] = mapped_column(String(60), default="", server_default="")
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    zip_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of the whole ZIP; empty where it was sent before that was kept."""
    explanation: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """What the agency said of what the bureau's checks would find wrong."""


class PackagePart(Base):
    """One file of a package: its own bytes, or an evidence file that lies where it lay."""

    __tablename__ = "package_parts"
    __table_args__ = (UniqueConstraint("package_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("audit_packages.id"))
    path: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
