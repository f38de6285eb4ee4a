"""What the package lacks is what somebody is told to do: the work list, the agency's list and the package agree."""

import re
from dataclasses import dataclass
from itertools import product

import pytest

from data.engine import reading, transaction
from data.models import Agency, Audit, AuditAct, Signature, Unit
from services.actor import operator
from services.audits.agency.audited import audited_in
from services.audits.agency.overview import agency_half
from services.audits.overview import list_audits
from services.audits.package.completeness import missing_parts
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, Quarter
from services.schedule.everybody import all_due
from services.schedule.tasks import tasks_of
from services.schedule.words import TaskKind
from tests.services.schedule.rows import audit_of
from tests.world import EVERYBODY, NOW, World, at

STATES = (None, AuditStatus.FROZEN, AuditStatus.JUDGING, AuditStatus.SIGNED, AuditStatus.RECEIVED)
TODO = {"辦理": TaskKind.UNIT_AUDIT, "簽核": TaskKind.UNIT_AUDIT, "收存": TaskKind.RECEIPT}
Wanted = set[tuple[str, str, TaskKind]]
"""Unit, quarter, and what is to be done about it."""


@dataclass(frozen=True)
class Kind:
    """One unit: how far its audits of both quarters are, whether it is in use, and in which it has records."""

    states: tuple[AuditStatus | None, AuditStatus | None]
    active: bool
    used: tuple[bool, bool]


_QUARTERS = list(product(STATES, (True, False)))
"""How far one quarter can be, with records and without; the two of a unit are paired all different."""
KINDS = [
    Kind((state, other), active, (used, other_used))
    for place, (state, used) in enumerate(_QUARTERS)
    for other, other_used in (_QUARTERS[(3 * place + 4) % len(_QUARTERS)],)
    for active in (True, False)
]
NEWEST, BEFORE, LONG_AGO = HalfYear(2026, 1), HalfYear(2025, 1), HalfYear(2022, 2)
"""The newest ended half-year, one within the three years of the work list, and one that is not."""


def every_kind(world: World, half: HalfYear, status: AuditStatus = AuditStatus.FROZEN) -> int:
    """Store a unit of every kind and the agency's audit of the half-year; return that audit."""
    for number, kind in enumerate(KINDS):
        place = f"unit{number}"
        with transaction() as db:
            unit = Unit(
                agency_id=world.agencies["tax"],
                code=f"U{number:03d}",
                name=f"第{number}股",
                active=kind.active,
            )
            db.add(unit)
            db.flush()
            world.units[place] = unit.id
        for quarter, state, used in zip(half.quarters, kind.states, kind.used, strict=True):
            if used:
                first = quarter.first_day
                moment = at(first.year, first.month, 5)
                world.use("clerk", moment, unit_id=world.units[place], unit_name=f"第{number}股")
            if state:
                audit = audit_of(world, place, str(quarter), state, sample=1).audit_id
                _sign(world, audit, state)
    return audit_of(world, "tax", str(half), status, kind=AuditKind.AGENCY).audit_id


def _sign(world: World, audit_id: int, state: AuditStatus) -> None:
    """Give a signed audit its signature, and a received one that it was received as signed."""
    with transaction() as db:
        if state.is_signed:
            db.add(
                Signature(
                    audit_id=audit_id,
                    capacity="unit_head",
                    signed_at=NOW,
                    signed_by=world.accounts["head"],
                    signer_name="測試",
                    content_hash="1" * 64,
                    summary={},
                )
            )
        if state is AuditStatus.RECEIVED:
            db.add(
                AuditAct(
                    audit_id=audit_id,
                    act="received",
                    at=NOW,
                    actor_name="測試",
                    content_hash="1" * 64,
                )
            )


def lacking(audit_id: int) -> Wanted:
    """Return what the package's sentences about unit audits name."""
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        sentences = missing_parts(db, audit)
        quarters = {one.label: str(one) for one in HalfYear.parse(audit.period).quarters}
    found = set()
    for sentence in sentences:
        if match := re.fullmatch(
            r".+（(\S+)）(\S+季)的單位稽核.*尚未.*(辦理|簽核|收存)。", sentence
        ):
            found.add((match[1], quarters[match[2]], TODO[match[3]]))
    assert len(found) == sum("的單位稽核" in one for one in sentences)
    return found


def codes() -> dict[int, str]:
    with reading() as db:
        return {unit.id: unit.code for unit in db.query(Unit)}


def told(world: World, half: HalfYear) -> Wanted:
    """Return what the work lists of all people say about unit audits of the half-year in their agency."""
    code_of, quarters = codes(), {str(quarter) for quarter in half.quarters}
    found = set()
    for who in EVERYBODY:
        for task in tasks_of(world.actor(who)):
            if task.kind in TODO.values():
                _, unit, period = task.key.split(":")
                if period in quarters:
                    found.add((code_of[int(unit)], period, task.kind))
    return {one for one in found if not one[0].startswith(("PWD", "LAND"))}


