"""What the record of an audit says (附件二, 附件三), before it is a paper or a table: one frozen whole."""

from dataclasses import dataclass
from datetime import date, datetime

from services.ledger.proofs import CheckpointView
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period


@dataclass(frozen=True)
class Tally:
    """How many there were, how many had to be audited, and how many were."""

    total: int
    required: int
    audited: int
    """Of the sample in force; picks and what a redraw left behind count for no floor."""

    @property
    def met(self) -> bool:
        return self.audited >= self.required


@dataclass(frozen=True)
class RecordFact:
    """One audited record as it stands on the form."""

    record_id: int
    user: str
    """姓名（帳號） as on the record at the time of use."""
    person_key: str
    at: datetime
    month: str
    unit_id: int
    unit: str
    item: str
    action: str
    target: str
    purpose: str
    basis: str
    """How it came into the audit: 基本樣本, 判斷抽查 …"""
    reason: str
    """Why somebody took it; empty for what was drawn."""
    why: str
    """The whole sentence: ticket, rank, cut-off, or the reason."""
    checks: tuple[str, ...]
    evidence: tuple[str, ...]
    ruling: str
    note: str
    judge: str
    in_bulk: str
    """That the verdict was given in bulk, with how many others; empty for any other."""
    change_reason: str
    unit_ruling: str
    """Of an agency audit: what the unit found; empty where it had not audited the record."""


@dataclass(frozen=True)
class DrawFact:
    """One draw: the second one says that it is the second of two, and why."""

    number: int
    of: int
    kind: str
    size: int
    reason: str
    seed: str
    seed_source: str
    at: datetime
    by: str
    current: bool

    @property
    def words(self) -> str:
        return f"第 {self.number} 次抽樣，共 {self.of} 次"


@dataclass(frozen=True)
class SignatureFact:
    """A signature in force."""

    capacity: str
    """A duty or role by its code: ``unit_head``, ``agency_manager`` …"""
    label: str
    name: str
    at: datetime
    conclusion: str = ""


@dataclass(frozen=True)
class ActFact:
    """What became of the signed record: received, approved, sent."""

    name: str
    at: datetime
    note: str = ""
    letter_no: str = ""
    letter_date: date | None = None


@dataclass(frozen=True)
class ReopeningFact:
    """A reopening: what was signed before it is kept."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class StepFact:
    """One thing done about an incident."""

    label: str
    on: date
    note: str
    letter_no: str
    by: str


@dataclass(frozen=True)
class IncidentFact:
    """An abnormal use or a deficiency, and what was done about it (7.1.3)."""

    number: str
    gravity: str
    person: str
    title: str
    status: str
    records: tuple[int, ...]
    steps: tuple[StepFact, ...]


@dataclass(frozen=True)
class UnitFact:
    """What one unit audited in one quarter, and how much of that unit's quarter the agency audited."""

    unit: str
    quarter: str
    people: int
    records: int
    months: tuple[str, ...]
    taken_people: int
    taken_records: int


@dataclass(frozen=True)
class AgencyFacts:
    """What only an agency audit has (7.1.2)."""

    scope: str
    units: tuple[UnitFact, ...]
    missing: tuple[str, ...]
    """Units whose audit of a quarter was missing when the frame was frozen."""
    people: int
    records: int
    not_audited: int
    """Of the records taken: those that no unit had audited."""


@dataclass(frozen=True)
class AuditFacts:
    """Everything that stands on the form of one audit."""

    audit_id: int
    kind: AuditKind
    status: AuditStatus
    agency: str
    agency_code: str
    unit: str
    """全機關 where the whole agency is audited."""
    unit_code: str
    period: Period
    reason: str
    """Of a spot check: why it is made."""
    supplements: int | None
    """Of a supplement: the number of the audit that its records came too late for."""
    frame_hash: str
    frozen_at: datetime
    people: Tally
    people_counted: int
    records: Tally
    months: tuple[str, ...]
    """Those with records, of an agency also those outside the frame's scope."""
    months_covered: tuple[str, ...]
    explanation: tuple[str, ...]
    reading: str
    public_figure: str
    frame_checkpoint: CheckpointView | None
    signed_checkpoint: CheckpointView | None
    draws: tuple[DrawFact, ...]
    lines: tuple[RecordFact, ...]
    rulings: tuple[tuple[str, int], ...]
    sentence: str
    judges: tuple[str, ...]
    evidence: tuple[str, ...]
    """Files about the audit as a whole."""
    incidents: tuple[IncidentFact, ...]
    content_hash: str
    """What the signatures in force stand for; empty while the audit is not signed."""
    signatures: tuple[SignatureFact, ...]
    reopenings: tuple[ReopeningFact, ...]
    received: ActFact | None
    approved: ActFact | None
    sent: ActFact | None
    of_agency: AgencyFacts | None

    @property
    def nil(self) -> bool:
        """Whether there was nothing to audit."""
        return self.records.total == 0

    @property
    def signed_on(self) -> datetime | None:
        """When the last signature in force was made."""
        return max((one.at for one in self.signatures), default=None) if self.content_hash else None

    def signature(self, capacity: str) -> SignatureFact | None:
        """Return the signature in force made in a capacity."""
        return next((one for one in self.signatures if one.capacity == capacity), None)
