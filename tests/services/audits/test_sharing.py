"""Records shared out: evenly, nobody their own, and who has what is always said."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from data.engine import reading
from data.models import Event, RecordShare
from services.actor import operator
from services.audits.appointing import appoint, relieve
from services.audits.desk import view_desk
from services.audits.dividing import Open, divide, divide_by_count, most_for
from services.audits.drawing import draw_first
from services.audits.effort import FEWEST, pace_of
from services.audits.freezing import freeze
from services.audits.sharing import (
    give_back,
    share_by_count,
    share_out,
    share_users,
    shares_of,
    take,
)
from services.audits.sheet import worksheet_rows
from services.audits.words import Ruling
from services.audits.worksheet import judge
from services.errors import Conflict, Invalid, Refused
from tests.services.audits.test_at_once import at_once
from tests.services.audits.test_unit_audit import Q3, audited, judge_everything, sign_as_shown
from tests.world import NOW, World

__all__ = ["audited"]

PEOPLE = st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True)
BARRED = st.lists(st.frozensets(st.integers(1, 9), max_size=4), max_size=40)
"""Who may not judge each record: its own user, and whoever has a stake in it."""


def still_open(barred: list[frozenset[int]]) -> list[Open]:
    return [Open(1000 + place, f"{min(one, default=0)}", one) for place, one in enumerate(barred)]


@given(BARRED, PEOPLE)
def test_a_division_is_even_and_gives_nobody_what_they_may_not_judge(
    barred: list[frozenset[int]], people: list[int]
) -> None:
    records = still_open(barred)
    shares = divide(records, people)
    for one in records:
        able = set(people) - one.barred
        assert shares[one.record] in able if able else one.record not in shares
    loads = [list(shares.values()).count(one) for one in people]
    if not set(people) & {person for one in barred for person in one}:
        assert max(loads) - min(loads) <= 1


@given(BARRED, PEOPLE, st.data())
def test_by_count_everybody_gets_as_many_as_asked_wherever_that_can_be_done(
    barred: list[frozenset[int]], people: list[int], data: st.DataObject
) -> None:
    records = still_open(barred)
    counts = {
        one: data.draw(st.integers(0, most_for(records, one)), label=f"for {one}") for one in people
    }
    # Hall's condition: no group of people is asked to take more than there is for any of them.
    groups = (
        some for size in range(1, len(people) + 1) for some in itertools.combinations(people, size)
    )
    can_be_done = all(
        sum(counts[one] for one in some) <= sum(not set(some) <= one.barred for one in records)
        for some in groups
    )
    if not can_be_done:
        with pytest.raises(ValueError, match="more records"):
            divide_by_count(records, counts)
        return
    shares = divide_by_count(records, counts)
    assert {one: list(shares.values()).count(one) for one in people} == counts
    assert not [one for one in records if shares.get(one.record) in one.barred]
    assert set(shares) <= {one.record for one in records}


def test_one_user_s_records_stay_together() -> None:
    records = [Open(place, "ab"[place % 2]) for place in range(10)]
    for shares in (divide(records, [1, 2]), divide_by_count(records, {1: 5, 2: 5})):
        assert [{shares[one.record] for one in records if one.user == u} for u in "ab"] == [
            {1},
            {2},
        ]


@pytest.fixture
def drawn(audited: World) -> int:
    audit_id = freeze(audited.actor("head"), audited.units["tax1"], Q3, base_records=260)
    draw_first(audited.actor("head"), audit_id)
    return audit_id


def held(audit_id: int) -> dict[int, int]:
    with reading() as db:
        return {record: account for record, (account, _) in shares_of(db, audit_id).items()}


def ids(world: World, audit_id: int) -> list[int]:
    return [row.record_id for row in worksheet_rows(world.actor("head"), audit_id)]


def test_records_are_shared_out_and_shared_out_anew(audited: World, drawn: int) -> None:
    head, auditor = (audited.accounts[name] for name in ("head", "auditor"))
    got = share_out(audited.actor("head"), drawn, [head, auditor])
    wanted = ids(audited, drawn)
    assert set(held(drawn)) == set(wanted)
    assert abs(got[head] - got[auditor]) <= 1
    rows = worksheet_rows(audited.actor("auditor"), drawn)
    assert not [row for row in rows if row.own and held(drawn)[row.record_id] == auditor]
    assert {row.assignee for row in rows} == {audited.actor(n).label for n in ("head", "auditor")}
    judge(audited.actor("head"), drawn, {_mine(drawn, head)[0]: 0}, Ruling.COMPLIANT)
    share_out(audited.actor("auditor"), drawn, [head])
    rows = worksheet_rows(audited.actor("head"), drawn)
    assert {held(drawn).get(row.record_id) for row in rows if not row.judged.sequence} == {head}
    with reading() as db:
        told = db.scalars(select(Event).where(Event.type == "records_shared")).all()
    assert [event.detail["people"] for event in told] == [2, 1]
    assert sum(len(part) for part in told[0].detail["records"].values()) == len(wanted)


def test_records_are_shared_out_by_count_and_by_user(audited: World, drawn: int) -> None:
    head, auditor = (audited.accounts[name] for name in ("head", "auditor"))
    actor, wanted = audited.actor("head"), ids(audited, drawn)
    own = [row.record_id for row in worksheet_rows(audited.actor("auditor"), drawn) if row.own]
    most = len(wanted) - len(own)
    assert share_by_count(actor, drawn, {head: 7, auditor: 20}) == {head: 7, auditor: 20}
    assert (len(_mine(drawn, head)), len(_mine(drawn, auditor))) == (7, 20)
    everything = {head: len(own), auditor: most}
    assert share_by_count(actor, drawn, everything) == everything
    assert _mine(drawn, head) == sorted(own)
    # A user's records change hands; everybody else's stay where they are.
    clerk = str(audited.accounts["clerk"])
    theirs = {r.record_id for r in worksheet_rows(actor, drawn) if r.person_key == clerk}
    assert share_users(actor, drawn, [clerk], head) == len(theirs) > 0
    assert set(_mine(drawn, head)) == theirs | set(own)
    assert set(held(drawn)) == set(wanted)
    before = held(drawn)
    for error, said, attempt in (
        (Invalid, "至少一人一筆", lambda: share_by_count(actor, drawn, {head: 0})),
        (Invalid, "至少一人一筆", lambda: share_by_count(actor, drawn, {head: 9, auditor: -1})),
        (Invalid, "合計", lambda: share_by_count(actor, drawn, {head: len(wanted), auditor: 1})),
        (
            Invalid,
            f"最多分派 {most:,} 筆",
            lambda: share_by_count(actor, drawn, {auditor: most + 1}),
        ),
        (Invalid, "不是這件稽核", lambda: share_by_count(actor, drawn, {10**6: 1})),
        (Invalid, "請選擇使用者", lambda: share_users(actor, drawn, [], head)),
        (Invalid, "不是這件稽核", lambda: share_users(actor, drawn, [clerk], 10**6)),
        (Invalid, "不能分派給", lambda: share_users(actor, drawn, [str(auditor)], auditor)),
        (Conflict, "都已判定", lambda: share_users(actor, drawn, ["999999"], head)),
    ):
        with pytest.raises(error, match=said):
            attempt()
    assert held(drawn) == before


def _mine(audit_id: int, account: int) -> list[int]:
    return sorted(record for record, one in held(audit_id).items() if one == account)


def test_a_record_is_taken_and_given_back(audited: World, drawn: int) -> None:
    first, second, *_ = _not_the_auditor_s(audited, drawn)
    auditor = audited.actor("auditor")
    take(auditor, drawn, [first, second])
    assert held(drawn) == dict.fromkeys((first, second), auditor.account_id)
    with pytest.raises(Conflict, match=f"紀錄 {first} 已分派給"):
        take(audited.actor("head"), drawn, [first])
    with pytest.raises(Conflict, match=f"紀錄 {first} 沒有分派給您"):
        give_back(audited.actor("head"), drawn, [first])
    give_back(auditor, drawn, [first])
    take(audited.actor("head"), drawn, [first])
    assert held(drawn) == {
        first: audited.accounts["head"], second: auditor.account_id,
    }  # fmt: skip


def _not_the_auditor_s(world: World, audit_id: int) -> list[int]:
    rows = worksheet_rows(world.actor("auditor"), audit_id)
    return [row.record_id for row in rows if not row.own]


def test_two_take_it_once(audited: World, drawn: int) -> None:
    record = _not_the_auditor_s(audited, drawn)[0]
    people = [audited.actor(name) for name in ("head", "auditor")]
    ended = at_once(*(lambda p=p: take(p, drawn, [record]) for p in people))
    assert ended == {"done": 1, "told": 1}


def test_nobody_takes_their_own(audited: World, drawn: int) -> None:
    own = [r.record_id for r in worksheet_rows(audited.actor("auditor"), drawn) if r.own]
    assert own
    for record in own:
        with pytest.raises(Refused, match="您自己的使用紀錄"):
            take(audited.actor("auditor"), drawn, [record])
    assert held(drawn) == {}


def test_what_cannot_be_shared_gets_a_sentence(audited: World, drawn: int) -> None:
    head, accounts = audited.actor("head"), audited.accounts
    with pytest.raises(Invalid, match="至少一人"):
        share_out(head, drawn, [])
    for outside in ("clerk", "works_head", "agency_manager"):
        with pytest.raises(Invalid, match="不是這件稽核的稽核人員"):
            share_out(head, drawn, [accounts["head"], accounts[outside]])
    with pytest.raises(Invalid, match="不是這件稽核的稽核人員"):
        share_out(head, drawn, [10**6])
    with pytest.raises(Invalid, match="不在這件稽核的樣本內"):
        take(head, drawn, [10**6])
    with pytest.raises(Invalid, match="先選取"):
        take(head, drawn, [])
    with pytest.raises(Refused, match="有帳號的稽核人員"):
        share_out(operator(NOW), drawn, [accounts["head"]])
    with pytest.raises(Refused):
        share_out(audited.actor("clerk"), drawn, [accounts["head"]])
    assert held(drawn) == {}
    judge_everything(audited, drawn)
    with pytest.raises(Conflict, match="全部紀錄都已判定"):
        share_out(head, drawn, [accounts["head"]])
    sign_as_shown(head, drawn)
    for attempt in (
        lambda: share_out(head, drawn, [accounts["head"]]),
        lambda: take(head, drawn, ids(audited, drawn)[:1]),
        lambda: give_back(head, drawn, ids(audited, drawn)[:1]),
    ):
        with pytest.raises(Conflict, match="已簽核"):
            attempt()


def test_an_appointed_auditor_gets_records_and_loses_them_when_relieved(
    audited: World, drawn: int
) -> None:
    head, unit, clerk2 = audited.actor("head"), audited.units["tax1"], audited.accounts["clerk2"]
    appoint(head, unit, clerk2, "協助查核本季紀錄")
    share_out(head, drawn, [clerk2, audited.accounts["head"]])
    assert _mine(drawn, clerk2)
    relieve(head, unit, clerk2, "職務調整，不再協助")
    assert not _mine(drawn, clerk2)
    assert _mine(drawn, audited.accounts["head"])
    effort = view_desk(head, drawn).effort
    assert 0 < effort.unshared < effort.left


def test_the_effort_says_who_has_how_much_left(audited: World, drawn: int) -> None:
    head, auditor = (audited.accounts[name] for name in ("head", "auditor"))
    share_out(audited.actor("head"), drawn, [head, auditor])
    wanted = len(ids(audited, drawn))
    before = view_desk(audited.actor("agency_manager"), drawn).effort
    assert (before.left, before.unshared, before.pace) == (wanted, 0, None)
    assert f"還有 {wanted:,} 筆未判定；判定滿 {FEWEST} 筆後" in before.sentence
    for place, record in enumerate(_mine(drawn, head)[:7]):
        judge(
            audited.actor("head", NOW + timedelta(seconds=20 * place)),
            drawn,
            {record: 0},
            Ruling.COMPLIANT,
        )
    after = view_desk(audited.actor("head"), drawn).effort
    assert (after.left, after.pace) == (wanted - 7, 20.0)
    assert "還有 253 筆未判定；依本件到目前每筆 20 秒的速度" in after.sentence
    assert "估計一人約需 1 小時 24 分鐘" in after.sentence
    part = next(part for part in after.parts if part.judge == audited.actor("head").label)
    assert (part.shared - part.left, part.judged) == (7, 7)
    # Each at their own pace, or at the audit's while there is none.
    assert part.remaining == f"還有 {part.left:,} 筆，約需 {round(part.left * 20 / 60)} 分鐘"
    other = next(one for one in after.parts if one is not part)
    assert other.remaining == f"還有 {other.left:,} 筆，約需 {round(other.left * 20 / 60)} 分鐘"
    for place, record in enumerate(_mine(drawn, auditor)[:6]):
        moment = NOW + timedelta(hours=1, seconds=60 * place)
        judge(audited.actor("auditor", moment), drawn, {record: 0}, Ruling.COMPLIANT)
    paces = {one.judge: one.pace for one in view_desk(audited.actor("head"), drawn).effort.parts}
    assert paces == {audited.actor("head").label: 20.0, audited.actor("auditor").label: 60.0}
    assert {one.account_id for one in after.people} == {head, auditor}


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [
        ([], None),
        ([0, 10, 20, 30, 40], None),  # four gaps
        ([0, 10, 20, 30, 40, 50], 10.0),
        ([0, 10, 20, 30, 40, 50, 4000], 10.0),  # lunch is no pace
        ([0] + [30] * 6, 5.0),  # six judged together half a minute later
    ],
)
def test_the_pace_is_a_median_without_pauses(seconds: list[int], pace: float | None) -> None:
    assert pace_of([(1, NOW + timedelta(seconds=s)) for s in seconds]) == pace


def test_two_people_s_verdicts_are_not_each_other_s_pace() -> None:
    moments = [(p, NOW + timedelta(seconds=60 * n + p)) for n in range(6) for p in (1, 2)]
    assert pace_of(moments) == 60.0


def test_shares_are_rows_of_the_newest_state_only(audited: World, drawn: int) -> None:
    for people in (["head"], ["auditor"], ["head", "auditor"]):
        share_out(audited.actor("head"), drawn, [audited.accounts[name] for name in people])
    with reading() as db:
        rows = db.scalars(select(RecordShare)).all()
    assert len(rows) == len({row.record_id for row in rows})
