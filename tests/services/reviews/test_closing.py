"""Closing: nothing undecided passes, everything is acted on or nothing, and the record is signed."""

import json
import threading
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, AccountItem, ReviewCampaign, SignInSession
from services.accounts.changes import put_status, set_items, set_status
from services.accounts.person import Person
from services.actor import operator
from services.applications.applying import Wanted, apply_new
from services.errors import Conflict, Refused, UserError
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.regulation.workflows import WORKFLOWS, Kind
from services.reviews.closing import close_review
from services.reviews.deciding import decide, prepare
from services.reviews.opening import open_due_reviews
from services.reviews.overview import agency_reviews
from services.reviews.record import COLUMNS, record_rows, signed_record
from services.reviews.record_paper import export_record
from services.reviews.view import view_review
from tests.services.applications.cast import Case
from tests.services.reviews.helping import (
    HELD,
    TAX,
    change,
    decide_all,
    decision,
    events_of,
    line_of,
    opened,
    rows,
    stored,
)
from tests.world import EVERYBODY, NOW, World, at


def close(world: World, campaign: int, who: str = "agency_manager") -> str:
    actor = world.actor(who)
    return close_review(actor, campaign, view_review(actor, campaign).plan)


def items_of(world: World, who: str) -> set[str]:
    with reading() as db:
        wanted = AccountItem.account_id == world.accounts[who]
        return set(db.scalars(select(AccountItem.item).where(wanted)))


def test_one_undecided_line_holds_everything_up(world: World) -> None:
    campaign = opened(world)
    with pytest.raises(Conflict, match="還有 9 個帳號未核定"):
        close(world, campaign)
    manager, found = world.actor("agency_manager"), rows(world, campaign)
    mine = [decision(row, Choice.CANCEL) for name, row in found.items() if name != "agency_manager"]
    decide(manager, campaign, mine)
    with pytest.raises(Conflict, match="還有 1 個帳號未核定（測試006（agency_manager））"):
        close(world, campaign)
    assert {stored(world, who).status for who in TAX} == {"active"}
    assert events_of("account_status_changed") == []


def test_closing_acts_on_every_decision(world: World) -> None:
    campaign = opened(world)
    with transaction() as db:
        for who in ("clerk", "clerk2"):
            db.add(SignInSession(id=f"s-{who}", account_id=world.accounts[who], started_at=NOW, last_seen_at=NOW))  # fmt: skip
    decide_all(world, campaign, clerk=Choice.SUSPEND, clerk2=Choice.CANCEL)
    row = rows(world, campaign)["clerk_tax2"]
    less = decision(row, Choice.REDUCE, "業務調整", [Item.LAND_OWNERSHIP])
    decide(world.actor("agency_manager"), campaign, [less])
    content_hash = close(world, campaign)

    clerk, clerk2 = stored(world, "clerk"), stored(world, "clerk2")
    assert (clerk.status, clerk.suspended_at) == ("suspended", NOW)
    assert clerk.status_reason == f"權限清查第 {campaign} 號：清查結果"
    assert (clerk2.status, clerk2.cancelled_at) == ("cancelled", NOW)
    with reading() as db:
        ends = dict(db.execute(select(SignInSession.id, SignInSession.end_reason)).all())
    assert ends == {"s-clerk": "account_suspended", "s-clerk2": "account_cancelled"}
    assert items_of(world, "clerk_tax2") == {"LandOwnership"}
    outcomes = {who: line_of(world, campaign, who).outcome for who in TAX}
    assert {who: said for who, said in outcomes.items() if said != "保留"} == {
        "clerk": "已停權", "clerk2": "已註銷", "clerk_tax2": "已減列，留下土地所有權部",
    }  # fmt: skip
    assert len(events_of("account_status_changed")) == 2
    assert len(events_of("account_items_changed")) == 1
    (event,) = events_of("review_closed")
    assert event.detail == {
        "content_hash": content_hash, "keep": 6, "reduce": 1, "suspend": 1, "cancel": 1,
    }  # fmt: skip


@pytest.mark.parametrize("who", [*EVERYBODY, "operator"])
def test_only_the_agencys_manager_closes(world: World, who: str) -> None:
    campaign = opened(world)
    decide_all(world, campaign)
    plan = view_review(world.actor("agency_manager"), campaign).plan
    actor = operator(NOW) if who == "operator" else world.actor(who)
    if who == "agency_manager":
        close_review(actor, campaign, plan)
        return
    with pytest.raises(Refused):
        close_review(actor, campaign, plan)
    assert len(events_of("refused")) == 1
    assert view_review(world.actor("reviewer"), campaign).closed_at is None


