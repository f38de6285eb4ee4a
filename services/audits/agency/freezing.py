"""Freezing the frame of an agency's half-year: its scope, and the floors taken of the units' audits (7.1.2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Agency, UsageMonthSum
from services import rocdate
from services.actor import Actor
from services.audits.agency.audited import HalfAudited, audited_in, frame_of, hold_units
from services.audits.agency.declaring import declared, require_received
from services.audits.agency.store import find, load_agency
from services.audits.freezing import SeedPlan, settle_seed, store_frame
from services.audits.opening import open_audit
from services.audits.pictures import Asked, FramePicture, picture_of
from services.audits.sampling.frame import Frame
from services.audits.store import require_whole
from services.audits.words import FrameScope, SeedSource
from services.errors import Conflict, Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.sealing import seal_aside
from services.regulation.audit_kinds import AuditKind
from services.regulation.floors import HalfYearCounts, agency_floors, explain_agency_floors
from services.regulation.periods import HalfYear
from services.regulation.readings import AGENCY_PEOPLE_COUNTED
from services.settings import readings


@dataclass(frozen=True)
class AgencyPreview:
    """What would be frozen now, or why it cannot be; and what the units audited."""

    audited: HalfAudited
    picture: FramePicture | None
    problem: str
    """Why this scope cannot be frozen; empty when it can."""


@guarded(Action.VIEW_AUDIT)
def preview_agency_frame(
    actor: Actor, agency_id: int, half: HalfYear, scope: FrameScope
) -> AgencyPreview:
    """Return the picture of an agency's half-year as it stands now; nothing is stored."""
    with reading() as db:
        agency = load_agency(db, actor, agency_id, Action.VIEW_AUDIT)
        audited = audited_in(db, agency, half)
        frame = frame_of(db, agency, half, scope, audited)
        used = _months_used(db, agency, half)
        try:
            asked = _asked(db, half, scope, audited, frame, used)
        except Invalid as problem:
            return AgencyPreview(audited, None, str(problem))
        picture = picture_of(db, frame, half, asked)
        return AgencyPreview(audited, picture, "")


@guarded(Action.CONDUCT_AGENCY_AUDIT)
def freeze_agency(
    actor: Actor,
    agency_id: int,
    half: HalfYear,
    scope: FrameScope,
    base_records: int | None = None,
    seal: bool = True,
    *,
    missing: Mapping[str, str] | None = None,
    seed_plan: SeedSource = SeedSource.SYSTEM,
    public_figure: str = "",
    published_on: date | None = None,
) -> int:
    """Freeze the frame of an agency's finished half-year and return the audit's id.

    What the units audited is settled with it: their audits that were received (or are nil returns), the
    floors taken of them, and which are missing. ``missing`` has the reason that declares each of these
    missing, by `MissingAudit.key`; it counts with its lawful minimum. The other arguments are those of `services.audits.freezing.freeze`. Raises Invalid
    for an unfinished half-year, a scope too small for the floors, a missing audit without a reason or wrong
    choices, Conflict when it is frozen already or a signed unit audit waits for its receipt.
    """
    if not half.ended(actor.today):
        raise Invalid(
            f"{half.label}到 {rocdate.roc_date(half.last_day)} 才結束；只能凍結已結束的半年。"
        )
    plan = settle_seed(actor.today, seed_plan, public_figure, published_on)
    try:
        with transaction() as db:
            agency = load_agency(db, actor, agency_id, Action.CONDUCT_AGENCY_AUDIT)
            audit_id = _freeze(db, actor, agency, half, scope, base_records, plan, missing or {})
    except IntegrityError:
        raise Conflict(f"{half.label}的母體剛剛已由他人凍結；請重新整理。") from None
    if seal:
        seal_aside(actor.now)
    return audit_id


