"""The ledger over usage records and events: stored hashes, signed checkpoints, time stamps.

Nothing here is ever changed, not even completed: a fuller tile and a time stamp are rows of their own.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base


class LedgerTile(Base):
    """Up to 256 hashes of one level: of leaves, or of whole tiles of the level below."""

    __tablename__ = "ledger_tiles"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """How many hashes it holds. A tile that was not full at a checkpoint is stored again, wider."""
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[str] = mapped_column(Text, default="")
    """Which rows the leaves are, in runs: ``u1001-1250,e5-10``; empty above the leaves."""


class LedgerCheckpoint(Base):
    """A signed root of the tree as it stood; the columns repeat what the note says."""

    __tablename__ = "ledger_checkpoints"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger, unique=True)
    root: Mapped[str] = mapped_column(String(64))
    usage_through: Mapped[int] = mapped_column(BigInteger)
    usage_count: Mapped[int] = mapped_column(BigInteger)
    event_through: Mapped[int] = mapped_column(BigInteger)
    event_count: Mapped[int] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
    """The signed text, as it stands in the file outside the database."""


class LedgerTimestamp(Base):
    """What a time-stamp authority answered (RFC 3161) for one checkpoint and all before it."""

    __tablename__ = "ledger_timestamps"

    checkpoint_number: Mapped[int] = mapped_column(
        ForeignKey("ledger_checkpoints.number"), primary_key=True, autoincrement=False
    )
    stamped_at: Mapped[datetime]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
