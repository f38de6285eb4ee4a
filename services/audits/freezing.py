"""Opening a unit audit and freezing its frame (clause 7.1.1; domain.md §4, the draw, step 1)."""

import zlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Audit, AuditFrame, Unit
from services import events, rocdate
from services.actor import Actor
from services.audits.opening import open_audit
from services.audits.pictures import (
    FramePicture,
    count_people,
    effective_floors,
    picture_of,
    unit_floors_asked,
)
from services.audits.sampling.frame import Frame
from services.audits.store import collect_frame, count_frame, load_unit, require_whole
from services.audits.words import SeedSource
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.sealing import seal_aside
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.floors import Floors
from services.regulation.periods import Quarter
from services.regulation.purpose import tidy
from services.regulation.readings import PEOPLE_COUNTED


@guarded(Action.VIEW_AUDIT)
def preview_frame(actor: Actor, unit_id: int, quarter: Quarter) -> FramePicture:
    """Return the picture of a unit's quarter as it stands now; nothing is stored."""
    with reading() as db:
        unit = load_unit(db, actor, unit_id, Action.VIEW_AUDIT)
        frame = count_frame(db, unit.id, quarter)
        asked = unit_floors_asked(
            frame, quarter, *count_people(db, unit, quarter, len(frame.persons))
        )
        return picture_of(db, frame, quarter, asked)


@guarded(Action.CONDUCT_AUDIT)
def freeze(
    actor: Actor,
    unit_id: int,
    quarter: Quarter,
    *,
    base_records: int | None = None,
    seed_plan: SeedSource = SeedSource.SYSTEM,
    public_figure: str = "",
    published_on: date | None = None,
    seal: bool = True,
) -> int:
    """Freeze the frame of a unit's finished quarter and return the audit's id.

    ``base_records`` asks for a larger base sample than the floor; it is fixed here, before any seed
    is known. With ``SeedSource.PUBLIC``, ``public_figure`` names the figure that will be the seed and
    ``published_on`` the later day on which it is published; nothing is drawn before that day.
    Afterwards the ledger is sealed, so that the frame's records cannot be changed before the draw;
    that can fail without undoing the freeze. ``seal`` is False where past days are acted out.
    Raises Invalid for an unfinished quarter or wrong choices, Conflict when it is frozen already.
    """
    if not quarter.ended(actor.today):
        raise Invalid(
            f"{quarter.label}到 {rocdate.roc_date(quarter.last_day)} 才結束；只能凍結已結束的季別。"
        )
    plan = settle_seed(actor.today, seed_plan, public_figure, published_on)
    try:
        with transaction() as db:
            unit = load_unit(db, actor, unit_id, Action.CONDUCT_AUDIT)
            audit_id = _freeze(db, actor, unit, quarter, base_records, plan)
    except IntegrityError:
        raise Conflict(f"{quarter.label}的母體剛剛已由他人凍結；請重新整理。") from None
    if seal:
        seal_aside(actor.now)
    return audit_id


@dataclass(frozen=True)
class SeedPlan:
    """Where the seed will come from, settled before the frame is known."""

    source: SeedSource
    figure: str = ""
    published_on: date | None = None


def settle_seed(
    today: date, source: SeedSource, public_figure: str, published_on: date | None
) -> SeedPlan:
    """Return the plan for a seed; raise Invalid where it could be known before the freeze."""
    if source is SeedSource.NAMED:
        raise Invalid("凍結時不能指定種子；請選作業系統亂數或尚未公布的公開數字。")
    if source is SeedSource.SYSTEM:
        return SeedPlan(source)
    figure = tidy(public_figure)
    if not 4 <= len(figure) <= 200:
        raise Invalid(
            "請寫明以哪一個尚未公布的公開數字為種子（4 至 200 字），例如某期統一發票特別獎號碼。"
        )
    if published_on is None or published_on <= today:
        raise Invalid("請填公開數字的公布日期，且必須在今天以後；已公布的數字不能作為種子。")
    return SeedPlan(source, figure, published_on)


def _freeze(
    db: Session,
    actor: Actor,
    unit: Unit,
    quarter: Quarter,
    base_records: int | None,
    plan: SeedPlan,
) -> int:
    audit = _audit_to_freeze(db, actor, unit, quarter)
    require_whole(db, quarter)
    frame = collect_frame(db, unit.id, quarter)
    counted, value = count_people(db, unit, quarter, len(frame.persons))
    floors = effective_floors(frame, quarter, counted)
    wanted = checked_size(floors, frame, base_records)
    # The reading is kept, and signed: a setting changed later does not change what was audited.
    basis = {PEOPLE_COUNTED.key: value}
    store_frame(db, actor, audit, frame, plan, counted=counted, wanted=wanted, basis=basis)
    return audit.id


def checked_size(floors: Floors, frame: Frame, base_records: int | None) -> int:
    """Return how many base records are drawn, the floor unless more are asked for; raise Invalid otherwise."""
    wanted = floors.records if base_records is None else base_records
    if not floors.records <= wanted <= len(frame):
        raise Invalid(
            f"基本樣本應在 {floors.records:,} 筆（規範下限）至 {len(frame):,} 筆（母體）之間，不是 {wanted:,} 筆。"
        )
    return wanted


def store_frame(
    db: Session,
    actor: Actor,
    audit: Audit,
    frame: Frame,
    plan: SeedPlan,
    *,
    counted: int,
    wanted: int,
    basis: dict[str, Any] | None = None,
) -> None:
    """Store the frozen frame of an audit of any kind; ``basis`` is what its floors rest on."""
    db.add(
        AuditFrame(
            audit_id=audit.id,
            frozen_at=actor.now,
            frozen_by=actor.account_id,
            frame_hash=frame.hash,
            content=zlib.compress(frame.content),
            records=len(frame),
            people=len(frame.persons),
            months=len(frame.months),
            people_counted=counted,
            planned_records=wanted,
            seed_plan=plan.source.value,
            public_figure=plan.figure,
            published_on=plan.published_on,
            basis=basis or {},
        )
    )
    audit.status = AuditStatus.FROZEN.value
    events.write(
        db,
        actor,
        EventType.FRAME_FROZEN,
        about=("audit", audit.id),
        frame_hash=frame.hash,
        records=len(frame),
        people=len(frame.persons),
        months=len(frame.months),
        base_records=wanted,
        seed_plan=plan.source.value,
        public_figure=plan.figure,
    )
    db.flush()


def _audit_to_freeze(db: Session, actor: Actor, unit: Unit, quarter: Quarter) -> Audit:
    audit = db.scalar(
        select(Audit)
        .where(Audit.kind == AuditKind.UNIT, Audit.unit_id == unit.id, Audit.period == str(quarter))
        .with_for_update()
    )
    if audit is None:
        return open_audit(db, actor, AuditKind.UNIT, unit, quarter)
    if audit.status != AuditStatus.PLANNED:
        raise Conflict(f"{unit.name} {quarter.label}的母體已經凍結，不能再凍結一次。")
    return audit
