"""不定期檢查: the agency manager looks at any unit's use at any time, without floors (clause 7.1.4)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from data.engine import reading, transaction
from data.models import Account, Audit, Incident
from services.actor import Actor
from services.audits.freezing import SeedPlan, store_frame
from services.audits.opening import open_audit
from services.audits.store import (
    collect_frame,
    load_audit,
    load_unit,
    require_reason,
    require_whole,
)
from services.audits.words import SeedSource
from services.errors import Invalid, NotFound
from services.identity.guard import guarded
from services.identity.organisation import UnitInfo, units_within
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.incidents.store import not_about
from services.incidents.words import IncidentStatus
from services.ledger.sealing import seal_aside
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Period, parse_period

NO_FLOORS = "不定期檢查沒有下限。"
READING = "規範未定筆數與人數，由機關管理者依檢查的理由決定"
MOST_LISTED = 200


@dataclass(frozen=True)
class SpotLine:
    """One spot check as the list shows it."""

    audit_id: int
    agency: str
    unit_id: int
    unit: str
    period: Period
    reason: str
    status: AuditStatus
    opened_at: datetime
    opened_by: str
    open_incidents: int
    """Those about the person who looks are not counted."""


@guarded(Action.SPOT_CHECK)
def open_spot_check(
    actor: Actor,
    unit_id: int,
    period: Period,
    reason: str,
    records: int,
    *,
    seal: bool = True,
) -> int:
    """Open a spot check of a unit, freeze its frame at this moment, and return the audit's id.

    The period need not have ended: the frame holds what is stored so far. ``records`` are asked for as
    base sample; with 0 there are only picks by judgement. Drawing, judging and signing follow as in any
    audit, by the agency manager. Raises Invalid for a period that has not begun, one without records,
    or more records than there are.
    """
    why = require_reason(reason, "檢查的理由")
    if actor.today < period.first_day:
        raise Invalid(f"{period.label}還沒有開始；請選已經開始的期間。")
    with transaction() as db:
        unit = load_unit(db, actor, unit_id, Action.SPOT_CHECK)
        require_whole(db, period)
        frame = collect_frame(db, unit.id, period)
        if not len(frame):
            raise Invalid(
                f"{unit.name}{period.label}沒有使用紀錄，沒有可檢查的紀錄；請選其他期間。"
            )
        if not 0 <= records <= len(frame):
            raise Invalid(
                f"抽樣筆數應在 0 筆（只做判斷抽查）至 {len(frame):,} 筆（母體）之間，"
                f"不是 {records:,} 筆。"
            )
        audit = open_audit(db, actor, AuditKind.SPOT, unit, period, reason=why)
        store_frame(
            db,
            actor,
            audit,
            frame,
            SeedPlan(SeedSource.SYSTEM),
            counted=len(frame.persons),
            wanted=records,
            basis={
                "floors": {"records": 0, "users": 0, "months": 0, "at_least": 0},
                "explanation": [NO_FLOORS, _size(records)],
                "reading": READING,
                "units": [],
            },
        )
        audit_id = audit.id
    if seal:
        seal_aside(actor.now)
    return audit_id


def _size(records: int) -> str:
    if not records:
        return "本件不抽籤，只做判斷抽查；判斷抽查的紀錄不列入推論。"
    return f"本件抽 {records:,} 筆為基本樣本，不補足月份與人數。"


@guarded(Action.VIEW_AUDIT)
def list_spot_checks(actor: Actor, limit: int = MOST_LISTED) -> list[SpotLine]:
    """Return the newest spot checks within reach."""
    where = within(reach(actor, Action.VIEW_AUDIT), unit=Audit.unit_id, agency=Audit.agency_id)
    with reading() as db:
        audits = db.scalars(
            select(Audit)
            .options(joinedload(Audit.unit), joinedload(Audit.agency))
            .where(Audit.kind == AuditKind.SPOT, where)
            .order_by(Audit.id.desc())
            .limit(limit)
        ).all()
        return _lines(db, actor, list(audits))


@guarded(Action.VIEW_AUDIT)
def spot_check(actor: Actor, audit_id: int) -> SpotLine:
    """Return one spot check; raise NotFound for an audit of another kind."""
    with reading() as db:
        audit = load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        if audit.kind != AuditKind.SPOT:
            raise NotFound("找不到這件不定期檢查，或您沒有它的權限。")
        return _lines(db, actor, [audit])[0]


@guarded(Action.SPOT_CHECK)
def units_to_check(actor: Actor) -> tuple[UnitInfo, ...]:
    """Return the units that the person may check."""
    with reading() as db:
        # The list is that of `within`, so nothing beyond the person's reach is named.
        return units_within(db, reach(actor, Action.SPOT_CHECK))


def _lines(db: Session, person: Actor, audits: list[Audit]) -> list[SpotLine]:
    ids = [audit.id for audit in audits]
    still = db.execute(
        select(Incident.audit_id, func.count())
        .where(
            Incident.audit_id.in_(ids),
            Incident.status == IncidentStatus.OPEN,
            not_about(person),
        )
        .group_by(Incident.audit_id)
    )
    counts: dict[int | None, int] = dict(still.all())
    people = select(Account).where(Account.id.in_({audit.opened_by for audit in audits}))
    names = {one.id: f"{one.name}（{one.username}）" for one in db.scalars(people)}
    return [
        SpotLine(
            audit_id=audit.id,
            agency=audit.agency.name,
            unit_id=audit.unit.id if audit.unit else 0,
            unit=audit.unit.name if audit.unit else "",
            period=parse_period(audit.period),
            reason=audit.reason,
            status=AuditStatus(audit.status),
            opened_at=audit.opened_at,
            opened_by=names.get(audit.opened_by or 0, ""),
            open_incidents=counts.get(audit.id, 0),
        )
        for audit in audits
    ]
