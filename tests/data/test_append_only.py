"""The database itself refuses to change or remove what is only ever added to."""

from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from data.append_only import APPEND_ONLY, TRIGGER, unprotect, unprotected
from data.engine import engine, reading, transaction
from data.migrate import upgrade
from data.models import (
    Application,
    ApplicationAct,
    AuditAct,
    AuditPackage,
    CheckOverruling,
    CheckRun,
    Destruction,
    Event,
    Evidence,
    EvidenceWithdrawal,
    Finding,
    FindingStep,
    Handover,
    Incident,
    IncidentStep,
    KeptDocument,
    PackagePart,
    PackageReview,
    Purge,
    ReviewStep,
)
from services.actor import operator
from services.audits.signing import reopen
from services.audits.worksheet import pick
from services.ledger.sealing import seal
from services.operation.upgrading import upgrade as bring_up_to_date
from tests.services.audits.test_unit_audit import (
    audited,
    drawn_audit,
    judge_everything,
    sign_as_shown,
)
from tests.world import NOW, World

__all__ = ["audited"]


@pytest.fixture
def filled(audited: World) -> World:
    """A world in which every table that is only added to holds rows."""
    audit_id = drawn_audit(audited)
    head = audited.actor("head")
    with reading() as db:
        drawn = set(db.scalars(text("SELECT record_id FROM sample_items")))
        frame = set(db.scalars(text("SELECT id FROM usage_records WHERE unit_id = 1")))
    quarter = sorted(frame - drawn)[:5]
    pick(head, audit_id, quarter[:1], "深夜查詢，須查明")
    judge_everything(audited, audit_id)
    sign_as_shown(head, audit_id)
    reopen(head, audit_id, "漏列一筆佐證資料")
    seal(operator(NOW))
    with transaction() as db:
        db.execute(
            text("INSERT INTO ledger_timestamps VALUES (1, :now, :answer)"),
            {"now": NOW.replace(tzinfo=None), "answer": b"x"},
        )
        _fill_accounts(db, audited.accounts["clerk"], audited.units["tax1"])
        _fill_audits(db, audit_id, audited.units["tax1"], audited.agencies["tax"])
        _fill_reviews(db, audit_id, audited.accounts["clerk"], audited.agencies["tax"])
    return audited


def _fill_accounts(db: Session, account_id: int, unit_id: int) -> None:
    application = Application(
        number="申115-000001", role="general_user", kind="cancel", state="open", step=1,
        staff_no="T1", name="測試", unit_id=unit_id, items=[], reason="離職", submitted_at=NOW,
    )  # fmt: skip
    document = KeptDocument(
        kind="form", unit_id=unit_id, file_name="x.pdf", media_type="application/pdf", size=1,
        sha256="0" * 64, stored_at=NOW,
    )  # fmt: skip
    db.add_all([application, document])
    db.flush()
    db.add_all(
        [
            ApplicationAct(
                application_id=application.id, step=0, act="submitted", at=NOW, actor_name="測試",
                detail={},
            ),
            Destruction(
                document_id=document.id, act="proposed", at=NOW, account_id=account_id,
                reason="滿一年", sha256="0" * 64,
            ),
            Handover(
                at=NOW, from_id=account_id, to_id=account_id, by_id=account_id, reason="調職",
                documents=[],
            ),
        ]
    )  # fmt: skip


def _fill_audits(db: Session, audit_id: int, unit_id: int, agency_id: int) -> None:
    incident = Incident(
        number="件115-000001", agency_id=agency_id, unit_id=unit_id, gravity="major",
        title="重大缺失", opened_at=NOW,
    )  # fmt: skip
    evidence = Evidence(
        audit_id=audit_id, file_name="x.pdf", media_type="application/pdf", size=1,
        sha256="0" * 64, added_at=NOW, adder_name="測試",
    )  # fmt: skip
    package = AuditPackage(
        audit_id=audit_id, sent_at=NOW, letter_no="府稅字第1150000001號", letter_date=NOW.date(),
        manifest={}, manifest_sha256="0" * 64,
    )  # fmt: skip
    db.add_all([incident, evidence, package])
    db.flush()
    db.add_all(
        [
            AuditAct(audit_id=audit_id, act="received", at=NOW, actor_name="測試"),
            EvidenceWithdrawal(evidence_id=evidence.id, reason="誤傳", at=NOW),
            PackagePart(package_id=package.id, path="a.pdf", sha256="0" * 64, size=1, content=b"a"),
            IncidentStep(
                incident_id=incident.id, step="reported", done_on=NOW.date(), at=NOW,
                actor_name="測試",
            ),
            Purge(
                at=NOW, before=NOW.date(), archive="a.zip", archive_sha256="0" * 64, records=1,
                audits=0, record_ids="1",
            ),
        ]
    )  # fmt: skip


