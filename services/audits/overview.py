"""What a screen shows of audits: which are open, where one stands, its whole story."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit, AuditDraw, AuditFrame, Unit
from services.actor import Actor
from services.audits import store
from services.audits.acts import Act, acts_of, name_of
from services.audits.counted import why_final
from services.audits.findings import Findings, summarise
from services.audits.frozen import unpack_frame
from services.audits.holdings import holdings_of
from services.audits.owing import audits_of, owing
from services.audits.pictures import FramePicture, frozen_picture
from services.audits.signatures import (
    SignatureView,
    capacity_of,
    open_places,
    since_reopening,
)
from services.audits.signing import hash_of, signed_content
from services.audits.words import DrawKind, FrameScope, SeedSource
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.ledger import proofs
from services.ledger.proofs import CheckpointView
from services.regulation.audit_kinds import AuditKind, Capacity
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period, Quarter, parse_period

WHOLE_AGENCY = "全機關"


@dataclass(frozen=True)
class AuditLine:
    """One unit in the list of a quarter's audits; ``audit_id`` is None before anything was frozen."""

    unit_id: int
    unit_code: str
    unit: str
    agency: str
    audit_id: int | None
    status: AuditStatus
    may_conduct: bool


@dataclass(frozen=True)
class FrameView:
    """A frozen frame as it is shown."""

    frozen_at: datetime
    frozen_by: str
    frame_hash: str
    planned_records: int
    seed_plan: SeedSource
    public_figure: str
    published_on: date | None
    picture: FramePicture
    checkpoint: CheckpointView | None
    """The first checkpoint of the ledger that covers the whole frame; None until it is sealed."""
    basis: dict[str, Any] = field(default_factory=dict)
    """Of an agency audit: what its units audited, and what is missing of it."""


@dataclass(frozen=True)
class DrawView:
    """A draw as it is shown: ``draw 2 of 2`` with its reason."""

    number: int
    kind: DrawKind
    reason: str
    seed: str
    seed_source: SeedSource
    size: int
    drawn_at: datetime
    drawn_by: str
    current: bool


@dataclass(frozen=True)
class AuditView:
    """Everything about one audit but its worksheet."""

    audit_id: int
    kind: AuditKind
    agency_id: int
    unit_id: int | None
    """None where the whole agency is audited; then ``unit`` says so."""
    unit_code: str
    unit: str
    agency: str
    period: Period
    status: AuditStatus
    frame: FrameView | None
    draws: list[DrawView]
    findings: Findings | None
    content_hash: str
    """What a signature made now would stand for; empty while there is nothing to sign."""
    acts: list[Act]
    signatures: list[SignatureView] = field(default_factory=list)
    """Those in force."""
    awaited: tuple[tuple[Capacity, ...], ...] = ()
    """The signatures still missing, each with the capacities in which it can be given."""
    scope: FrameScope | None = None
    """Of an agency audit: what its frame is taken from."""
    supplements: int | None = None
    """Of a supplement: the unit's audit that its records came too late for."""
    final: str = ""
    """Why it can never be opened again once it is signed; empty while it can."""
    picked: bool = False
    """Whether records were taken by judgement; `additions.list_picks` has them."""


@guarded(Action.VIEW_AUDIT)
def list_audits(actor: Actor, quarter: Quarter) -> list[AuditLine]:
    """Return every unit within reach that owes an audit of ``quarter``, with where it stands."""
    conducts = reach(actor, Action.CONDUCT_AUDIT)
    inside = within(reach(actor, Action.VIEW_AUDIT), unit=Unit.id, agency=Unit.agency_id)
    with reading() as db:
        units = [unit for unit, _ in owing(db, inside, (quarter,))]
        audits = audits_of(db, [unit.id for unit in units], quarter)
        rows = [(unit, audits.get(unit.id)) for unit in units]
    return [
        AuditLine(
            unit.id,
            unit.code,
            unit.name,
            unit.agency.name,
            audit.id if audit else None,
            AuditStatus(audit.status) if audit else AuditStatus.PLANNED,
            conducts.covers(unit.id, unit.agency_id),
        )
        for unit, audit in rows
    ]


@guarded(Action.VIEW_AUDIT)
def find_audit(actor: Actor, unit_id: int, quarter: Quarter) -> int | None:
    """Return the id of a unit's audit of a quarter, or None when nothing was frozen yet."""
    with reading() as db:
        unit = store.load_unit(db, actor, unit_id, Action.VIEW_AUDIT)
        return db.scalar(
            select(Audit.id).where(
                Audit.kind == AuditKind.UNIT, Audit.unit_id == unit.id, Audit.period == str(quarter)
            )
        )


@guarded(Action.VIEW_AUDIT)
def view_audit(actor: Actor, audit_id: int) -> AuditView:
    """Return the whole story of one audit but its worksheet."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        unit = audit.unit
        held = holdings_of(db, audit.id) if audit.status != AuditStatus.PLANNED else None
        draws, frame = (held.draws, held.frame) if held else ((), None)
        current = {draw.id for draw in store.current_draws(draws)}
        drawn = frame is not None and (bool(draws) or frame.records == 0)
        findings = summarise(db, audit.id, held) if drawn else None
        newest = since_reopening(db, audit.id)
        content_hash = (
            hash_of(signed_content(db, audit, findings, held, newest)) if findings else ""
        )
        given = [row for row in newest if row.content_hash == content_hash]
        return AuditView(
            audit.id,
            AuditKind(audit.kind),
            audit.agency_id,
            audit.unit_id,
            unit.code if unit else audit.agency.code,
            unit.name if unit else WHOLE_AGENCY,
            audit.agency.name,
            parse_period(audit.period),
            AuditStatus(audit.status),
            _frame_view(db, audit, frame) if frame else None,
            [_draw_view(db, draw, draw.id in current) for draw in draws],
            findings,
            content_hash,
            acts_of(db, audit.id, content_hash, newest),
            [
                SignatureView(
                    capacity_of(row.capacity), row.signed_by, row.signer_name, row.signed_at
                )
                for row in given
            ],
            tuple(open_places(AuditKind(audit.kind), given)),
            FrameScope(audit.scope) if audit.scope else None,
            audit.supplements,
            why_final(db, audit),
            picked=bool(held and held.picks),
        )


def _frame_view(db: Session, audit: Audit, row: AuditFrame) -> FrameView:
    frame = unpack_frame(row)
    return FrameView(
        row.frozen_at,
        name_of(db, row.frozen_by),
        row.frame_hash,
        row.planned_records,
        SeedSource(row.seed_plan),
        row.public_figure,
        row.published_on,
        frozen_picture(db, audit, row, frame),
        proofs.covering(db, int(frame.ids[-1])) if len(frame) else None,
        row.basis,
    )


def _draw_view(db: Session, draw: AuditDraw, current: bool) -> DrawView:
    return DrawView(
        draw.number,
        DrawKind(draw.kind),
        draw.reason,
        draw.seed,
        SeedSource(draw.seed_source),
        draw.size,
        draw.drawn_at,
        name_of(db, draw.drawn_by),
        current,
    )
