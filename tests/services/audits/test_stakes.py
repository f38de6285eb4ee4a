"""Whoever has a stake in a record does not judge it: found for each record, and judged by whom it falls to."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from data.engine import reading, transaction
from data.models import Account, Audit, RecordShare, SourceUser, UsageSource, Verdict
from services.actor import Actor
from services.applications.earlier import account_of_number
from services.audits.drawing import draw_first, expand
from services.audits.evidence import add_evidence
from services.audits.freezing import freeze
from services.audits.sharing import share_by_count, share_out, share_users, take
from services.audits.sheet import SheetRow, worksheet_rows
from services.audits.spot import open_spot_check
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge, pick
from services.errors import Conflict, Invalid, Refused
from services.regulation.periods import HalfYear
from services.regulation.roles import Role
from services.schedule.tasks import tasks_of
from services.schedule.words import Task, TaskKind
from tests.agency_freeze import freeze_half
from tests.services.audits.test_unit_audit import Q3, sign_as_shown, snapshot
from tests.services.papers.helpers import pdf
from tests.world import NOW, World, at

FIRST_HALF = HalfYear(2026, 1)


def drawn(world: World, *users: str) -> int:
    """A unit audit of the whole quarter, two records a user."""
    for who in users:
        world.use(who, at(2026, 7, 6), at(2026, 8, 7))
    head = world.actor("head")
    audit_id = freeze(head, world.units["tax1"], Q3, base_records=2 * len(users))
    draw_first(head, audit_id)
    return audit_id


def of(world: World, rows: list[SheetRow], who: str) -> dict[int, int]:
    mine = str(world.accounts[who])
    return {row.record_id: 0 for row in rows if row.person_key == mine}


def waiting(person: Actor) -> list[Task]:
    """Return what 待辦 says that somebody has to judge in an audit of others."""
    return [task for task in tasks_of(person) if task.kind is TaskKind.STAKE]


def judgeable(world: World, person: Actor, audit_id: int) -> set[str]:
    """Return whose records somebody may judge."""
    names = {str(account): name for name, account in world.accounts.items()}
    rows = worksheet_rows(person, audit_id)
    return {names[row.person_key] for row in rows if row.may_judge}


def test_the_head_s_records_are_the_manager_s_to_judge_and_no_others(world: World) -> None:
    audit_id = drawn(world, "clerk", "clerk2", "auditor", "head", "agency_manager")
    people = {who: world.actor(who) for who in ("head", "auditor", "agency_manager", "ethics")}
    head, auditor, manager, ethics = people.values()
    rows = worksheet_rows(manager, audit_id)
    heads, clerks = of(world, rows, "head"), of(world, rows, "clerk")
    assert {row.record_id for row in rows if row.goes_to == "由機關管理者判定"} == set(heads)
    assert not [row for row in rows if row.goes_to and row.record_id not in heads]
    assert {who: judgeable(world, one, audit_id) for who, one in people.items()} == {
        "head": {"clerk", "clerk2", "auditor", "agency_manager"},
        "auditor": {"clerk", "clerk2", "agency_manager"},
        "agency_manager": {"head"},
        "ethics": set(),
    }
    # Nobody of the unit is given them, however it is shared out.
    both = [world.accounts["head"], world.accounts["auditor"]]
    assert sum(share_out(head, audit_id, both).values()) == 8
    assert share_by_count(auditor, audit_id, {both[0]: 4, both[1]: 4}) == {both[0]: 4, both[1]: 4}
    before = snapshot()
    share, one = min(heads), str(world.accounts["head"])
    for error, said, attempt in (
        (Invalid, "合計 9 筆分不完", lambda: share_by_count(head, audit_id, {both[0]: 8, both[1]: 1})),
        (Invalid, "依規定由他人判定", lambda: share_by_count(head, audit_id, {both[1]: 7})),
        (Invalid, f"紀錄 {share} 不能分派給", lambda: share_users(head, audit_id, [one], both[1])),
        (Refused, "是單位主管的使用紀錄", lambda: take(auditor, audit_id, [share])),
        (Refused, "自己的使用紀錄.*由機關管理者判定", lambda: take(head, audit_id, [share])),
        (Refused, "由機關管理者判定", lambda: judge(auditor, audit_id, heads, Ruling.COMPLIANT)),
        (Refused, "只判定依規定迴避", lambda: judge(ethics, audit_id, heads | clerks, Ruling.MAJOR, "查無")),
        (Refused, "只判定依規定迴避", lambda: judge(manager, audit_id, clerks, Ruling.COMPLIANT)),
        (Refused, "單位稽核|判定", lambda: judge(manager, audit_id, heads | clerks, Ruling.COMPLIANT)),
        (Refused, "沒有", lambda: take(manager, audit_id, [share])),
        (Refused, "沒有", lambda: pick(manager, audit_id, [share], "機關管理者想加入")),
        (Refused, "沒有", lambda: expand(manager, audit_id, 1, "機關管理者想加抽")),
        (Refused, "沒有", lambda: add_evidence(manager, audit_id, share, "a.pdf", pdf("a"))),
    ):  # fmt: skip
        with pytest.raises(error, match=said):
            attempt()
    assert snapshot() == before
    told = {who: waiting(one) for who, one in people.items()}
    (task,) = told.pop("agency_manager")
    assert "單位主管的使用紀錄 2 筆，待您判定" in task.words and task.is_owed
    there = {"unit": "TAX-DAAN", "quarter": str(Q3), "step": "judge", "filter": "stake"}
    assert dict(task.fields) == there
    assert not any(told.values())
    judge(auditor, audit_id, clerks, Ruling.COMPLIANT)
    for who in ("clerk2", "auditor", "agency_manager"):
        judge(head, audit_id, of(world, rows, who), Ruling.COMPLIANT)
    with pytest.raises(Conflict, match="還有 2 筆紀錄未判定"):
        sign_as_shown(head, audit_id)
    judge(manager, audit_id, heads, Ruling.DEFICIENT, "查無此案")
    assert not waiting(manager)
    with reading() as db:
        assert not db.scalars(select(RecordShare).where(RecordShare.record_id.in_(heads))).all()
        verdicts = db.scalars(select(Verdict).where(Verdict.record_id.in_(heads))).all()
        assert {row.judged_by for row in verdicts} == {manager.account_id}
    sign_as_shown(head, audit_id)
    with reading() as db:
        assert db.get_one(Audit, audit_id).status == "signed"


def test_a_head_who_is_the_manager_too_falls_to_the_ethics_officer(world: World) -> None:
    audit_id = drawn(world, "clerk", "head")
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.id == world.accounts["head"])
            .values(role=Role.AGENCY_MANAGER.value)
        )
    rows = worksheet_rows(world.actor("agency_manager"), audit_id)
    assert {row.goes_to for row in rows} == {"", "由政風人員判定"}
    heads = of(world, rows, "head")
    for who in ("agency_manager", "auditor", "head"):
        with pytest.raises(Refused, match="由政風人員判定"):
            judge(world.actor(who), audit_id, heads, Ruling.COMPLIANT)
    judge(world.actor("ethics"), audit_id, heads, Ruling.COMPLIANT)


def test_the_two_who_audit_an_agency_judge_each_other_s_records(world: World) -> None:
    users = ("clerk", "agency_manager", "ethics", "head")
    for who in users:
        world.use(who, at(2026, 2, 3), at(2026, 5, 4))
    manager, ethics = world.actor("agency_manager"), world.actor("ethics")
    audit_id = freeze_half(
        manager, world.agencies["tax"], FIRST_HALF, FrameScope.UNAUDITED, base_records=8
    )
    draw_first(manager, audit_id)
    assert judgeable(world, manager, audit_id) == {"clerk", "ethics", "head"}
    assert judgeable(world, ethics, audit_id) == {"clerk", "agency_manager", "head"}
    two = [world.accounts["agency_manager"], world.accounts["ethics"]]
    assert share_out(ethics, audit_id, two) == dict.fromkeys(two, 4)
    rows = {row.record_id: row for row in worksheet_rows(manager, audit_id)}
    assert not [row for row in rows.values() if row.mine and not row.may_judge]
    says = {row.person_key: row.goes_to for row in rows.values()}
    keys = {who: str(world.accounts[who]) for who in users}
    assert says[keys["agency_manager"]] == "由政風人員判定"
    assert says[keys["ethics"]] == "由機關管理者判定"
    assert says[keys["clerk"]] == says[keys["head"]] == ""
    for one in (manager, ethics):
        own = [row.record_id for row in worksheet_rows(one, audit_id) if row.own]
        with pytest.raises(Refused, match="您自己的使用紀錄"):
            judge(one, audit_id, dict.fromkeys(own, 0), Ruling.COMPLIANT)


def test_a_manager_s_records_in_a_spot_check_are_the_ethics_officer_s(world: World) -> None:
    for who in ("clerk", "agency_manager", "head"):
        world.use(who, at(2026, 7, 6))
    manager, ethics = world.actor("agency_manager"), world.actor("ethics")
    audit_id = open_spot_check(manager, world.units["tax1"], Q3, "不定期檢查", 3, seal=False)
    draw_first(manager, audit_id)
    assert judgeable(world, manager, audit_id) == {"clerk", "head"}
    assert judgeable(world, ethics, audit_id) == {"agency_manager"}
    rows = worksheet_rows(ethics, audit_id)
    judge(ethics, audit_id, of(world, rows, "agency_manager"), Ruling.COMPLIANT)
    for who in ("clerk", "head"):
        judge(manager, audit_id, of(world, rows, who), Ruling.COMPLIANT)
    sign_as_shown(manager, audit_id)


def earlier_account(world: World, who: str) -> str:
    """Give somebody a cancelled account from before under the same number, and a login in another system."""
    with transaction() as db:
        now = db.get_one(Account, world.accounts[who])
        before = Account(
            username=f"{who}_before",
            staff_no=now.staff_no.lower(),
            name=now.name,
            unit_id=now.unit_id,
            role=Role.GENERAL_USER.value,
            status="cancelled",
            password_hash=now.password_hash,
            created_at=now.created_at,
        )
        other = UsageSource(code=f"{who}-elsewhere", name=f"{who} 的其他系統", created_at=NOW)
        db.add_all((before, other))
        db.flush()
        world.accounts[before.username] = before.id
        db.add(SourceUser(source_id=other.id, user_code="u 1", account_id=now.id))
        return f"S{other.id}:u 1"


def test_a_person_is_not_an_account(world: World) -> None:
    """What somebody did under an account of before, or in another system, is their own all the same."""
    keys: dict[str, str] = {}
    for who in ("head", "auditor"):
        foreign = earlier_account(world, who)
        world.use(who, at(2026, 7, 8), account_id=None, person_key=foreign, username="u 1")
        keys |= dict.fromkeys((foreign, str(world.accounts[f"{who}_before"])), who)
    audit_id = freeze_whole(world, "clerk", "head_before", "auditor_before")
    head, auditor, manager = (world.actor(who) for who in ("head", "auditor", "agency_manager"))
    rows = {row.record_id: row for row in worksheet_rows(auditor, audit_id)}
    whose = {record: keys.get(row.person_key, "clerk") for record, row in rows.items()}
    assert sorted(whose.values()).count("head") == sorted(whose.values()).count("auditor") == 3
    assert {record for record, row in rows.items() if row.own} == {
        record for record, who in whose.items() if who == "auditor"
    }
    for record, who in whose.items():
        assert (rows[record].goes_to == "由機關管理者判定") is (who == "head")
        assert rows[record].may_judge is (who == "clerk")
    # A share is nobody's own either, and the head's are nobody's of the unit.
    two = [world.accounts["head"], world.accounts["auditor"]]
    assert share_out(head, audit_id, two) == {two[0]: 3, two[1]: 2}
    with reading() as db:
        shared = {row.record_id: row.account_id for row in db.scalars(select(RecordShare))}
    assert {one for record, one in shared.items() if whose[record] == "auditor"} == {two[0]}
    assert not [record for record in shared if whose[record] == "head"]
    for record, who in whose.items():
        if who == "clerk":
            continue
        with pytest.raises(Refused, match=f"紀錄 {record} 是(您自己|單位主管)的使用紀錄"):
            judge(auditor, audit_id, {record: 0}, Ruling.COMPLIANT)
        judge(head if who == "auditor" else manager, audit_id, {record: 0}, Ruling.COMPLIANT)


def freeze_whole(world: World, *users: str) -> int:
    """Freeze and draw the whole quarter, where other records stand in it already."""
    for who in users:
        world.use(who, at(2026, 7, 6), at(2026, 8, 7))
    audit_id = freeze(world.actor("head"), world.units["tax1"], Q3, base_records=8)
    draw_first(world.actor("head"), audit_id)
    return audit_id


def test_one_account_of_a_person_is_in_use_at_a_time(world: World) -> None:
    earlier_account(world, "head")
    earlier = world.accounts["head_before"]
    with reading() as db:
        number = db.get_one(Account, world.accounts["head"]).staff_no
        found = account_of_number(db, number.lower())
        assert found is not None and found.id == world.accounts["head"]
    change = update(Account).where(Account.id == earlier)
    with transaction() as db:
        db.execute(change.values(staff_no=number))
    with pytest.raises(IntegrityError), transaction() as db:
        db.execute(change.values(status="active"))
    with transaction() as db:
        db.execute(update(Account).where(Account.staff_no == number).values(status="cancelled"))
        db.execute(change.values(status="active"))
        found = account_of_number(db, number)
        assert found is not None and found.id == earlier
