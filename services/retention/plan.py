"""What is old enough to be purged, and what of it has to stay for an audit that stays (7.1.5)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from data.models import (
    Audit,
    AuditFrame,
    AuditPackage,
    Evidence,
    Finding,
    Incident,
    IncidentRecord,
    JudgementPick,
    PackagePart,
    PackageReview,
    RecordShare,
    SampleItem,
    UsageRecord,
    Verdict,
)
from services import rocdate
from services.audits import store
from services.audits.counted import counted_audits
from services.audits.frozen import unpack_frame
from services.ledger import purges
from services.ledger.id_runs import IdRuns, Numbers
from services.regulation.finding_states import OPEN
from services.regulation.package_review import ReviewState
from services.retention.parts import PARTS, Going, late

Node = tuple[str, int]
"""An audit (``a``) or an incident (``i``)."""


@dataclass(frozen=True)
class Plan:
    """What a purge takes away; two that say the same are equal."""

    before: date
    going: Going
    record_ids: str
    """The usage records, in runs."""
    records: int
    kept: int
    """Usage records that are old enough, but belong to an audit or incident that stays."""
    waiting: int
    """Usage records that are old enough by their own dates, but were sealed too lately to show it."""

    @property
    def is_empty(self) -> bool:
        return not (self.records or self.going.audits or self.going.incidents)

    @property
    def runs(self) -> IdRuns:
        return IdRuns.read(self.record_ids)


def make_plan(db: Session, before: date) -> Plan:
    """Work out what goes with a purge of everything older than ``before``."""
    staying = _staying(db, before)
    going = Going(
        tuple(
            a for a in db.scalars(select(Audit.id).order_by(Audit.id)) if ("a", a) not in staying
        ),
        tuple(
            i
            for i in db.scalars(select(Incident.id).order_by(Incident.id))
            if ("i", i) not in staying
        ),
    )
    through = purges.provable_through(db, before)
    start = rocdate.midnight(before)
    old = (UsageRecord.occurred_at < start, UsageRecord.stored_at < start)
    ids = _numbers(
        db.scalars(
            select(UsageRecord.id)
            .where(*old, UsageRecord.id <= through)
            .order_by(UsageRecord.id)
            .execution_options(yield_per=10_000)
        )
    )
    free = np.ones(len(ids), dtype=bool)
    for needed in _needed(db, going):
        place = np.searchsorted(ids, needed)
        inside = place < len(ids)
        place, needed = place[inside], needed[inside]
        free[place[ids[place] == needed]] = False
    runs = IdRuns.of(ids[free])
    waiting = select(func.count()).where(*old, UsageRecord.id > through)
    return Plan(
        before,
        going,
        runs.text,
        len(runs),
        kept=int(len(ids) - free.sum()),
        waiting=db.scalar(waiting) or 0,
    )


def _numbers(ids: Iterable[int]) -> Numbers:
    return np.fromiter(ids, dtype=np.int64)


def _staying(db: Session, before: date) -> set[Node]:
    """Return the audits and incidents that stay: not wholly old, still open, or needed by one that stays."""
    waits: list[Node] = [
        ("i", i) for i in db.scalars(select(Incident.id).where(Incident.status == "open"))
    ]
    waits += [("a", a) for a in db.scalars(_under_review())]
    for part in PARTS:
        for audit, incident in late(db, part, before):
            waits += _nodes(audit, incident)
    needs: dict[Node, set[Node]] = {}
    for one, other in _ties(db):
        needs.setdefault(one, set()).add(other)
    staying: set[Node] = set()
    while waits:
        node = waits.pop()
        if node not in staying:
            staying.add(node)
            waits += needs.get(node, ())
    return staying


def _under_review() -> Select[int]:
    """Return the audits whose review, or a finding of it, is not over (7.2.2)."""
    open_finding = (
        select(Finding.id)
        .where(
            Finding.review_id == PackageReview.id,
            Finding.state.in_([state.value for state in OPEN]),
        )
        .exists()
    )
    return select(PackageReview.audit_id).where(
        or_(PackageReview.state != ReviewState.ACCEPTED.value, open_finding)
    )


def _nodes(audit: int | None, incident: int | None) -> list[Node]:
    found: list[Node] = [] if audit is None else [("a", audit)]
    return found if incident is None else [*found, ("i", incident)]


def _ties(db: Session) -> Iterator[tuple[Node, Node]]:
    """Yield what must stay (second) as long as something else does (first)."""
    bound = [*db.execute(select(Incident.audit_id, Incident.id))]
    bound += db.execute(select(Evidence.audit_id, Evidence.incident_id))
    for audit, incident in bound:
        if audit is not None and incident is not None:
            yield ("a", audit), ("i", incident)
            yield ("i", incident), ("a", audit)
    # A package that was sent names evidence files where they lie, also those of the units' audits.
    sent = (
        select(AuditPackage.audit_id, Evidence.audit_id, Evidence.incident_id)
        .join(PackagePart, PackagePart.package_id == AuditPackage.id)
        .join(Evidence, Evidence.id == PackagePart.evidence_id)
    )
    for package, audit, incident in db.execute(sent):
        for node in _nodes(audit, incident):
            yield ("a", package), node
    # The floors of an agency audit rest on the units' audits (7.1.2).
    for agency, basis in db.execute(select(AuditFrame.audit_id, AuditFrame.basis)):
        for unit in counted_audits(basis or {}):
            yield ("a", agency), ("a", unit)
    # A supplement rests on the audit whose frame its records came too late for.
    late = select(Audit.id, Audit.supplements).where(Audit.supplements.is_not(None))
    for supplement, main in db.execute(late):
        if main is not None:
            yield ("a", supplement), ("a", main)


def _needed(db: Session, going: Going) -> Iterator[Numbers]:
    """Yield the usage records that audits and incidents which stay are about."""
    gone_audits, gone_incidents = set(going.audits), set(going.incidents)
    for audit in db.scalars(select(AuditFrame.audit_id).order_by(AuditFrame.audit_id)):
        if audit not in gone_audits:
            frame = unpack_frame(store.load_frame_row(db, audit))
            db.expunge_all()
            yield frame.ids
    of_audits: list[Any] = [
        select(SampleItem.audit_id, SampleItem.record_id),
        select(JudgementPick.audit_id, JudgementPick.record_id),
        select(Verdict.audit_id, Verdict.record_id),
        select(RecordShare.audit_id, RecordShare.record_id),
        select(Evidence.audit_id, Evidence.record_id).where(Evidence.audit_id.is_not(None)),
    ]
    of_incidents: list[Any] = [
        select(IncidentRecord.incident_id, IncidentRecord.record_id),
        select(Evidence.incident_id, Evidence.record_id).where(Evidence.incident_id.is_not(None)),
    ]
    for queries, gone in ((of_audits, gone_audits), (of_incidents, gone_incidents)):
        for query in queries:
            yield _numbers(
                record
                for owner, record in db.execute(query)
                if record is not None and owner not in gone
            )
