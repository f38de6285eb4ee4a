"""What is old enough, and what of it stays: day by day, audit by audit, incident by incident."""

from datetime import date, timedelta

import pytest

from data.engine import reading, transaction
from data.models import Audit, AuditFrame, AuditPackage, Base, PackagePart
from services.actor import operator
from services.ledger.sealing import seal
from services.retention.parts import PARTS
from services.retention.plan import Plan, make_plan
from tests.services.retention.years import BEFORE, Years, add_evidence, add_incident
from tests.world import World, at

OLD = at(2022, 10, 8)
LATE = at(2024, 3, 1)
WORKS = "1-10,71-80"
"""The records that no audit is about."""


def planned(before: date = BEFORE) -> Plan:
    with reading() as db:
        return make_plan(db, before)


def test_old_records_and_whole_old_audits_go_and_frames_of_others_stay(years: Years) -> None:
    plan = planned()
    assert plan.going.audits == (years.old_audit,)
    assert plan.record_ids == "1-80"
    assert (plan.records, plan.kept, plan.waiting) == (80, 40, 0)


def test_an_earlier_date_takes_less(years: Years) -> None:
    plan = planned(date(2022, 10, 9))
    assert plan.going.audits == ()
    assert (plan.record_ids, plan.kept) == ("1-10", 60)
    assert planned(date(2022, 10, 10)).going.audits == (years.old_audit,)
    assert planned(date(2020, 1, 1)).is_empty


def test_days_are_cut_at_taipei_midnight_and_both_days_count(world: World) -> None:
    cut = at(2023, 11, 23, 0)
    second = timedelta(seconds=1)
    world.use("clerk", cut - second)
    world.use("clerk", cut - 2 * second, stored_at=cut)
    world.use("clerk", cut, stored_at=cut - second)
    world.use("clerk", cut - second, stored_at=cut - second)
    seal(operator(cut - second))
    plan = planned()
    assert (plan.record_ids, plan.waiting) == ("1,4", 0)


def test_a_record_that_was_sealed_lately_waits_whatever_its_own_dates_say(world: World) -> None:
    """Dates in a row are the database's word; the checkpoint is signed."""
    world.use("clerk", at(2022, 1, 1), at(2022, 1, 2))
    assert (planned().records, planned().waiting) == (0, 2)
    seal(operator(at(2023, 11, 23, 0)))
    assert (planned().records, planned().waiting) == (0, 2)
    assert (planned(date(2023, 11, 24)).records, planned(date(2023, 11, 24)).waiting) == (2, 0)


@pytest.mark.parametrize(
    ("status", "when", "closed", "goes"),
    [
        ("open", OLD, None, False),
        ("closed", OLD, OLD, True),
        ("closed", OLD, LATE, False),
        ("closed", LATE, LATE, False),
        ("dropped", OLD, None, True),
    ],
)
def test_an_incident_and_its_audit_go_and_stay_together(
    years: Years, status: str, when: object, closed: object, goes: bool
) -> None:
    assert isinstance(when, type(OLD)) and (closed is None or isinstance(closed, type(OLD)))
    incident = add_incident(
        years, years.old_audit, status=status, when=when, closed=closed, record=5
    )
    plan = planned()
    assert plan.going.audits == ((years.old_audit,) if goes else ())
    assert plan.going.incidents == ((incident,) if goes else ())
    # Record 5 belongs to no audit: the incident alone keeps it.
    assert plan.record_ids == ("1-80" if goes else "1-4,6-10,71-80")


def test_an_incident_without_an_audit_goes_by_itself(years: Years) -> None:
    gone = add_incident(years, None, when=OLD, closed=OLD)
    add_incident(years, None, when=OLD, status="open")
    plan = planned()
    assert plan.going.incidents == (gone,)
    assert plan.record_ids == "1-4,6-80"


def test_one_late_file_keeps_the_whole_audit(years: Years) -> None:
    add_evidence(years.old_audit, LATE)
    assert planned().going.audits == ()
    assert planned().record_ids == WORKS


def test_a_record_named_by_evidence_of_an_audit_that_stays_stays(years: Years) -> None:
    add_evidence(years.late_audit, OLD, record_id=3)
    assert planned().record_ids == "1-2,4-80"


def test_a_package_that_stays_keeps_the_audit_whose_files_it_names(years: Years) -> None:
    file = add_evidence(years.old_audit, OLD)
    assert planned().going.audits == (years.old_audit,)
    with transaction() as db:
        package = AuditPackage(
            audit_id=years.late_audit, sent_at=LATE, letter_no="府稅字第1130000001號",
            letter_date=LATE.date(), manifest={}, manifest_sha256="0" * 64,
        )  # fmt: skip
        db.add(package)
        db.flush()
        db.add(
            PackagePart(
                package_id=package.id, path="a.pdf", sha256="0" * 64, size=1, evidence_id=file
            )
        )
    assert planned().going.audits == ()


def test_an_agency_audit_that_stays_keeps_the_unit_audits_it_rests_on(years: Years) -> None:
    with transaction() as db:
        audit = Audit(
            kind="agency", agency_id=years.world.agencies["tax"], period="2022H2", opened_at=LATE
        )
        db.add(audit)
        db.flush()
        db.add(
            AuditFrame(
                audit_id=audit.id, frozen_at=LATE, content=_EMPTY, frame_hash=_EMPTY_HASH,
                records=0, people=0, months=0, people_counted=0, planned_records=0,
                basis={"units": [{"audit_id": years.old_audit}]},
            )
        )  # fmt: skip
    assert planned().going.audits == ()
    assert planned().record_ids == WORKS


_EMPTY = b"x\x9c\x03\x00\x00\x00\x00\x01"
_EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_audit_that_was_never_finished_goes_too(years: Years) -> None:
    with transaction() as db:
        audit = Audit(
            agency_id=years.world.agencies["tax"], unit_id=years.world.units["tax2"],
            period="2022Q3", opened_at=OLD,
        )  # fmt: skip
        db.add(audit)
        db.flush()
        made = audit.id
    assert planned().going.audits == (years.old_audit, made)


def test_every_table_that_hangs_on_an_audit_or_incident_is_a_part() -> None:
    """A table that is added later has to say here that it goes with its audit."""
    names = {part.name for part in PARTS}
    hanging = {"audits", "incidents"}
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            for key in table.foreign_keys
            if key.column.table.name in hanging
        }
        if more <= hanging:
            break
        hanging |= more
    assert names == hanging
    order = [part.name for part in PARTS]
    for part in PARTS:
        for key in part.table.foreign_keys:
            target = key.column.table.name
            if target in names and target != part.name:
                assert order.index(target) < order.index(part.name)
