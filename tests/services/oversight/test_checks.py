"""The machine's review: a clean package passes every check, and each single fault is found, named, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from data.append_only import APPEND_ONLY, unprotect
from data.engine import reading, transaction
from data.models import Audit, AuditPackage, CheckRun
from services.audits.store import Sampled
from services.audits.words import DrawKind, Ruling
from services.oversight.checks.all_checks import CHECKS, run_checks
from services.oversight.checks.result import Result, read
from services.oversight.facts import AuditFacts, PackageFacts, VerdictFact
from services.oversight.gathering import audits_of
from services.oversight.reviewing import package_facts, results_of
from services.oversight.words import CheckState
from services.regulation.audit_kinds import AuditKind
from tests.services.oversight.whole import Dated, received
from tests.staged import Stage
from tests.world import World

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def sent(stage: Stage, world: World) -> Dated:
    return stage.add(world, received)


def found(results: list[Result]) -> dict[str, str]:
    """Return the checks that did not pass, and how."""
    return {one.check: one.state.value for one in results if one.state is not CheckState.PASSED}


def package_of(db: Session) -> AuditPackage:
    return db.query(AuditPackage).one()


# --- faults in the facts: the checks are pure ----------------------------------------------------


def _agencys(audit: AuditFacts) -> bool:
    return audit.kind is AuditKind.AGENCY


def _sampled(
    audit: AuditFacts, items: Callable[[tuple[Sampled, ...]], Any], **more: Any
) -> AuditFacts:
    """Change what the first draw is said to have taken; what is held and judged goes with it."""
    draw = audit.draws[0]
    taken = tuple(items(draw.items))
    ids = tuple(item.record_id for item in taken)
    changed = replace(audit, draws=(replace(draw, items=taken, **more),), held=ids)
    return replace(changed, verdicts=tuple(one for one in audit.verdicts if one.record_id in ids))


def _judged(audit: AuditFacts, **how: Any) -> AuditFacts:
    first, *others = audit.verdicts
    return replace(audit, verdicts=(replace(first, **how), *others))


def _redrawn(audit: AuditFacts, ruling: Ruling | None) -> AuditFacts:
    """Let the sample in force be a second draw: the same one, after a first that took one record more."""
    draw = audit.draws[0]
    left = (
        next(
            record
            for record in audit.frame.ids.tolist()
            if record not in {i.record_id for i in draw.items}
        )
        if audit.frame and len(audit.frame) > len(draw.items)
        else 999_999
    )
    other = draw.items[0]._replace(record_id=left)
    first = replace(draw, items=(other,), in_force=False)
    second = replace(draw, number=2, kind=DrawKind.REDRAW, reason="抽樣時系統中斷")
    made = replace(audit, draws=(first, second))
    if ruling is None:
        return made
    verdict = VerdictFact(left, ruling, None, "某人", True)
    return replace(made, verdicts=(*audit.verdicts, verdict))


FACT_FAULTS: dict[str, tuple[Callable[[AuditFacts], AuditFacts], dict[str, str]]] = {
    "the frame does not hash": (
        lambda a: replace(a, frame=None),
        {"frames": "failed"} | dict.fromkeys(("records", "draws", "floors", "coverage"), "look"),
    ),
    "a seed is another one": (
        lambda a: replace(a, draws=(replace(a.draws[0], seed="00ff"),)),
        {"draws": "failed"},
    ),
    "a draw is over another frame": (
        lambda a: replace(a, draws=(replace(a.draws[0], frame_hash="0" * 64),)),
        {"draws": "failed"},
    ),
    "a rank is another one": (
        lambda a: _sampled(a, lambda i: (i[0]._replace(rank=99), *i[1:])),
        {"draws": "failed"},
    ),
    "a ticket is another one": (
        lambda a: _sampled(a, lambda i: (i[0]._replace(ticket="0.1"), *i[1:])),
        {"draws": "failed"},
    ),
    "there was no draw": (
        lambda a: replace(a, draws=(), held=(), verdicts=()),
        {"draws": "failed", "floors": "failed", "coverage": "failed"},
    ),
    "the floor of records is higher": (
        lambda a: replace(a, floors=replace(a.floors, records=99)),
        {"floors": "failed"},
    ),
    "the floor of people is higher": (
        lambda a: replace(a, floors=replace(a.floors, users=9)),
        {"coverage": "failed"},
    ),
    "a record is not judged": (lambda a: replace(a, verdicts=a.verdicts[1:]), {"judged": "failed"}),
    "a record waits for an explanation": (
        lambda a: _judged(a, ruling=Ruling.EXPLAIN),
        {"judged": "look"},
    ),
    "a deficiency has no file": (
        lambda a: _judged(a, ruling=Ruling.DEFICIENT),
        {"evidence": "look"},
    ),
    "nobody signed": (lambda a: replace(a, signers=()), {"signers": "failed"}),
    "a signer held nothing": (
        lambda a: replace(a, signers=(replace(a.signers[0], entitled=False), *a.signers[1:])),
        {"signers": "failed"},
    ),
    "somebody judged their own record": (
        lambda a: replace(
            a, owners={**a.owners, a.verdicts[0].record_id: a.verdicts[0].judge_id or 0}
        ),
        {"own_records": "failed"},
    ),
    "a signer is among the audited": (
        lambda a: replace(a, owners={**a.owners, -1: a.signers[0].account_id}),
        {"own_records": "look"},
    ),
    "it was never signed": (lambda a: replace(a, signed_hash=""), {"unchanged": "failed"}),
    "it changed since": (lambda a: replace(a, content_hash="f" * 64), {"unchanged": "failed"}),
    "it was signed late": (
        lambda a: replace(a, signed_at=a.signed_at and a.signed_at + timedelta(days=40)),
        {"timing": "failed"},
    ),
    "it was drawn again": (lambda a: _redrawn(a, None), {"redraws": "look", "draws": "failed"}),
    "a redraw left a deficiency": (
        lambda a: _redrawn(a, Ruling.MAJOR),
        {"redraws": "look", "draws": "failed", "evidence": "look"},
    ),
    "a flagged record was passed over": (
        lambda a: replace(a, flagged=frozenset({999})),
        {"flags": "look"},
    ),
    "the ledger does not prove it": (
        lambda a: replace(a, unproved="使用紀錄第 7 筆與封存時不同。"),
        {"ledger": "failed"},
    ),
    "records came late": (lambda a: replace(a, late=3), {"records": "look"}),
}
AGENCY_FAULTS: dict[str, tuple[Callable[[AuditFacts], AuditFacts], dict[str, str]]] = {
    "the unit found otherwise": (
        lambda a: replace(a, unit_rulings={a.held[0]: Ruling.MAJOR}),
        {"disagreement": "look"},
    ),
    "one person signed twice": (
        lambda a: replace(
            a, signers=tuple(replace(one, account_id=a.signers[0].account_id) for one in a.signers)
        ),
        {"signers": "failed"},
    ),
    "nobody approved it": (lambda a: replace(a, approver=None), {"signers": "failed"}),
    "a signer approved it": (
        lambda a: replace(a, approver=a.signers[0]),
        {"signers": "failed"},
    ),
    "whoever approved it was no head": (
        lambda a: replace(a, approver=a.approver and replace(a.approver, entitled=False)),
        {"signers": "failed"},
    ),
    "a signer has another role by now": (
        lambda a: replace(a, signers=(replace(a.signers[0], entitled=None), *a.signers[1:])),
        {"signers": "look"},
    ),
    "only the manager signed": (lambda a: replace(a, signers=a.signers[:1]), {"signers": "failed"}),
}
PACKAGE_FAULTS: dict[str, tuple[Callable[[PackageFacts], PackageFacts], dict[str, str]]] = {
    "a file is another one": (
        lambda p: replace(p, altered=("單位稽核/a.pdf",)),
        {"package": "failed"},
    ),
    "its list is another one": (lambda p: replace(p, list_intact=False), {"package": "failed"}),
    "its list leaves one out": (
        lambda p: replace(p, listed=dict(list(p.listed.items())[1:])),
        {"package": "failed"},
    ),
    "its list says something else": (
        lambda p: replace(p, listed={**p.listed, next(iter(p.listed)): ("0", "0")}),
        {"package": "failed"},
    ),
    "a unit is missing": (
        lambda p: replace(p, missing=("中山分處 115年第1季",)),
        {"units": "failed"},
    ),
    "it came late": (
        lambda p: replace(p, sent_at=p.sent_at + timedelta(days=20)),
        {"timing": "failed"},
    ),
}


@on_sqlite
def test_every_single_fault_is_found_named_and_nothing_else(sent: Dated) -> None:
    with reading() as db:
        package = package_of(db)
        assert found([read(kept) for kept in db.query(CheckRun).one().results]) == {}
        ids = [one["audit_id"] for one in package.manifest["audits"]]
        audits = list(audits_of(db, ids))
        package = package_of(db)  # the audits were let go, and it with them
        whole = package_facts(
            db, db.get_one(Audit, package.audit_id), ids, package, package.sent_at
        )
    assert found(run_checks(audits, whole)) == {}
    # Of a unit with several people, so that each floor can be missed by itself.
    unit = next(place for place, one in enumerate(audits) if not _agencys(one) and len(one.draws))
    agency = next(place for place, one in enumerate(audits) if _agencys(one))
    for place, faults in ((unit, FACT_FAULTS), (agency, AGENCY_FAULTS)):
        for name, (break_, expected) in faults.items():
            broken = [break_(one) if n == place else one for n, one in enumerate(audits)]
            results = run_checks(broken, whole)
            assert found(results) == expected, name
            named = [item for one in results for item in one.items]
            assert all(audits[place].name in item.sentence for item in named), name
            assert {item.audit_id for item in named} == {audits[place].audit_id}, name
    for name, (break_package, expected) in PACKAGE_FAULTS.items():
        broken_package = break_package(whole)
        assert found(run_checks(audits, broken_package)) == expected, name
    covered = {
        code
        for faults in (FACT_FAULTS, AGENCY_FAULTS, PACKAGE_FAULTS)
        for _, expected in faults.values()
        for code in expected
    }
    assert covered == {check.code for check in CHECKS}


# --- faults in the database: nothing that is read hides one ---------------------------------------

_UNIT = "(SELECT min(id) FROM audits WHERE kind = 'unit')"
_RECORD = f"(SELECT min(record_id) FROM sample_items WHERE audit_id = {_UNIT})"
_PICKED_FIRST = f"SELECT min(id) FROM sample_items WHERE audit_id = {_UNIT}"
STORED_FAULTS: dict[str, tuple[str, set[str]]] = {
    "a record's purpose was altered": (
        f"UPDATE usage_records SET document_no = 'x' WHERE id = {_RECORD}",
        {"ledger"},
    ),
    "a record was given to somebody else": (
        f"UPDATE usage_records SET person_key = 'other' WHERE id = {_RECORD}",
        {"records", "ledger"},
    ),
    "a record is gone": (
        f"DELETE FROM usage_records WHERE id = {_RECORD}",
        {"records", "ledger"},
    ),
    "a frame has another hash": (
        f"UPDATE audit_frames SET frame_hash = '{'0' * 64}' WHERE audit_id = {_UNIT}",
        {"frames", "package", "unchanged", "records", "draws", "floors", "coverage"},
    ),
    "a seed was changed": (
        f"UPDATE audit_draws SET seed = '00' WHERE audit_id = {_UNIT}",
        {"draws", "unchanged"},
    ),
    "a verdict's words were changed": (
        f"UPDATE verdicts SET note = 'x' WHERE audit_id = {_UNIT} AND record_id = {_RECORD}",
        {"unchanged"},
    ),
    "a verdict is gone": (
        f"DELETE FROM verdicts WHERE audit_id = {_UNIT} AND record_id = {_RECORD}",
        {"judged", "unchanged"},
    ),
    "a sampled record is another one": (
        f"UPDATE sample_items SET ticket = '0.5' WHERE id = ({_PICKED_FIRST})",
        {"draws"},
    ),
    "a signature is gone": (
        f"DELETE FROM signatures WHERE audit_id = {_UNIT}",
        {"signers", "unchanged", "package"},
    ),
    "somebody of another agency signed for the manager": (
        "UPDATE signatures SET signed_by = (SELECT id FROM accounts WHERE username = 'works_clerk') "
        "WHERE capacity = 'agency_manager'",
        {"signers"},
    ),
    "the head's approval is gone": (
        "DELETE FROM audit_acts WHERE act = 'approved'",
        {"signers"},
    ),
    "the list leaves the agency's audit out": (
        "UPDATE audit_packages SET manifest = (jsonb_set(manifest::jsonb, '{audits}', '[]'))::json",
        {"package"},
    ),
    "the head was none": (
        "UPDATE account_duties SET starts_at = '2026-09-01 00:00:00+00:00' "
        "WHERE duty = 'unit_head' AND unit_id = (SELECT unit_id FROM audits WHERE id = "
        f"{_UNIT})",
        {"signers"},
    ),
    "a file of the package was changed": (
        "UPDATE package_parts SET content = '' WHERE id = (SELECT min(id) FROM package_parts)",
        {"package"},
    ),
    "a record is flagged and was not drawn": (
        "UPDATE usage_records SET flags = 'night' WHERE id = (SELECT min(id) FROM usage_records "
        f"WHERE unit_id = (SELECT unit_id FROM audits WHERE id = {_UNIT}) AND id NOT IN "
        "(SELECT record_id FROM sample_items))",
        {"flags"},
    ),
}


@on_postgresql
def test_what_is_altered_in_the_database_is_found(sent: Dated) -> None:
    for name, (statement, expected) in STORED_FAULTS.items():
        with transaction() as db:
            for table in APPEND_ONLY:
                unprotect(db.connection(), table)
            done = db.execute(text(statement))
            assert done.rowcount, name  # type: ignore[attr-defined]
            assert set(found(results_of(db, package_of(db)))) == expected, name
            db.rollback()
    with reading() as db:
        assert found(results_of(db, package_of(db))) == {}
