"""Which checks a record did not pass: part of its verdict, and never of one that says compliant."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Verdict
from services.audits import checks
from services.audits.checks import Check
from services.audits.overview import view_audit
from services.audits.sheet import record_history, worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import Invalid
from tests.services.audits.test_unit_audit import audited, drawn_audit, snapshot
from tests.world import World

__all__ = ["audited"]


def test_failed_checks_stand_in_the_history(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    record = next(row.record_id for row in worksheet_rows(head, audit_id) if not row.own)
    judge(head, audit_id, {record: 0}, Ruling.COMPLIANT)
    before = view_audit(head, audit_id).content_hash
    failed = {Check.DISPOSAL, Check.CASE}
    judge(head, audit_id, {record: 1}, Ruling.DEFICIENT, "查無此案", "調卷後發現", failed)
    past = [one.judged.failed for one in record_history(head, audit_id, record)]
    assert past == [(), (Check.CASE, Check.DISPOSAL)]
    judge(head, audit_id, {record: 2}, Ruling.DEFICIENT, "查無此案", "處理方式已補登", {Check.CASE})
    row = next(row for row in worksheet_rows(head, audit_id) if row.record_id == record)
    assert row.judged.failed == (Check.CASE,)
    assert view_audit(head, audit_id).content_hash != before


def test_a_selection_fails_the_same_checks(audited: World) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    rows = [row for row in worksheet_rows(head, audit_id) if not row.own]
    seen = {row.record_id: 0 for row in rows}
    judge(head, audit_id, seen, Ruling.EXPLAIN, "請說明案由", failed=[Check.PURPOSE])
    with reading() as db:
        assert set(db.scalars(select(Verdict.failed_checks))) == {"purpose"}


@pytest.mark.parametrize("failed", [[check] for check in Check] + [list(Check)])
def test_nothing_is_compliant_that_failed_a_check(audited: World, failed: Sequence[Check]) -> None:
    audit_id, head = drawn_audit(audited), audited.actor("head")
    record = next(row.record_id for row in worksheet_rows(head, audit_id) if not row.own)
    before = snapshot()
    with pytest.raises(Invalid, match=f"{failed[0].failed_label}.*不能判定為「符合」"):
        judge(head, audit_id, {record: 0}, Ruling.COMPLIANT, failed=failed)
    assert snapshot() == before


def test_what_is_stored_is_read_back_and_fits_its_column() -> None:
    for failed in ((), (Check.ITEM,), tuple(Check)):
        assert checks.read(checks.stored(failed)) == failed
    assert len(checks.stored(tuple(Check))) <= Verdict.__table__.c.failed_checks.type.length  # type: ignore[attr-defined]
