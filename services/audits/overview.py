"""What a screen shows of audits: which are open, where one stands, its whole story."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from data.engine import reading
from data.models import Account, Audit, AuditDraw, AuditFrame, Reopening, Signature, Unit
from services.audits import store
from services.audits.findings import Findings, summarise
from services.audits.freezing import FramePicture, picture_of
from services.audits.signing import hash_of, signed_content
from services.audits.words import AuditStatus, DrawKind, SeedSource
from services.identity.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.ledger import proofs
from services.ledger.proofs import CheckpointView
from services.regulation.periods import Quarter
from services.regulation.roles import Duty


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
class Act:
    """A signature or a reopening."""

    at: datetime
    who: str
    what: str
    detail_label: str
    detail: str
    checkpoint: CheckpointView | None = None


@dataclass(frozen=True)
class AuditView:
    """Everything about one audit but its worksheet."""

    audit_id: int
    unit_id: int
    unit_code: str
    unit: str
    agency: str
    quarter: Quarter
    status: AuditStatus
    frame: FrameView | None
    draws: list[DrawView]
    findings: Findings | None
    content_hash: str
    """What a signature made now would stand for; empty while there is nothing to sign."""
    acts: list[Act]


@guarded(Action.VIEW_AUDIT)
def list_audits(actor: Actor, quarter: Quarter) -> list[AuditLine]:
    """Return every unit within reach with where its audit of ``quarter`` stands."""
    conducts = reach(actor, Action.CONDUCT_AUDIT)
    with reading() as db:
        rows = db.execute(
            select(Unit, Audit)
            .options(joinedload(Unit.agency))
            .outerjoin(
                Audit,
                (Audit.unit_id == Unit.id)
                & (Audit.kind == "unit")
                & (Audit.period == str(quarter)),
            )
            .where(
                Unit.active,
                within(reach(actor, Action.VIEW_AUDIT), unit=Unit.id, agency=Unit.agency_id),
            )
            .order_by(Unit.code)
        ).all()
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
                Audit.kind == "unit", Audit.unit_id == unit.id, Audit.period == str(quarter)
            )
        )


@guarded(Action.VIEW_AUDIT)
def view_audit(actor: Actor, audit_id: int) -> AuditView:
    """Return the whole story of one audit but its worksheet."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        unit = db.get_one(Unit, audit.unit_id, options=[joinedload(Unit.agency)])
        quarter = Quarter.parse(audit.period)
        draws = store.load_draws(db, audit.id)
        current = {draw.id for draw in store.current_draws(draws)}
        frame = db.scalar(select(AuditFrame).where(AuditFrame.audit_id == audit.id))
        drawn = frame is not None and (bool(draws) or frame.records == 0)
        findings = summarise(db, audit.id) if drawn else None
        return AuditView(
            audit.id,
            unit.id,
            unit.code,
            unit.name,
            unit.agency.name,
            quarter,
            AuditStatus(audit.status),
            _frame_view(db, frame, unit.id, quarter) if frame else None,
            [_draw_view(db, draw, draw.id in current) for draw in draws],
            findings,
            hash_of(signed_content(db, audit, findings)) if findings else "",
            _acts(db, audit.id),
        )


def _frame_view(db: Session, row: AuditFrame, unit_id: int, quarter: Quarter) -> FrameView:
    frame = store.unpack_frame(row)
    return FrameView(
        row.frozen_at,
        _name(db, row.frozen_by),
        row.frame_hash,
        row.planned_records,
        SeedSource(row.seed_plan),
        row.public_figure,
        row.published_on,
        picture_of(db, unit_id, frame, quarter, row.people_counted),
        proofs.covering(db, int(frame.ids[-1])) if len(frame) else None,
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
        _name(db, draw.drawn_by),
        current,
    )


def _acts(db: Session, audit_id: int) -> list[Act]:
    signed = [
        Act(
            row.signed_at,
            row.signer_name,
            f"{Duty(row.capacity).label}簽核",
            "簽核內容雜湊值",
            row.content_hash,
            proofs.recall(row.summary.get("checkpoint")),
        )
        for row in db.scalars(select(Signature).where(Signature.audit_id == audit_id))
    ]
    reopened = [
        Act(row.reopened_at, _name(db, row.reopened_by), "重新開啟", "理由", row.reason)
        for row in db.scalars(select(Reopening).where(Reopening.audit_id == audit_id))
    ]
    return sorted(signed + reopened, key=lambda act: act.at)


def _name(db: Session, account_id: int | None) -> str:
    if account_id is None:
        return "系統維運"
    account = db.get(Account, account_id)
    return f"{account.name}（{account.username}）" if account else ""
