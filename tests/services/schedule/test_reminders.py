"""Reminders: one mail a person a night, each thing once a stage, nobody who cannot or must not be told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from data.engine import reading, transaction
from data.models import Account, Audit, Event, OutgoingMail, Reminder
from services.actor import operator
from services.errors import Refused
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.schedule.reminders import DAYS_BEFORE, Reminded, send_reminders
from tests.services.applications.mails import SITE, mail_texts, mailing_to
from tests.services.schedule.rows import audit_of
from tests.world import World, at

OPENS = at(2026, 10, 19, 1)
"""Fourteen days before 11-02, the day on which the third quarter's audits are due."""
NOBODY = Reminded(0, 0)


@pytest.fixture
def city(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with a mail server, in which nothing but the third quarter's unit audits is due."""
    mailing_to(monkeypatch, "smtp://127.0.0.1:1?tls=none")
    with transaction() as db:
        # Their access reviews and the half-year's audits are told of elsewhere.
        db.execute(update(Account).values(created_at=at(2026, 9, 1)))
    for agency in ("tax", "works", "bureau"):
        audit_of(world, agency, "2026H1", AuditStatus.SENT, kind=AuditKind.AGENCY)
    return world


def night(now: datetime) -> Reminded:
    return send_reminders(operator(now))


def recipients() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(OutgoingMail.recipient).order_by(OutgoingMail.id)))


def names() -> list[str]:
    return [one.partition("@")[0] for one in recipients()]


def told() -> list[tuple[str, str]]:
    with reading() as db:
        return [
            (one.task, one.stage) for one in db.scalars(select(Reminder).order_by(Reminder.task))
        ]


def test_who_owes_is_told_a_fortnight_before_and_nobody_else(city: World) -> None:
    assert night(OPENS - timedelta(days=1)) == NOBODY
    assert night(OPENS) == Reminded(3, 3)
    assert names() == ["head", "auditor", "works_head"]
    text = mail_texts()[0]
    assert "測試003 您好" in text
    assert "【待辦】臺北市稅捐稽徵處 大安分處 115年第3季單位稽核　未開始，待凍結母體" in text
    assert "應於 115年10月31日 以前完成（遇假日順延至 115年11月2日）" in text
    assert f"{SITE}/audit_sampler?unit=TAX-DAAN&quarter=2026Q3" in text
    with reading() as db:
        [event] = db.scalars(select(Event).where(Event.type == "reminders_sent"))
        assert (event.object_type, event.object_id) == ("reminders", "2026-10-19")
        assert event.detail == {"sent": 3}
        assert "已逾期" not in db.scalars(select(OutgoingMail.subject)).all()[0]


def test_each_thing_is_told_once_when_it_is_due_and_once_when_it_is_overdue(city: World) -> None:
    for days in range(DAYS_BEFORE + 6):
        told_now = night(OPENS + timedelta(days=days)) != NOBODY
        if told_now or days % 7 == 0:
            assert night(OPENS + timedelta(days=days, hours=2)) == NOBODY
    assert names() == ["head", "auditor", "works_head"] * 2
    assert "【逾期】" in mail_texts()[3]
    units = [city.units[place] for place in ("tax1", "works1")]
    expected = {
        (f"unit_audit:{unit}:2026Q3", stage) for unit in units for stage in ("due", "overdue")
    }
    assert set(told()) == expected
    with reading() as db:
        assert db.scalar(select(func.count()).where(Event.type == "reminders_sent")) == 2


def test_nobody_gets_two_mails_in_one_night(city: World) -> None:
    night(OPENS)
    audit_of(city, "tax1", "2025Q4", AuditStatus.JUDGING)
    assert night(OPENS + timedelta(hours=1)) == NOBODY
    assert night(OPENS + timedelta(days=1)) == Reminded(2, 2)
    assert names()[3:] == ["head", "auditor"]


def test_one_mail_lists_everything_and_folds_what_is_many(city: World) -> None:
    city.use("clerk", at(2024, 11, 5))
    night(OPENS)
    text = mail_texts()[0]
    assert text.count("單位稽核") == 8
    with reading() as db:
        subject = db.scalars(select(OutgoingMail.subject).order_by(OutgoingMail.id)).first()
    assert subject == "提醒：8 件待辦事項，其中 7 件已逾期"


def test_two_jobs_at_once_send_nothing_twice(city: World) -> None:
    with ThreadPoolExecutor(2) as pool:
        nights = list(pool.map(night, [OPENS, OPENS]))
    assert sorted(one.sent for one in nights) == [0, 3]
    assert sorted(names()) == ["auditor", "head", "works_head"]


def test_who_has_no_address_or_is_suspended_hears_nothing(city: World) -> None:
    with transaction() as db:
        db.get_one(Account, city.accounts["head"]).email = ""
        db.get_one(Account, city.accounts["auditor"]).status = "suspended"
    assert night(OPENS) == Reminded(1, 1)
    assert names() == ["works_head"]


def test_without_a_mail_server_nobody_counts_as_told(
    city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMTP_URL")
    assert night(OPENS) == Reminded(0, 0, mail=False)
    assert told() == []
    mailing_to(monkeypatch, "smtp://127.0.0.1:1?tls=none")
    assert night(OPENS).sent == 3


def test_what_waits_on_others_is_no_reminder(city: World) -> None:
    for place in ("tax1", "works1"):
        audit_of(city, place, "2026Q3", AuditStatus.SIGNED)
    assert night(OPENS) == NOBODY
    # Their receipt is the managers', with the half-year's audit in January.
    assert night(at(2027, 1, 18)).sent > 0
    assert {task.split(":")[0] for task, _ in told()} >= {"receipt", "agency_audit"}


def test_one_person_whose_tasks_fail_keeps_nobody_else_from_hearing(city: World) -> None:
    made = audit_of(city, "works1", "2026Q2", AuditStatus.JUDGING)
    with transaction() as db:
        # A period that no code writes.
        db.get_one(Audit, made.audit_id).period = "2026Q9"
    found = night(OPENS)
    assert "works_head" in found.failed
    assert {"head", "auditor"} <= set(names())


def test_only_the_operator_sends_them(city: World) -> None:
    with pytest.raises(Refused):
        send_reminders(city.actor("system_manager"))
    assert recipients() == []
