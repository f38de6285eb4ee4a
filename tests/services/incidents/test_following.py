"""Verdicts open, join, change and drop incidents; one a person and audit, whatever the order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Event, Incident
from services.audits.words import Ruling
from services.errors import UserError
from tests.prepared import objects
from tests.services.incidents.helping import Audited, audited, incidents, records_in, steps_of
from tests.world import NOW, World


@pytest.fixture
def audit(world: World) -> Audited:
    return audited(world)


def test_a_deficient_verdict_opens_an_incident_of_that_person(audit: Audited) -> None:
    one, two, *_ = audit.of["clerk"]
    audit.judge([one, two], Ruling.DEFICIENT)
    (incident,) = incidents()
    world = audit.world
    assert (incident.number, incident.status) == (f"件115-{incident.id:06d}", "open")
    assert (incident.gravity, incident.audit_id) == ("deficient", audit.audit_id)
    assert incident.account_id == world.accounts["clerk"]
    assert incident.unit_id == world.units["tax1"]
    assert incident.agency_id == world.agencies["tax"]
    assert incident.person.endswith("（clerk）")
    assert incident.opened_at == NOW
    assert records_in(incident.id) == {one: "deficient", two: "deficient"}
    with reading() as db:
        (event,) = db.scalars(select(Event).where(Event.type == "incident_opened"))
    assert event.detail == {
        "number": incident.number, "gravity": "deficient", "records": [one, two],
    }  # fmt: skip


def test_compliant_and_please_explain_open_nothing(audit: Audited) -> None:
    audit.judge(audit.of["clerk"][:2], Ruling.COMPLIANT)
    audit.judge(audit.of["clerk"][2:], Ruling.EXPLAIN)
    assert incidents() == []


def test_one_bulk_verdict_opens_one_incident_a_person(audit: Audited) -> None:
    audit.judge([*audit.of["clerk"], *audit.of["clerk2"]], Ruling.MAJOR)
    assert [(i.person.split("（")[1], i.gravity) for i in incidents()] == [
        ("clerk）", "major"), ("clerk2）", "major"),
    ]  # fmt: skip
    assert [sorted(records_in(i.id)) for i in incidents()] == [
        audit.of["clerk"], audit.of["clerk2"],
    ]  # fmt: skip


def test_a_graver_verdict_joins_and_raises_it(audit: Audited) -> None:
    one, two, *_ = audit.of["clerk"]
    audit.judge([one], Ruling.DEFICIENT)
    audit.judge([two], Ruling.MAJOR)
    (incident,) = incidents()
    assert (incident.gravity, incident.revision) == ("major", 2)
    assert records_in(incident.id) == {one: "deficient", two: "major"}
    assert steps_of(incident.id) == ["opened", "changed"]
    audit.judge([two], Ruling.DEFICIENT)
    assert incidents()[0].gravity == "deficient"


def test_a_verdict_changed_back_takes_its_record_out_and_the_last_one_drops_it(
    audit: Audited,
) -> None:
    one, two, *_ = audit.of["clerk"]
    audit.judge([one, two], Ruling.MAJOR)
    audit.judge([one], Ruling.COMPLIANT)
    (incident,) = incidents()
    assert records_in(incident.id) == {two: "major"}
    audit.judge([two], Ruling.EXPLAIN)
    (incident,) = incidents()
    assert (incident.status, records_in(incident.id)) == ("dropped", {})
    assert steps_of(incident.id) == ["opened", "changed", "dropped"]


def test_a_new_wrong_verdict_takes_up_a_dropped_or_a_closed_one_again(audit: Audited) -> None:
    one, two, three, *_ = audit.of["clerk"]
    audit.judge([one], Ruling.DEFICIENT)
    audit.judge([one], Ruling.COMPLIANT)
    audit.judge([two], Ruling.DEFICIENT)
    (incident,) = incidents()
    assert (incident.status, records_in(incident.id)) == ("open", {two: "deficient"})
    _close(incident.id)
    audit.judge([three], Ruling.DEFICIENT)
    (incident,) = incidents()
    assert (incident.status, incident.closed_at) == ("open", None)
    assert steps_of(incident.id)[-1] == "reopened"


def test_a_closed_one_stays_closed_where_nothing_grows_worse(audit: Audited) -> None:
    one, two, *_ = audit.of["clerk"]
    audit.judge([one, two], Ruling.MAJOR)
    _close(incidents()[0].id)
    audit.judge([one], Ruling.COMPLIANT)
    audit.judge([two], Ruling.DEFICIENT)
    (incident,) = incidents()
    assert (incident.status, records_in(incident.id)) == ("closed", {two: "deficient"})


def _close(incident_id: int) -> None:
    with transaction() as db:
        incident = db.get_one(Incident, incident_id)
        incident.status, incident.closed_at = "closed", NOW


def test_a_verdict_that_is_not_given_opens_nothing(audit: Audited) -> None:
    one, *_ = audit.of["clerk"]
    before = objects()
    with pytest.raises(UserError):
        audit.judge([one, 999_999], Ruling.MAJOR)
    assert objects() == before


RULINGS = st.sampled_from(Ruling)
MOVES = st.lists(st.tuples(st.sets(st.integers(0, 7), min_size=1), RULINGS), max_size=12)


@settings(max_examples=8)
@given(moves=MOVES)
def test_after_any_verdicts_the_incidents_are_the_wrong_records_by_person(
    going_on: Audited, moves: list[tuple[set[int], Ruling]]
) -> None:
    audit = going_on
    owners = {record: who for who, records in audit.of.items() for record in records}
    everything = sorted(owners)
    audit.judge(everything, Ruling.COMPLIANT)
    wrong: dict[int, str] = {}
    for places, ruling in moves:
        records = [everything[place] for place in sorted(places)]
        audit.judge(records, ruling)
        for record in records:
            wrong.pop(record, None)
            if ruling.deviates:
                wrong[record] = ruling.value
    held = {i.person_key: (i.status, records_in(i.id)) for i in incidents()}
    for who in audit.of:
        theirs = {record: wrong[record] for record in sorted(wrong) if owners[record] == who}
        stands: tuple[str, dict[int, str]] = held.get(
            str(audit.world.accounts[who]), ("dropped", {})
        )
        assert stands == ("open" if theirs else "dropped", theirs)


@pytest.fixture
def going_on(world: World) -> Audited:
    """The same audit for every example: they follow each other, as verdicts do."""
    return audited(world)