def test_what_was_not_on_screen_is_not_done(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign)
    manager = world.actor("agency_manager")
    shown = view_review(manager, campaign).plan
    decide(manager, campaign, [decision(rows(world, campaign)["clerk"], Choice.CANCEL)])
    with pytest.raises(Conflict, match="核定內容剛剛有變動"):
        close_review(manager, campaign, shown)
    assert stored(world, "clerk").status == "active"


def made_anew(world: World) -> None:
    """The clerk applies for the cancelled account anew, and has it again as it was."""
    unit, items = world.units["tax1"], tuple(item for item in Item if item in HELD)
    person = Person("測試001", "T00001", "clerk", "clerk@gov.taipei", "02-27208889")
    wanted = Wanted(Role.GENERAL_USER, unit, items, "復職")
    case = Case(world, WORKFLOWS[Role.GENERAL_USER, Kind.CREATE], apply_new(person, wanted, "", NOW))  # fmt: skip
    for step in case.flow.steps[1:]:
        case.take(step.deed)
    assert case.account.id == world.accounts["clerk"]


@pytest.mark.parametrize("what", ["status", "items", "unit", "leaving", "restored", "made anew"])
def test_an_account_that_changed_is_named_and_decided_anew(world: World, what: str) -> None:
    campaign = opened(world)
    decide_all(world, campaign, clerk=Choice.SUSPEND, clerk2=Choice.CANCEL)
    manager = world.actor("agency_manager")
    clerk = world.accounts["clerk"]
    if what == "status":
        set_status(manager, clerk, AccountStatus.SUSPENDED, "留職停薪", expected_status=AccountStatus.ACTIVE)  # fmt: skip
    elif what == "items":
        set_items(manager, clerk, [Item.LAND_OWNERSHIP], "業務調整", expected_items=HELD)
    elif what == "unit":
        change(world, "clerk", unit_id=world.units["tax2"])
    elif what == "restored":
        # It looks as it did before, but somebody has decided about it in between.
        set_status(manager, clerk, AccountStatus.SUSPENDED, "留職停薪", expected_status=AccountStatus.ACTIVE)  # fmt: skip
        with transaction() as db:
            put_status(db, manager, db.get_one(Account, clerk), AccountStatus.ACTIVE, "復職")
    elif what == "made anew":
        set_status(manager, clerk, AccountStatus.CANCELLED, "離職", expected_status=AccountStatus.ACTIVE)  # fmt: skip
        made_anew(world)
    else:
        change(world, "clerk", leaving_on=date(2026, 11, 1))
    with pytest.raises(Conflict, match=r"退回未核定.*測試001（clerk）。"):
        close(world, campaign)
    # Nobody else is acted on either, and this one waits for a decision on what it is now.
    assert stored(world, "clerk2").status == "active"
    assert line_of(world, campaign, "clerk").decided == ""
    with pytest.raises(Conflict, match="還有 1 個帳號未核定"):
        close(world, campaign)
    decide(manager, campaign, [decision(rows(world, campaign)["clerk"], Choice.CANCEL)])
    close(world, campaign)
    assert {stored(world, who).status for who in ("clerk", "clerk2")} == {"cancelled"}


def test_an_account_cancelled_in_between_is_put_down_as_that(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign)
    change(world, "clerk", status="cancelled", cancelled_at=at(2026, 11, 22))
    with pytest.raises(Conflict, match="clerk"):
        close(world, campaign)
    decide(world.actor("agency_manager"), campaign, [decision(rows(world, campaign)["clerk"], Choice.CANCEL)])  # fmt: skip
    close(world, campaign)
    assert line_of(world, campaign, "clerk").outcome == "清查期間已註銷"
    assert stored(world, "clerk").cancelled_at == at(2026, 11, 22)
    assert events_of("account_status_changed") == []


def test_the_last_manager_stays_and_then_nothing_is_done(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign, clerk=Choice.CANCEL, agency_manager=Choice.SUSPEND)
    with pytest.raises(Conflict, match=r"測試006（agency_manager）：這是該機關最後一位"):
        close(world, campaign)
    assert {stored(world, who).status for who in TAX} == {"active"}
    assert line_of(world, campaign, "clerk").outcome == ""
    view = view_review(world.actor("agency_manager"), campaign)
    assert (view.closed_at, view.content_hash) == (None, "")


def test_where_everybody_goes_the_manager_may_go_too(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign, **dict.fromkeys(TAX, Choice.CANCEL))
    close(world, campaign)
    assert {stored(world, who).status for who in TAX} == {"cancelled"}


def test_two_who_close_at_once_close_once(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign, clerk=Choice.CANCEL)
    manager = world.actor("agency_manager")
    plan, outcomes = view_review(manager, campaign).plan, []
    start = threading.Barrier(2)

    def go() -> None:
        start.wait()
        try:
            close_review(manager, campaign, plan)
            outcomes.append("closed")
        except UserError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[0] == "closed"
    assert "已結案" in sorted(outcomes)[1]
    assert len(events_of("account_status_changed")) == len(events_of("review_closed")) == 1