def due(half: HalfYear) -> Wanted:
    names = {name: code for code, name in _names().items()}
    return {
        (names[one.unit], one.period, TaskKind(one.kind))
        for one in all_due(operator(NOW), NOW.date())
        if one.kind in {kind.value for kind in TODO.values()}
        and one.period in {str(quarter) for quarter in half.quarters}
        and "稅捐" in one.agency
    }


def _names() -> dict[str, str]:
    with reading() as db:
        return {unit.code: unit.name for unit in db.query(Unit)}


@pytest.mark.parametrize("half", [NEWEST, BEFORE, LONG_AGO], ids=str)
@pytest.mark.parametrize("status", [AuditStatus.FROZEN, AuditStatus.APPROVED])
def test_every_sentence_has_its_task_and_every_task_its_sentence(
    world: World, half: HalfYear, status: AuditStatus
) -> None:
    audit_id = every_kind(world, half, status)
    wanted = lacking(audit_id)
    assert {kind for _, _, kind in wanted} == {TaskKind.UNIT_AUDIT, TaskKind.RECEIPT}
    assert told(world, half) == wanted
    assert due(half) == wanted


@pytest.mark.parametrize("half", [NEWEST, BEFORE], ids=str)
def test_the_agency_waits_for_the_same_audits(world: World, half: HalfYear) -> None:
    wanted = lacking(every_kind(world, half))
    waiting = agency_half(world.actor("agency_manager"), world.agencies["tax"], half).units
    assert wanted == {
        (one.code, str(one.quarter), _todo(one.status))
        for one in waiting
        if one.status is not AuditStatus.RECEIVED
    }
    code_of = codes()
    with reading() as db:
        missing = audited_in(db, db.get_one(Agency, world.agencies["tax"]), half).missing
    assert {(code_of[one.unit_id], one.quarter) for one in missing} == {
        (unit, quarter) for unit, quarter, kind in wanted if kind is TaskKind.UNIT_AUDIT
    }
    for quarter in half.quarters:
        listed = {one.unit_code for one in list_audits(world.actor("ethics"), quarter)}
        assert listed >= {unit for unit, period, _ in wanted if period == str(quarter)}


def _todo(status: AuditStatus) -> TaskKind:
    return TaskKind.RECEIPT if status.is_signed else TaskKind.UNIT_AUDIT


def test_a_nil_return_of_the_earlier_quarter_is_told_before_anybody_opens_the_agency_audit(
    world: World,
) -> None:
    mine = {(unit, quarter) for unit, quarter, _ in told(world, NEWEST)}
    assert mine == {
        (unit, quarter) for unit in ("TAX-DAAN", "TAX-ZS") for quarter in ("2026Q1", "2026Q2")
    }


@pytest.mark.parametrize("half", [NEWEST, BEFORE, LONG_AGO], ids=str)
def test_a_half_year_counts_until_it_was_sent(world: World, half: HalfYear) -> None:
    assert bool(told(world, half)) is (half == NEWEST)
    audit_id = audit_of(world, "tax", str(half), AuditStatus.SIGNED, kind=AuditKind.AGENCY).audit_id
    assert told(world, half) == lacking(audit_id) != set()
    with transaction() as db:
        db.get_one(Audit, audit_id).status = AuditStatus.SENT.value
        # Whoever comes later owes nothing of what is with the bureau already.
        db.add(Unit(agency_id=world.agencies["tax"], code="TAX-NEW", name="新設分處"))
    assert told(world, half) == set()


def test_a_new_unit_owes_both_quarters_and_a_closed_one_what_it_left(world: World) -> None:
    audit_id = audit_of(world, "tax", str(NEWEST), AuditStatus.FROZEN, kind=AuditKind.AGENCY)
    world.use("clerk", at(2026, 2, 3))
    with transaction() as db:
        db.get_one(Unit, world.units["tax1"]).active = False
        db.add(Unit(agency_id=world.agencies["tax"], code="TAX-NEW", name="新設分處"))
    audits = {(unit, quarter) for unit, quarter, _ in lacking(audit_id.audit_id)}
    assert audits == {
        ("TAX-DAAN", "2026Q1"), ("TAX-ZS", "2026Q1"), ("TAX-ZS", "2026Q2"),
        ("TAX-NEW", "2026Q1"), ("TAX-NEW", "2026Q2"),
    }  # fmt: skip
    assert told(world, NEWEST) == lacking(audit_id.audit_id)
    shown = [one.unit_code for one in list_audits(world.actor("ethics"), Quarter(2026, 1))]
    assert "TAX-DAAN" in shown
    shown = [one.unit_code for one in list_audits(world.actor("ethics"), Quarter(2026, 2))]
    assert "TAX-DAAN" not in shown
