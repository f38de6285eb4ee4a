"""The machine's review: every check over a package, or over what would become one (7.2.1)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit, AuditFrame, AuditPackage, Event, PackagePart, Unit
from services.actor import Actor
from services.audits import store
from services.audits.evidence.in_force import content_of
from services.audits.forms.signed import held_by_audit
from services.audits.owing import owing
from services.audits.package.completeness import unit_audits
from services.audits.package.manifest import manifest_hash
from services.errors import NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.oversight.checks.all_checks import run_checks
from services.oversight.checks.result import Result
from services.oversight.facts import PackageFacts
from services.oversight.gathering import audits_of, name_of
from services.regulation.audit_kinds import AuditKind
from services.regulation.deadlines import sending
from services.regulation.periods import HalfYear, Quarter
from services.working_days import OFFICES


@guarded(Action.VIEW_AUDIT)
def check_package(actor: Actor, package_id: int) -> list[Result]:
    """Return what every check says of a package now; nothing is stored.

    Everything is read and reckoned anew from what is stored, so that it takes a while for a large agency.
    """
    with reading() as db:
        package = db.get(AuditPackage, package_id)
        if package is None:
            raise NotFound(f"沒有編號 {package_id} 的函送資料，或您沒有它的權限。")
        store.load_audit(db, actor, package.audit_id, Action.VIEW_AUDIT)
        return results_of(db, package)


@guarded(Action.VIEW_AUDIT)
def check_before_sending(actor: Actor, audit_id: int) -> list[Result]:
    """Return what the bureau's checks would say of an agency audit if it were sent now (7.1.2)."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        frozen = [one.id for one in unit_audits(db, audit) if one.status != "planned"]
        return _results(db, audit, [audit.id, *frozen], None, actor.now)


def results_of(db: Session, package: AuditPackage) -> list[Result]:
    """Return what every check says of a package, read in the caller's session."""
    audit = db.get_one(Audit, package.audit_id)
    listed = [one["audit_id"] for one in package.manifest["audits"]]
    # What the list leaves out is looked at all the same: what is there, not what the package says.
    there = [
        audit.id,
        *(one.id for one in unit_audits(db, audit) if one.opened_at <= package.sent_at),
    ]
    ids = list(dict.fromkeys([*there, *listed]))
    first = db.scalar(
        select(AuditPackage.sent_at).where(
            AuditPackage.audit_id == audit.id, AuditPackage.number == 1
        )
    )
    return _results(db, audit, ids, package, first or package.sent_at)


def _results(
    db: Session, audit: Audit, ids: Sequence[int], package: AuditPackage | None, sent_at: datetime
) -> list[Result]:
    # The package's facts are whole before its audits are read, one at a time, and let go.
    facts = package_facts(db, audit, ids, package, sent_at)
    return run_checks(audits_of(db, ids, sealed=package is not None), facts)


def package_facts(
    db: Session, audit: Audit, ids: Sequence[int], package: AuditPackage | None, sent_at: datetime
) -> PackageFacts:
    """Return the facts of a package, or of what would become one if there is none yet."""
    half = HalfYear.parse(audit.period)
    audits = db.scalars(select(Audit).where(Audit.id.in_(ids))).all()
    signed = held_by_audit(db, audits)
    hashes = dict(
        db.execute(
            select(AuditFrame.audit_id, AuditFrame.frame_hash).where(AuditFrame.audit_id.in_(ids))
        ).all()
    )
    present = {
        one.id: (
            hashes.get(one.id, ""),
            signed[one.id][-1].content_hash if signed[one.id] else "",
        )
        for one in audits
    }
    return PackageFacts(
        agency=audit.agency.name,
        half=half.label,
        number=package.number if package else 1,
        sent_at=sent_at,
        due=sending(half, OFFICES).day,
        list_intact=package is None or _is_intact(db, package),
        altered=tuple(_altered(db, package)) if package else (),
        listed={
            one["audit_id"]: (one["frame_hash"], one["content_hash"])
            for one in (package.manifest["audits"] if package else ())
        },
        present=present,
        names={one.id: name_of(one) for one in audits},
        missing=tuple(
            _missing(
                db,
                audit,
                half,
                {(one.unit_id, one.period) for one in audits if one.kind == AuditKind.UNIT},
            )
        ),
    )


def _is_intact(db: Session, package: AuditPackage) -> bool:
    """Whether the list of a package is the one whose hash it bears, and that the event of its sending names."""
    kinds = (EventType.AUDIT_SENT.value, EventType.PACKAGE_CORRECTED.value)
    told = db.scalars(
        select(Event.detail).where(
            Event.type.in_(kinds),
            Event.object_type == "audit",
            Event.object_id == str(package.audit_id),
        )
    )
    named = {detail.get("manifest_sha256") for detail in told}
    return manifest_hash(package.manifest) == package.manifest_sha256 and (
        package.manifest_sha256 in named
    )


def _altered(db: Session, package: AuditPackage) -> list[str]:
    """Return the paths of files whose bytes are not what the list of the package says."""
    listed = {one["path"]: one["sha256"] for one in package.manifest["files"]}
    there = set()
    found = []
    parts = select(PackagePart.path, PackagePart.id, PackagePart.evidence_id).where(
        PackagePart.package_id == package.id
    )
    for path, part_id, evidence_id in db.execute(parts).all():
        there.add(path)
        content = (
            content_of(db, evidence_id)
            if evidence_id is not None
            else db.scalar(select(PackagePart.content).where(PackagePart.id == part_id))
        )
        if content is None or hashlib.sha256(content).hexdigest() != listed.get(path):
            found.append(path)
    return sorted({*found, *(listed.keys() - there)})


def _missing(
    db: Session, audit: Audit, half: HalfYear, there: set[tuple[int | None, str]]
) -> list[str]:
    owed = owing(db, Unit.agency_id == audit.agency_id, half.quarters)
    return [
        f"{unit.name} {Quarter.parse(str(quarter)).label}"
        for unit, quarters in owed
        for quarter in quarters
        if (unit.id, str(quarter)) not in there
    ]
