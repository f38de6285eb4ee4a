"""What the machine's checks look at: one audit at a time, and the package that it is in. Facts only, no verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audits.sampling.frame import Frame
from services.audits.store import Sampled
from services.audits.words import DrawKind, Ruling
from services.regulation.audit_kinds import AuditKind
from services.regulation.deadlines import DueDay
from services.regulation.floors import Floors


@dataclass(frozen=True)
class DrawFact:
    """One draw as it is stored, with the records that it is said to have taken."""

    number: int
    kind: DrawKind
    reason: str
    seed: str
    frame_hash: str
    base_records: int
    users_floor: int
    months_floor: int
    items: tuple[Sampled, ...]
    in_force: bool


@dataclass(frozen=True)
class VerdictFact:
    """A verdict on a record, in force or not."""

    record_id: int
    ruling: Ruling
    judge_id: int | None
    judge: str
    in_force: bool


@dataclass(frozen=True)
class SignerFact:
    """A signature in force."""

    capacity: str
    account_id: int
    name: str
    at: datetime
    entitled: bool | None
    """Whether the person held the capacity when signing; None where that is not on record."""


@dataclass(frozen=True)
class AuditFacts:
    """One audit, read anew from what is stored; nothing of it comes out of the package."""

    audit_id: int
    kind: AuditKind
    name: str
    """As sentences call it: 大安分處 115年第3季單位稽核."""
    frame_hash: str
    frame: Frame | None
    """None where the stored frame is not what its hash says."""
    stored: Frame
    """The same records as they are stored now."""
    late: int
    """Records of its scope that were stored after the freeze and that no frame holds."""
    floors: Floors
    """Reckoned anew (7.1.1, 7.1.2)."""
    draws: tuple[DrawFact, ...]
    held: tuple[int, ...]
    """Every record to be judged: the sample in force, picks, and what a redraw left found wanting."""
    verdicts: tuple[VerdictFact, ...]
    owners: Mapping[int, int]
    """Whose account each of these records is of."""
    flagged: frozenset[int]
    """Records of the frame that the machine has noticed something about."""
    evidenced: frozenset[int]
    """Records with evidence of their own."""
    signers: tuple[SignerFact, ...]
    approver: SignerFact | None
    """Who approved what is signed; None where nobody did, or the kind of audit needs no approval."""
    signed_hash: str
    """What the signatures stand for; empty while there are none."""
    content_hash: str
    """What the audit holds now."""
    signed_at: datetime | None
    due: DueDay
    unit_rulings: Mapping[int, Ruling]
    """Of an agency audit: what the units had found."""
    unproved: str
    """Why the ledger does not prove its records; empty where it does."""

    @property
    def sample(self) -> list[Sampled]:
        """The records of the draws in force."""
        return [item for draw in self.draws if draw.in_force for item in draw.items]

    @property
    def in_force(self) -> dict[int, VerdictFact]:
        """The verdict in force on each judged record."""
        return {one.record_id: one for one in self.verdicts if one.in_force}


@dataclass(frozen=True)
class PackageFacts:
    """One package as a whole."""

    agency: str
    half: str
    number: int
    sent_at: datetime
    """Of the first sending (domain.md §7, 8)."""
    due: DueDay
    list_intact: bool
    """Whether its list is the one that was sent, by its hash in the package and in the event."""
    altered: tuple[str, ...]
    """Paths of files that are not what was sent."""
    listed: Mapping[int, tuple[str, str]]
    """By audit, the frame's hash and the signed hash that its list gives."""
    present: Mapping[int, tuple[str, str]]
    """By audit, the same as they are stored now."""
    names: Mapping[int, str]
    missing: tuple[str, ...]
    """Unit audits that are owed and not in it."""