def test_after_closing_nothing_changes(world: World) -> None:
    campaign = opened(world)
    decide_all(world, campaign)
    close(world, campaign)
    row = rows(world, campaign)["clerk"]
    assert (row.prepare_problem, row.decide_problem) == ("這次清查已結案。",) * 2
    for act in (prepare, decide):
        with pytest.raises(Conflict, match="已結案"):
            act(world.actor("agency_manager"), campaign, [decision(row, Choice.CANCEL)])
    with pytest.raises(Conflict, match="已結案"):
        close(world, campaign)
    # What becomes of the account later is no matter of the signed record.
    before = signed_record(world.actor("reviewer"), campaign)
    change(world, "clerk", status="cancelled", name="改名")
    assert signed_record(world.actor("reviewer"), campaign) == before


def test_the_record_is_what_its_hash_says(world: World) -> None:
    campaign = opened(world)
    found = rows(world, campaign)
    prepare(world.actor("unit_manager"), campaign, [decision(found["clerk"], Choice.SUSPEND)])
    decide_all(world, campaign, clerk=Choice.SUSPEND)
    content_hash = close(world, campaign)
    record = signed_record(world.actor("agency_manager"), campaign)
    text = json.dumps(record.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert sha256(text.encode()).hexdigest() == content_hash == record.content_hash
    assert record.content["counts"] == {"keep": 8, "reduce": 0, "suspend": 1, "cancel": 0}
    assert record.content["opened_by"] == record.content["closed_by"] == "測試006（agency_manager）"
    assert [line["account_id"] for line in record.content["lines"]] == sorted(
        world.accounts[who] for who in TAX
    )
    assert record.rows == record_rows(record.content)
    clerk = dict(zip(COLUMNS, record.rows[0], strict=True))
    assert {key: clerk[key] for key in ("姓名（帳號）", "清查時狀態", "最近使用", "建議", "初核", "初核人", "核定", "核定人", "辦理結果")} == {
        "姓名（帳號）": "測試001（clerk）", "清查時狀態": "使用中", "最近使用": "從未使用", "建議": "註銷", "初核": "停權",
        "初核人": "測試005（unit_manager）", "核定": "停權", "核定人": "測試006（agency_manager）", "辦理結果": "已停權",
    }  # fmt: skip


def test_a_touched_record_is_told_and_alerted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = opened(world)
    decide_all(world, campaign)
    close(world, campaign)
    record: Any = signed_record(world.actor("reviewer"), campaign).content
    record["lines"][0]["decided"] = "cancel"
    with transaction() as db:
        db.execute(
            update(ReviewCampaign).where(ReviewCampaign.id == campaign).values(record=record)
        )
    for read in (signed_record, export_record):
        with pytest.raises(Conflict, match="雜湊值不符"):
            read(world.actor("reviewer"), campaign)
    assert "權限清查紀錄與簽核時的雜湊值不符" in caplog.text
    assert events_of("table_exported") == []


def test_the_record_leaves_as_a_file_on_record(world: World) -> None:
    campaign = opened(world)
    with pytest.raises(Conflict, match="尚未結案"):
        export_record(world.actor("agency_manager"), campaign)
    with pytest.raises(Refused):
        signed_record(world.actor("unit_manager"), campaign)
    decide_all(world, campaign)
    close(world, campaign)
    assert export_record(world.actor("agency_manager"), campaign)
    with pytest.raises(Refused):
        export_record(world.actor("works_manager"), campaign)
    assert len(events_of("table_exported")) == 1


def test_from_the_nightly_opening_to_the_signed_record(world: World) -> None:
    """The job of half a year: opened by itself, prepared, decided, closed, and due again."""
    for one in open_due_reviews(operator(NOW)):
        assert one.lines
    manager = world.actor("agency_manager")
    tax = agency_reviews(manager)[0]
    campaign = tax.open_id
    assert campaign is not None
    assert tax.overdue
    assert view_review(manager, campaign).opened_by == ""
    prepare(
        world.actor("unit_manager"),
        campaign,
        [decision(rows(world, campaign)[who], Choice.KEEP) for who in ("clerk", "clerk2")],
    )
    assert view_review(manager, campaign).prepared == 2
    decide_all(world, campaign, auditor=Choice.CANCEL)
    assert view_review(manager, campaign).choices[Choice.CANCEL] == 1
    close(world, campaign)
    tax = agency_reviews(manager)[0]
    assert (tax.overdue, tax.due_on, tax.accounts) == (False, date(2027, 5, 23), len(TAX) - 1)
    record = signed_record(world.actor("reviewer"), campaign)
    assert record.content["opened_by"] == ""
    assert open_due_reviews(operator(NOW)) == ()
