"""Appointing auditors: whom, by whom, and that the duty is there at once and gone at once (7.1.1)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Audit, Event, SignInSession
from services.accounts.directory import account_detail
from services.audits.appointing import appoint, list_auditors, list_candidates, relieve
from services.audits.freezing import freeze
from services.audits.judges import judges_of
from services.errors import Conflict, Invalid, Refused, UserError
from services.identity import presence
from services.identity.people import as_actor, load_account
from services.identity.presence import Present
from services.regulation.periods import Quarter
from services.regulation.roles import Duty
from services.rocdate import midnight
from services.schedule.holders import holders_now
from services.schedule.tasks import tasks_of
from tests.services.audits.test_at_once import at_once
from tests.signing_in import session_of
from tests.world import NOW, World

REASON = "本季稽核由其辦理"
LATER = NOW + timedelta(minutes=1)


def duties(world: World, who: str) -> list[AccountDuty]:
    with reading() as db:
        mine = select(AccountDuty).where(AccountDuty.account_id == world.accounts[who])
        return list(db.scalars(mine.order_by(AccountDuty.id)))


def names(world: World) -> set[str]:
    found = list_auditors(world.actor("head", LATER), world.units["tax1"])
    return {one.label.split("（")[1].rstrip("）") for one in found}


def test_an_auditor_is_appointed_works_and_is_relieved(world: World) -> None:
    head, unit = world.actor("head"), world.units["tax1"]
    with pytest.raises(Refused):
        freeze(world.actor("clerk"), unit, Quarter(2026, 3))
    appoint(head, unit, world.accounts["clerk"], REASON)
    assert names(world) == {"auditor", "clerk"}
    freeze(world.actor("clerk"), unit, Quarter(2026, 3))
    relieve(head.at(LATER), unit, world.accounts["clerk"], "職務調整，不再辦理")
    assert names(world) == {"auditor"}
    with pytest.raises(Refused):
        freeze(world.actor("clerk", LATER), unit, Quarter(2026, 2))
    (held,) = duties(world, "clerk")
    assert (held.granted_at, held.ended_at) == (NOW, LATER)
    assert held.granted_by == world.accounts["head"]
    with reading() as db:
        told = [
            (event.type, event.object_id, event.detail)
            for event in db.scalars(select(Event).where(Event.type.like("auditor_%")))
        ]
    who = str(world.accounts["clerk"])
    assert told == [
        (
            "auditor_appointed",
            who,
            {"unit": "TAX-DAAN", "reason": REASON, "starts_on": "2026-11-23"},
        ),
        ("auditor_relieved", who, {"unit": "TAX-DAAN", "reason": "職務調整，不再辦理"}),
    ]


def test_an_open_session_has_the_duty_with_the_next_click(world: World) -> None:
    session_id = session_of("clerk", "10.1.1.1", NOW)

    def holds(when: Any) -> bool:
        found = presence.check(session_id, when)
        assert isinstance(found, Present)
        return found.actor.holds(Duty.AUDITOR)

    assert not holds(NOW)
    appoint(world.actor("head"), world.units["tax1"], world.accounts["clerk"], REASON)
    assert holds(NOW)
    relieve(world.actor("head", LATER), world.units["tax1"], world.accounts["clerk"], REASON)
    assert not holds(LATER + timedelta(seconds=1))


def test_the_duty_is_there_from_the_first_day_to_the_end_of_the_last(world: World) -> None:
    """Wherever duties are read: the session, who judges, who is named, who is reminded, who is listed."""
    head, unit, clerk = world.actor("head"), world.units["tax1"], world.accounts["clerk"]
    audit_id = freeze(head, unit, Quarter(2026, 3), seal=False)
    session = session_of("clerk", "10.1.1.1", NOW)
    first, last = date(2026, 12, 1), date(2026, 12, 31)
    appoint(head, unit, clerk, REASON, first, last)

    def seen(now: datetime) -> set[str]:
        found = set()
        with transaction() as db:  # keeps the session awake over the weeks between
            db.execute(
                update(SignInSession)
                .where(SignInSession.id == session)
                .values(started_at=now, last_seen_at=now)
            )
        with reading() as db:
            account = load_account(db, clerk)
            assert account is not None
            person = as_actor(account, now)
            found |= {"acts"} if person.holds(Duty.AUDITOR) else set()
            judges = judges_of(db, db.get_one(Audit, audit_id), now)
            found |= {"judges"} if clerk in {one.account_id for one in judges} else set()
            named = holders_now(db, now).of_unit(unit, Duty.AUDITOR)
            found |= {"named"} if "（clerk）" in named else set()
        found |= {"owes"} if any(task.is_owed for task in tasks_of(person)) else set()
        present = presence.check(session, now)
        assert isinstance(present, Present)
        found |= {"present"} if present.actor.holds(Duty.AUDITOR) else set()
        row = account_detail(world.actor("agency_manager", now), clerk).row
        return found | ({"listed"} if Duty.AUDITOR in row.duties else set())

    begins, ends = midnight(first), midnight(date(2027, 1, 1))
    everywhere = {"acts", "judges", "named", "owes", "present", "listed"}
    for now, expected in (
        (NOW, set()),
        (begins - timedelta(seconds=1), set()),
        (begins, everywhere),
        (ends - timedelta(seconds=1), everywhere),
        (ends, set()),
    ):
        assert seen(now) == expected, now
    (line,) = [one for one in list_auditors(head, unit) if one.account_id == clerk]
    assert (line.first_day, line.last_day, line.begun) == (first, last, False)
    assert not [one for one in list_auditors(head.at(ends), unit) if one.account_id == clerk]
    # Relieved before it begins, it never does; relieved within it, it is over at once.
    relieve(head, unit, clerk, "改由他人辦理")
    assert seen(begins) == set()
    appoint(head, unit, clerk, REASON, None, last)
    assert seen(NOW) == everywhere
    relieve(head.at(LATER), unit, clerk, "改由他人辦理")
    assert seen(LATER) == set()
    told = [e.detail for e in appointed_events()]
    assert [(d["starts_on"], d["ends_on"]) for d in told] == [
        ("2026-12-01", "2026-12-31"), ("2026-11-23", "2026-12-31"),
    ]  # fmt: skip


def appointed_events() -> list[Event]:
    with reading() as db:
        found = select(Event).where(Event.type == "auditor_appointed").order_by(Event.id)
        return list(db.scalars(found))


def test_days_that_cannot_be_get_a_sentence(world: World) -> None:
    head, unit, who = world.actor("head"), world.units["tax1"], world.accounts["clerk"]
    with transaction() as db:
        own = update(AccountDuty).where(AccountDuty.account_id == world.accounts["head"])
        db.execute(own.values(ended_at=midnight(date(2027, 1, 16))))
    today, term = date(2026, 11, 23), "您的單位主管職務到 116年1月15日 為止"
    for first, last, said in (
        (date(2026, 11, 22), None, "起日不能早於今天（115年11月23日）"),
        (date(2026, 12, 2), date(2026, 12, 1), "迄日 115年12月1日 早於起日 115年12月2日"),
        (today, date(2027, 1, 16), term),
        (None, None, term),
    ):
        with pytest.raises(Invalid, match=said):
            appoint(head, unit, who, REASON, first, last)
    assert duties(world, "clerk") == [] == appointed_events()
    appoint(head, unit, who, REASON, date(2026, 12, 1), date(2027, 1, 15))
    with pytest.raises(Conflict, match="自 115年12月1日 起）；要改期間請先解除"):
        appoint(head, unit, who, REASON)


@pytest.mark.parametrize(
    ("who", "error", "sentence"),
    [
        ("clerk_tax2", Invalid, "只能指派本單位的人員"),
        ("works_clerk", Invalid, "只能指派本單位的人員"),
        ("head", Refused, "不必指派自己"),
        ("auditor", Conflict, "已經是這個單位的稽核人員"),
    ],
)
def test_whom_the_head_cannot_appoint(
    world: World, who: str, error: type[UserError], sentence: str
) -> None:
    before = [(d.id, d.ended_at) for d in duties(world, who)]
    with pytest.raises(error, match=sentence):
        appoint(world.actor("head"), world.units["tax1"], world.accounts[who], REASON)
    assert [(d.id, d.ended_at) for d in duties(world, who)] == before


def test_nobody_whose_account_is_not_active(world: World) -> None:
    with transaction() as db:
        suspended = update(Account).where(Account.id == world.accounts["clerk"])
        db.execute(suspended.values(status="suspended"))
    head, unit = world.actor("head"), world.units["tax1"]
    with pytest.raises(Invalid, match="停權"):
        appoint(head, unit, world.accounts["clerk"], REASON)
    assert world.accounts["clerk"] not in {c.account_id for c in list_candidates(head, unit)}
    with pytest.raises(Invalid, match="只能指派本單位"):
        appoint(head, unit, 10**6, REASON)


@pytest.mark.parametrize("reason", ["", "短", "字" * 301])
def test_both_need_their_reason(world: World, reason: str) -> None:
    head, unit = world.actor("head"), world.units["tax1"]
    with pytest.raises(Invalid, match="指派的理由"):
        appoint(head, unit, world.accounts["clerk"], reason)
    with pytest.raises(Invalid, match="解除的理由"):
        relieve(head, unit, world.accounts["auditor"], reason)
    assert names(world) == {"auditor"}


def test_whoever_is_no_auditor_is_not_relieved(world: World) -> None:
    with pytest.raises(Conflict, match="目前不是這個單位的稽核人員"):
        relieve(world.actor("head"), world.units["tax1"], world.accounts["clerk"], REASON)


def test_candidates_are_the_active_people_of_the_unit(world: World) -> None:
    found = list_candidates(world.actor("head"), world.units["tax1"])
    wanted = {"clerk", "clerk2", "unit_manager", "agency_manager"}
    assert {one.account_id for one in found} == {world.accounts[name] for name in wanted}


def test_two_clicks_appoint_once(world: World) -> None:
    head, unit, who = world.actor("head"), world.units["tax1"], world.accounts["clerk"]
    ended = at_once(*(lambda: appoint(head, unit, who, REASON) for _ in range(2)))
    assert ended == {"done": 1, "told": 1}
    assert len(duties(world, "clerk")) == 1
