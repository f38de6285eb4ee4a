"""Everything that is due from anybody: clauses, days, states, and who has to do it."""

from datetime import date

import pytest
from sqlalchemy import update

from data.engine import transaction
from data.models import Account, AccountDuty
from services.actor import operator
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.roles import Duty
from services.reviews.opening import open_review
from services.schedule.everybody import Due, all_due
from tests.services.schedule.rows import audit_of
from tests.world import NOW, World, at

FEBRUARY = date(2026, 2, 20)


def due(on: date = FEBRUARY, agency: str = "稅捐") -> list[Due]:
    return [one for one in all_due(operator(NOW), on) if agency in one.agency]


def audits(found: list[Due]) -> set[tuple[str, str, str, str]]:
    return {(d.kind, d.period, d.unit, d.state) for d in found if d.kind != "access_review"}


def test_audits_that_nobody_has_begun_are_in_it(world: World) -> None:
    found = due()
    assert audits(found) == {
        ("unit_audit", "2025Q3", "大安分處", "overdue"),
        ("unit_audit", "2025Q3", "中山分處", "overdue"),
        ("unit_audit", "2025Q4", "大安分處", "overdue"),
        ("unit_audit", "2025Q4", "中山分處", "overdue"),
        ("agency_audit", "2025H2", "", "overdue"),
        ("sending", "2025H2", "", "due"),
    }
    days = {(d.kind, d.clause, d.nominal, d.due) for d in found if d.kind != "access_review"}
    assert days == {
        ("unit_audit", "7.1.1", "2025-10-31", "2025-10-31"),
        ("unit_audit", "7.1.1", "2026-01-31", "2026-02-02"),
        ("agency_audit", "7.1.2", "2026-01-31", "2026-02-02"),
        ("sending", "7.1.2", "2026-02-28", "2026-03-02"),
    }
    assert [d.due for d in found] == sorted(d.due for d in found)


@pytest.mark.parametrize(
    ("day", "state"),
    [(date(2026, 2, 28), "due"), (date(2026, 3, 2), "due"), (date(2026, 3, 3), "overdue")],
)
def test_the_end_of_february_moves_past_the_holiday(world: World, day: date, state: str) -> None:
    assert ("sending", "2025H2", "", state) in audits(due(day))


def test_past_periods_that_were_never_done_stay_in_it(world: World) -> None:
    world.use("clerk", at(2025, 5, 5))
    done = audit_of(world, "tax1", "2025Q3", AuditStatus.RECEIVED)
    assert done.audit_id
    mine = [d.period for d in due() if d.unit == "大安分處"]
    assert mine == ["2025Q2", "2025Q4"]
    assert [d.period for d in due() if d.kind == "sending"] == ["2025H1", "2025H2"]
    # The other unit has no records yet: its nil returns go with the newest half-year.
    assert [d.period for d in due() if d.unit == "中山分處"] == ["2025Q3", "2025Q4"]


def test_each_step_names_who_takes_it(world: World) -> None:
    def who(kind: str) -> str:
        return next(d.who for d in due() if d.kind == kind and d.unit in ("", "大安分處"))

    assert who("unit_audit") == "測試003（head）、測試004（auditor）"
    assert who("agency_audit") == "測試006（agency_manager）、測試007（ethics）"
    assert who("sending") == "測試006（agency_manager）"
    audit_of(world, "tax1", "2025Q4", AuditStatus.SIGNED)
    assert who("receipt") == "測試006（agency_manager）"
    audit_of(world, "tax", "2025H2", AuditStatus.SIGNED, kind=AuditKind.AGENCY)
    assert who("approval") == "測試008（agency_head）"
    assert "agency_audit" not in {d.kind for d in due()}


def test_what_nobody_can_do_says_so(world: World) -> None:
    with transaction() as db:
        db.execute(
            update(AccountDuty).where(AccountDuty.duty == Duty.AUDITOR.value).values(ended_at=NOW)
        )
        head = db.get_one(Account, world.accounts["head"])
        head.status = "suspended"
    mine = next(d for d in due() if d.unit == "大安分處")
    assert mine.who == "（尚無單位主管）、（尚無稽核人員）"


def test_a_sent_audit_is_due_no_more(world: World) -> None:
    audit_of(world, "tax", "2025H2", AuditStatus.SENT, kind=AuditKind.AGENCY)
    assert not {d.kind for d in due()} & {"agency_audit", "approval", "sending"}
    assert {d.kind for d in due(agency="工務")} >= {"agency_audit", "sending"}


def test_access_reviews_are_in_it_while_they_are_open_or_due(world: World) -> None:
    # The accounts are of 2024-01-02, and no review was ever opened.
    [before] = [d for d in due() if d.kind == "access_review"]
    assert (before.clause, before.period, before.state) == ("6.2", "", "overdue")
    assert before.nominal == before.due == "2024-07-02"
    open_review(world.actor("agency_manager"), world.agencies["tax"])
    [after] = [d for d in due(date(2026, 12, 1)) if d.kind == "access_review"]
    assert (after.period, after.due) == ("2026-11-23", "2024-07-02")
    early = [d for d in due(date(2024, 6, 17), "工務") if d.kind == "access_review"]
    assert early == []


def test_a_person_sees_no_more_than_their_reach(world: World) -> None:
    mine = all_due(world.actor("head"), FEBRUARY)
    assert {(d.kind, d.unit) for d in mine} == {("unit_audit", "大安分處")}
    of_agency = all_due(world.actor("ethics"), FEBRUARY)
    assert {d.agency for d in of_agency} == {"臺北市稅捐稽徵處"}
    assert {d.kind for d in of_agency} >= {"unit_audit", "agency_audit", "access_review"}