def _freeze(
    db: Session,
    actor: Actor,
    agency: Agency,
    half: HalfYear,
    scope: FrameScope,
    base_records: int | None,
    plan: SeedPlan,
    missing: Mapping[str, str],
) -> int:
    if find(db, agency.id, half, lock=True) is not None:
        raise Conflict(f"{agency.name} {half.label}的母體已經凍結，不能再凍結一次。")
    require_whole(db, half)
    hold_units(db, agency, half)
    audited = audited_in(db, agency, half)
    require_received(audited)
    kept = declared(audited, missing)
    frame = frame_of(db, agency, half, scope, audited)
    used = _months_used(db, agency, half)
    asked = _asked(db, half, scope, audited, frame, used)
    least = max(asked.floors.records, min(1, len(frame)))
    wanted = least if base_records is None else base_records
    if not least <= wanted <= len(frame):
        raise Invalid(
            f"基本樣本應在 {least:,} 筆（規範下限）至 {len(frame):,} 筆（母體）之間，不是 {wanted:,} 筆。"
        )
    audit = open_audit(db, actor, AuditKind.AGENCY, agency, half, scope=scope)
    basis = {
        "floors": asdict(asked.floors),
        "explanation": list(asked.explanation),
        "reading": asked.reading,
        "people": asked.people_counted,
        "records": len(audited.rows),
        "months": sorted(used),
    }
    store_frame(
        db,
        actor,
        audit,
        frame,
        plan,
        counted=asked.people_counted,
        wanted=wanted,
        basis=basis | audited.lists() | {"missing": kept},
    )
    return audit.id


def _asked(
    db: Session,
    half: HalfYear,
    scope: FrameScope,
    audited: HalfAudited,
    frame: Frame,
    used: set[str],
) -> Asked:
    """Return what clause 7.1.2 asks of the frame; raise Invalid for a scope that cannot meet it.

    ``used`` are the months in which anybody of the agency used the system.
    """
    if used and not len(frame):
        raise Invalid(_nothing_in(scope))
    chosen = readings.chosen(db, AGENCY_PEOPLE_COUNTED)
    summed = chosen == AGENCY_PEOPLE_COUNTED.default
    counts = counts_of(audited, frame, summed=summed)
    # Where a unit's audit is missing, what the others audited may be too little: all records are not.
    wider = scope is FrameScope.UNAUDITED or (scope is FrameScope.AUDITED and bool(audited.missing))
    try:
        floors = agency_floors(counts, half.last_day, wider=wider)
    except ValueError as error:
        raise Invalid(str(error)) from None
    said = explain_agency_floors(counts, half.last_day, "人次" if summed else "人")
    if absent := sorted(used - set(frame.months)):
        said.append(
            f"月份不足：{'、'.join(map(rocdate.roc_month, absent))}有使用紀錄，但不在這個範圍內："
            "沒有單位已簽核的稽核查到。"
            if scope is FrameScope.AUDITED
            else f"月份不足：{'、'.join(map(rocdate.roc_month, absent))}的使用紀錄單位都已稽核，"
            "不在這個範圍內。"
        )
    if audited.missing:
        said.append(
            f"還有 {len(audited.missing):,} 件單位稽核未完成，各以最低應稽核的人數與筆數計入；其單位列於名單。"
        )
    reading_ = f"單位稽核人數採「{AGENCY_PEOPLE_COUNTED.options[chosen]}」；母體為{scope.label}"
    return Asked(floors, counts.audited_people, tuple(said), reading_)


def counts_of(audited: HalfAudited, frame: Frame, *, summed: bool) -> HalfYearCounts:
    """Return what the floors are taken of: people as sums over the unit audits, or everybody once."""
    return HalfYearCounts(
        audited_records=len(audited.rows),
        audited_people=audited.people_summed if summed else audited.people_distinct,
        frame_records=len(frame),
        frame_people=len(frame.persons),
        frame_months=len(frame.months),
        missing_records=audited.missing_records,
        missing_people=audited.missing_people,
    )


def _months_used(db: Session, agency: Agency, half: HalfYear) -> set[str]:
    """Return the months in which anybody of the agency used the system: each has to be audited."""
    return set(
        db.scalars(
            select(UsageMonthSum.local_month)
            .where(UsageMonthSum.agency_id == agency.id, UsageMonthSum.local_month.in_(half.months))
            .distinct()
        )
    )


def _nothing_in(scope: FrameScope) -> str:
    if scope is FrameScope.AUDITED:
        return (
            "單位已簽核的稽核中沒有任何紀錄，這個範圍是空的；"
            "請等單位簽核，或改選「已稽核與未稽核的紀錄」。"
        )
    return "本半年的使用紀錄單位都已稽核，這個範圍是空的；請改選「單位已稽核的紀錄」。"
