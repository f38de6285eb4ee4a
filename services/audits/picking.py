"""From a usage record to the unit audit that it could be added to by judgement, or what stands in the way."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit, Unit, UsageRecord
from services import rocdate
from services.actor import Actor
from services.audits import store
from services.audits.frozen import unpack_frame
from services.audits.worksheet import records_to_judge
from services.errors import NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, permit, reach
from services.regulation.audit_kinds import OF_UNIT, AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import Quarter


@dataclass(frozen=True)
class PickPlace:
    """The unit audit of a record's unit and quarter; it can be picked while ``problem`` is empty."""

    unit_code: str
    unit: str
    quarter: Quarter
    audit_id: int | None
    """None while nothing was frozen."""
    problem: str

    @property
    def name(self) -> str:
        return f"{self.unit} {self.quarter.label}單位稽核"


@guarded(Action.VIEW_RECORDS)
def pick_place(actor: Actor, record_id: int) -> PickPlace:
    """Return where a record could be picked by judgement, and what stands in the way, in a sentence.

    Only says so: `services.audits.worksheet.pick` decides. Raises NotFound or Refused for a record that
    is not within reach.
    """
    with reading() as db:
        record = db.get(UsageRecord, record_id)
        if record is None:
            raise NotFound("找不到這筆使用紀錄，或您沒有它的權限。")
        permit(actor, Action.VIEW_RECORDS, unit_id=record.unit_id, agency_id=record.agency_id)
        unit = db.get_one(Unit, record.unit_id)
        quarter = Quarter.of(rocdate.local_date(record.occurred_at))
        audit = _audit_of(db, record, unit, quarter)
        return PickPlace(
            unit.code,
            unit.name,
            quarter,
            audit.id if audit else None,
            _problem(db, actor, record, unit, quarter, audit),
        )


def _audit_of(db: Session, record: UsageRecord, unit: Unit, quarter: Quarter) -> Audit | None:
    """Return the quarter's own audit, or the supplement whose frame holds the record."""
    audits = db.scalars(
        select(Audit)
        .where(Audit.kind.in_(OF_UNIT), Audit.unit_id == unit.id, Audit.period == str(quarter))
        .order_by(Audit.id)
    ).all()
    for supplement in audits[1:]:
        if _holds(db, supplement, record.id):
            return supplement
    return audits[0] if audits else None


def _holds(db: Session, audit: Audit, record_id: int) -> bool:
    ids = unpack_frame(store.load_frame_row(db, audit.id)).ids
    place = int(ids.searchsorted(record_id))
    return place < len(ids) and int(ids[place]) == record_id


def _problem(
    db: Session,
    person: Actor,
    record: UsageRecord,
    unit: Unit,
    quarter: Quarter,
    audit: Audit | None,
) -> str:
    if not reach(person, Action.CONDUCT_AUDIT).covers(unit.id, unit.agency_id):
        return f"判斷抽查由{unit.name}的{AuditKind.UNIT.conductors}辦理。"
    if person.account_id is None:
        return "判斷抽查必須由有帳號的人員辦理。"
    if not quarter.ended(person.today):
        ends = rocdate.roc_date(quarter.last_day)
        return f"{quarter.label}到 {ends} 才結束，之後凍結母體並抽樣，才能加入。"
    if audit is None or audit.status == AuditStatus.PLANNED:
        return "這一季的母體還沒有凍結；請先到稽核抽樣凍結母體並抽樣。"
    if audit.status == AuditStatus.FROZEN:
        return "這一季的母體已凍結、還沒有抽樣；請先抽樣。"
    if audit.status != AuditStatus.JUDGING:
        label = AuditStatus(audit.status).label
        return f"這一季的稽核{label}；要加入須由{AuditKind.UNIT.reopener}重新開啟。"
    if not _holds(db, audit, record.id):
        return "這筆紀錄在母體凍結後才存入，不在母體內；請先辦補充稽核。"
    if record.id in set(records_to_judge(db, audit.id)):
        return "這筆紀錄已經在樣本或判斷抽查內。"
    return ""