def _fill_reviews(db: Session, audit_id: int, account_id: int, agency_id: int) -> None:
    review = PackageReview(
        agency_id=agency_id, period="2026H1", audit_id=audit_id, received_at=NOW, state="received",
    )  # fmt: skip
    db.add(review)
    db.flush()
    finding = Finding(
        number="缺115-000001", review_id=review.id, agency_id=agency_id, title="說明查詢目的",
        state="asked", due_on=NOW.date(), first_due_on=NOW.date(), opened_at=NOW,
    )  # fmt: skip
    db.add(finding)
    db.flush()
    db.add_all(
        [
            ReviewStep(review_id=review.id, act="receive", at=NOW, actor_name="測試"),
            CheckRun(
                review_id=review.id, package_id=db.query(AuditPackage).one().id, version=1, at=NOW,
                failed=0, to_look=0, results=[],
            ),
            CheckOverruling(
                review_id=review.id, check_code="timing", result_sha256="0" * 64, reason="已說明",
                at=NOW, account_id=account_id, actor_name="測試",
            ),
            FindingStep(
                finding_id=finding.id, act="ask", at=NOW, account_id=account_id, actor_name="測試",
                note="請說明",
            ),
        ]
    )  # fmt: skip


def count(table: str) -> int:
    with reading() as db:
        return int(db.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def first_column(table: str) -> str:
    return str(inspect(engine()).get_columns(table)[0]["name"])


@pytest.mark.attack("ledger")
def test_no_row_is_changed_or_removed(filled: World, database: str) -> None:
    for table in APPEND_ONLY:
        before, column = count(table), first_column(table)
        assert before, table
        forbidden = [
            f"UPDATE {table} SET {column} = {column}",
            f"UPDATE {table} SET {column} = 0 WHERE {column} = 1",
            f"DELETE FROM {table}",
        ]
        if database == "postgresql":
            forbidden += [f"TRUNCATE {table} CASCADE"]
        else:
            forbidden += [f"REPLACE INTO {table} SELECT * FROM {table}"]
        for statement in forbidden:
            with pytest.raises(DBAPIError, match="only ever added to"), transaction() as db:
                db.execute(text(statement))
        assert count(table) == before


@pytest.mark.attack("ledger")
def test_a_session_that_calls_itself_a_replica_is_refused_too(filled: World, database: str) -> None:
    """That setting keeps ordinary triggers from firing; SQLite's name for it is a pragma."""
    aside = {
        "postgresql": "SET LOCAL session_replication_role = replica",
        "sqlite": "PRAGMA ignore_check_constraints = ON",
    }
    with transaction() as db:
        db.execute(text(aside[database]))
        with pytest.raises(DBAPIError, match="only ever added to"):
            db.execute(text("DELETE FROM events"))
        db.rollback()


def triggers(database: str) -> dict[str, int]:
    tables = {
        "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        f"WHERE tgname = '{TRIGGER}' AND tgenabled = 'A'",
    }
    found: dict[str, int] = {}
    with reading() as db:
        for table in db.scalars(text(tables[database])):
            found[table] = found.get(table, 0) + 1
    return found


def test_every_table_of_the_list_is_protected_and_no_other(database: str) -> None:
    each = {"sqlite": 2, "postgresql": 1}[database]
    assert triggers(database) == dict.fromkeys(APPEND_ONLY, each)


def test_the_protection_can_be_taken_away_for_a_migration(database: str) -> None:
    with transaction() as db:
        for table in APPEND_ONLY:
            unprotect(db.connection(), table)
    assert triggers(database) == {}


def test_a_trigger_that_is_gone_switched_off_or_empty_is_named(database: str) -> None:
    ways = {
        "sqlite": [
            "DROP TRIGGER events_append_only_update",
            "DROP TRIGGER verdicts_append_only_delete; CREATE TRIGGER verdicts_append_only_delete "
            "BEFORE DELETE ON verdicts BEGIN SELECT 1; END",
        ],
        "postgresql": [
            f"DROP TRIGGER {TRIGGER} ON events",
            f"ALTER TABLE verdicts DISABLE TRIGGER {TRIGGER}",
            f"ALTER TABLE signatures ENABLE TRIGGER {TRIGGER}",  # a replica would get past it
            f"DROP TRIGGER {TRIGGER} ON sample_items; CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON "
            "sample_items EXECUTE FUNCTION refuse_change(); "
            f"ALTER TABLE sample_items ENABLE ALWAYS TRIGGER {TRIGGER}",
        ],
    }
    named = {
        "sqlite": ["events", "verdicts"],
        "postgresql": ["events", "sample_items", "verdicts", "signatures"],
    }
    with transaction() as db:
        assert unprotected(db.connection()) == []
        for way in ways[database]:
            for statement in way.split("; ") if database == "postgresql" else way.split("; ", 1):
                db.execute(text(statement))
    with reading() as db:
        assert unprotected(db.connection()) == named[database]


def test_a_function_that_lets_everything_through_unprotects_every_table(database: str) -> None:
    if database == "postgresql":
        with transaction() as db:
            db.execute(
                text(
                    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
                    "AS $$ BEGIN RETURN NULL; END $$"
                )
            )
            assert unprotected(db.connection()) == list(APPEND_ONLY)


def test_bringing_the_tables_up_to_date_restores_the_triggers_on_record(database: str) -> None:
    before = triggers(database)
    assert bring_up_to_date(operator(NOW)) == []
    with transaction() as db:
        unprotect(db.connection(), "events")
        unprotect(db.connection(), "signatures")
    assert bring_up_to_date(operator(NOW)) == ["events", "signatures"]
    assert triggers(database) == before
    with reading() as db:
        found = db.scalars(select(Event)).one()
    assert (found.type, found.detail) == (
        "protection_restored",
        {"tables": ["events", "signatures"]},
    )


def test_a_second_upgrade_changes_nothing(database: str) -> None:
    before: Any = triggers(database)
    upgrade()
    assert triggers(database) == before
