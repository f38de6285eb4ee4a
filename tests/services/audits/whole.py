"""Audits at every end of their life, for the forms and the package, as their services make them."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from data.engine import reading, transaction
from data.models import (
    AuditFrame,
    Evidence,
    Incident,
    IncidentRecord,
    IncidentStep,
    UsageRecord,
)
from services.actor import Actor, DutyHeld
from services.audits.agency.approving import approve
from services.audits.agency.receiving import receive
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.package.sending import send_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.spot import open_spot_check
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge
from services.documents import file_store
from services.regulation.periods import HalfYear, Period, Quarter
from services.regulation.roles import Duty
from tests.agency_freeze import freeze_half
from tests.world import NOW, World, at

H1 = HalfYear(2026, 1)
Q1, Q2 = H1.quarters
HOSTILE = '=cmd|#read("/etc/passwd")</text:p>'
LETTER, LETTER_DAY = "府授地資字第1156012388號", date(2026, 11, 23)


def head_of(world: World, unit: str, now: datetime = NOW) -> Actor:
    """A head of the unit who has no usage records: the unit's own, or the agency's manager made head."""
    if unit == "tax1":
        return world.actor("head", now)
    held = DutyHeld(Duty.UNIT_HEAD, unit_id=world.units[unit])
    return replace(world.actor("agency_manager", now), duties=(held,), name="代理主管")


def fill_half_year(world: World) -> None:
    """Records of the tax office's two units in the first half-year; the second unit has a quarter without."""
    for month, day in ((1, 5), (2, 6), (3, 7), (4, 8), (5, 9), (6, 10)):
        world.use(
            "clerk",
            *(at(2026, month, day, hour) for hour in (9, 10, 11)),
            reason="承辦測量案件查對",
        )
        world.use("clerk2", at(2026, month, day, 14), reason="承辦測量案件查對", document_no="")
        if month < 4:
            world.use("clerk_tax2", *(at(2026, month, day, hour) for hour in (15, 16)))


def judged(actor: Actor, audit_id: int, **wanting: Any) -> int:
    """Judge every record as compliant; ``deficient`` so many of the first as deficient."""
    rows = worksheet_rows(actor, audit_id)
    bad = wanting.get("deficient", 0)
    for place, row in enumerate(rows):
        if row.judged.sequence:
            continue
        ruling = Ruling.DEFICIENT if place < bad else Ruling.COMPLIANT
        note = "查無此案件號" if place < bad else "與案卷相符"
        judge(actor, audit_id, {row.record_id: 0}, ruling, note)
    return audit_id


def signed_unit(
    world: World, unit: str, quarter: Quarter, *, deficient: int = 0, base: int | None = None
) -> int:
    """Freeze, draw, judge and sign a unit's quarter; one without records is a nil return."""
    audit_id = judged_unit(world, unit, quarter, deficient=deficient, base=base)
    sign_unit(world, unit, audit_id)
    return audit_id


def sign_unit(world: World, unit: str, audit_id: int) -> None:
    head = head_of(world, unit)
    sign(head, audit_id, view_audit(head, audit_id).content_hash)


def judged_unit(
    world: World, unit: str, quarter: Quarter, *, deficient: int = 0, base: int | None = None
) -> int:
    """Freeze, draw and judge a unit's quarter, up to its signature."""
    head = head_of(world, unit)
    audit_id = freeze(head, world.units[unit], quarter, base_records=base)
    with reading() as db:
        nil = (
            db.scalars(select(AuditFrame).where(AuditFrame.audit_id == audit_id)).one().records == 0
        )
    if not nil:
        draw_first(head, audit_id)
        judged(head, audit_id, deficient=deficient)
    return audit_id


def act(world: World, audit_id: int, kind: str, by: str) -> None:
    """Receive, approve or send a signed audit as it stands."""
    actor = world.actor(by)
    if kind == "sent":
        send_audit(actor, audit_id, LETTER, LETTER_DAY)
        return
    shown = view_audit(actor, audit_id).content_hash
    if kind == "received":
        receive(actor, {audit_id: shown})
    else:
        approve(actor, audit_id, shown)


