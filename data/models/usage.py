"""Usage records (使用紀錄): one row is one 筆, only ever added to, with who was where at the time."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base, BigId


def _uses_of(name: str, column: str) -> Index:
    """Find what a number was used for in an agency; most records leave one of the two empty."""
    only = text(f"{column} <> ''")
    return Index(name, "agency_id", column, sqlite_where=only, postgresql_where=only)


class UsageSource(Base):
    """A system whose usage is audited here: this one (``local``) and the others of clause 9."""

    __tablename__ = "usage_sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]


class SourceUser(Base):
    """A user of another system; tied to an account here only when one claims it."""

    __tablename__ = "source_users"

    source_id: Mapped[int] = mapped_column(ForeignKey("usage_sources.id"), primary_key=True)
    user_code: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)


class UsageImport(Base):
    """One file of another system's usage records that was stored (clause 9)."""

    __tablename__ = "usage_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("usage_sources.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    rows_read: Mapped[int]
    rows_stored: Mapped[int]
    rows_duplicate: Mapped[int]
    rows_rejected: Mapped[int]
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class UsageRecord(Base):
    """One 筆. Unit, agency and person are as they were at the time of use (domain.md §4)."""

    __tablename__ = "usage_records"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("usage_sources.id"))
    source_key: Mapped[str | None] = mapped_column(String(32))
    """What makes the row one and the same in its source; NULL for this system's own records."""
    import_id: Mapped[int | None] = mapped_column(ForeignKey("usage_imports.id"))
    occurred_at: Mapped[datetime]
    local_month: Mapped[str] = mapped_column(String(7))
    stored_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    person_key: Mapped[str] = mapped_column(String(80))
    """The account id in decimal, or ``S<source>:<user code>`` for a person without an account here."""
    username: Mapped[str] = mapped_column(String(60))
    person_name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    unit_name: Mapped[str] = mapped_column(String(60))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))
    agency_name: Mapped[str] = mapped_column(String(60))
    item: Mapped[str] = mapped_column(String(30))
    item_authorised: Mapped[bool] = mapped_column(default=True)
    action: Mapped[str] = mapped_column(String(10))
    section_code: Mapped[str | None] = mapped_column(String(6))
    number: Mapped[str | None] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(120))
    """What was looked up, as the user or the other system wrote it."""
    case_no: Mapped[str] = mapped_column(String(60), default="")
    document_no: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    flags: Mapped[str] = mapped_column(String(120), default="")
    """Space-separated codes of services.regulation.purpose.FLAG_LABELS."""
    address: Mapped[str] = mapped_column(String(60), default="")
    session_id: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        UniqueConstraint("source_id", "source_key"),
        # Covers a frame: unit and months in, id, person and month out.
        Index("ix_usage_records_frame", "unit_id", "local_month", "id", "person_key"),
        # A unit's records in the order of time, a page after the other.
        Index("ix_usage_records_unit", "unit_id", "occurred_at", "id"),
        Index("ix_usage_records_person", "person_key", "occurred_at"),
        Index("ix_usage_records_account", "account_id", "occurred_at"),
        _uses_of("ix_usage_records_case", "case_no"),
        _uses_of("ix_usage_records_document", "document_no"),
        {"sqlite_autoincrement": True},
    )


class UsageMonthSum(Base):
    """Records by month, unit, source, item and action: what the charts read instead of the log."""

    __tablename__ = "usage_month_sums"

    local_month: Mapped[str] = mapped_column(String(7), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("usage_sources.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(30), primary_key=True)
    action: Mapped[str] = mapped_column(String(10), primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"), index=True)
    records: Mapped[int]