def received_unit(world: World, unit: str, quarter: Quarter, **more: Any) -> int:
    audit_id = signed_unit(world, unit, quarter, **more)
    act(world, audit_id, "received", "agency_manager")
    return audit_id


def drawn_agency(world: World) -> int:
    """Freeze and draw the agency's half-year over all of its records, with what its units signed."""
    manager = world.actor("agency_manager")
    audit_id = freeze_half(manager, world.agencies["tax"], H1, FrameScope.BOTH)
    draw_first(manager, audit_id)
    return audit_id


def signed_spot(world: World, period: Period = Q1, records: int = 3) -> int:
    """Return a spot check of a unit, drawn and judged by the agency's manager, and signed."""
    manager = world.actor("agency_manager")
    audit_id = open_spot_check(
        manager, world.units["tax1"], period, "夜間查詢量突增", records, seal=False
    )
    draw_first(manager, audit_id)
    judged(manager, audit_id, deficient=1)
    sign_agency(world, audit_id, "agency_manager")
    return audit_id


def sign_agency(world: World, audit_id: int, *people: str) -> None:
    """Sign as the agency's manager and an ethics officer do; the audit is signed with the second one."""
    for name in people or ("agency_manager", "ethics"):
        actor = world.actor(name)
        sign(actor, audit_id, view_audit(actor, audit_id).content_hash)


def approved_agency(world: World) -> tuple[int, list[int]]:
    """Return an approved agency audit, and the four received unit audits under it."""
    fill_half_year(world)
    units = [
        received_unit(world, unit, quarter) for unit in ("tax1", "tax2") for quarter in (Q1, Q2)
    ]
    audit_id = drawn_agency(world)
    judged(world.actor("agency_manager"), audit_id)
    sign_agency(world, audit_id)
    act(world, audit_id, "approved", "agency_head")
    return audit_id, units


def add_evidence(
    world: World, audit_id: int, record_id: int | None, name: str, content: bytes
) -> int:
    """Store an evidence file as its service does."""
    actor = world.actor("agency_manager")
    with transaction() as db:
        row = Evidence(
            audit_id=audit_id,
            record_id=record_id,
            file_name=name,
            media_type="application/pdf",
            size=len(content),
            sha256=file_store.put(db, content),
            added_at=actor.now,
            added_by=actor.account_id,
            adder_name=actor.name,
        )
        db.add(row)
        db.flush()
        return row.id


def add_incident(world: World, audit_id: int, record_id: int) -> None:
    """Give the incident of a record's person two steps, and words to be found by.

    A deficient verdict has opened it already; without one it is opened here.
    """
    with transaction() as db:
        record = db.get_one(UsageRecord, record_id)
        incident = db.scalar(
            select(Incident).where(
                Incident.audit_id == audit_id, Incident.person_key == record.person_key
            )
        ) or Incident(audit_id=audit_id, person_key=record.person_key, opened_at=NOW)
        incident.agency_id, incident.unit_id = record.agency_id, record.unit_id
        incident.person = f"{record.person_name}（{record.username}）"
        incident.number, incident.title = "事件-115-0001", "無公務事由查詢"
        incident.gravity = "major"
        db.add(incident)
        db.flush()
        db.merge(
            IncidentRecord(
                incident_id=incident.id, record_id=record_id, gravity="major", added_at=NOW
            )
        )
        for step, note in (("reported", "簽陳首長核示"), ("notified", "函請政風室查明")):
            db.add(
                IncidentStep(
                    incident_id=incident.id,
                    step=step,
                    done_on=date(2026, 11, 20),
                    note=note,
                    letter_no="北市稅政字第1156000123號",
                    at=NOW,
                    actor_name="測試003",
                )
            )
