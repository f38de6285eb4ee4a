"""The nightly job: its steps in order, none of which stops another; the same night twice does nothing anew."""

import os
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import (
    Account,
    KeptDocument,
    LedgerCheckpoint,
    OutgoingMail,
    PersonnelChange,
    ReviewCampaign,
)
from services.actor import operator
from services.errors import Refused
from services.operation.nightly import Step, run_night
from tests.kept_files import lose
from tests.services.applications.mails import mailing_to
from tests.services.papers.helpers import kept
from tests.world import NOW, World

STEPS = [
    "seal",
    "receive-packages",
    "open-due-reviews",
    "suspend-leavers",
    "expire-applications",
    "send-reminders",
    "sweep-files",
]


@pytest.fixture(autouse=True)
def mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    mailing_to(monkeypatch, "smtp://127.0.0.1:1?tls=none")


def leaves(world: World, who: str, day: date = date(2026, 11, 1)) -> None:
    """Record that somebody was to leave on a day, with no application."""
    with transaction() as db:
        db.add(
            PersonnelChange(
                account_id=world.accounts[who],
                kind="leave",
                effective_on=day,
                source="manual",
                recorded_at=NOW,
            )
        )
        db.get_one(Account, world.accounts[who]).leaving_on = day


def night() -> dict[str, Step]:
    return {one.step: one for one in run_night(operator(NOW))}


def counts() -> list[int]:
    tables = (OutgoingMail, ReviewCampaign, LedgerCheckpoint)
    with reading() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_night_does_every_step_once(world: World) -> None:
    leaves(world, "clerk")
    first = night()
    assert list(first) == STEPS
    assert {one.error for one in first.values()} == {""} and all(one.ok for one in first.values())
    assert len(first["open-due-reviews"].result["opened"]) == len(world.agencies)
    assert first["suspend-leavers"].result["suspended"] == ["clerk"]
    # Whom the same night has suspended is not reminded any more.
    assert first["send-reminders"].result["sent"] > 0
    with reading() as db:
        assert "clerk@example.gov.taipei" not in db.scalars(select(OutgoingMail.recipient)).all()
    before = counts()
    second = night()
    assert all(one.ok for one in second.values())
    assert second["open-due-reviews"].result == {"opened": []}
    assert second["suspend-leavers"].result["suspended"] == []
    assert second["send-reminders"].result["sent"] == 0
    assert counts()[:2] == before[:2]


def test_a_step_that_leaves_something_undone_fails_and_stops_no_other(world: World) -> None:
    # The last agency manager of an agency with accounts in use cannot be suspended.
    leaves(world, "works_manager")
    found = night()
    assert [one.step for one in found.values() if not one.ok] == ["suspend-leavers"]
    assert "works_manager" in found["suspend-leavers"].error
    assert found["send-reminders"].result["sent"] > 0


def test_a_lost_file_is_told_every_night(world: World) -> None:
    lose(KeptDocument, kept(world, "clerk"))
    found = night()
    assert [one.step for one in found.values() if not one.ok] == ["sweep-files"]
    assert "有 1 個收存的檔案不在檔案資料夾" in found["sweep-files"].error


@pytest.mark.parametrize("fault", ["lost key", "touched file"])
def test_a_ledger_that_cannot_be_sealed_stops_no_other_step(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "lost key":
        monkeypatch.setenv("LEDGER_PUBLIC_KEY", "A" * 43 + "=")
    else:
        night()
        night()  # which seals what the first one wrote
        file = Path(os.environ["LEDGER_CHECKPOINTS"])
        content = file.read_text(encoding="utf-8")
        file.write_text(content.replace("number 1", "number 2"), encoding="utf-8")
    found = night()
    assert [one.step for one in found.values() if not one.ok] == ["seal"]
    told = {"lost key": "LEDGER_KEY", "touched file": "檢查點檔"}[fault]
    assert told in found["seal"].error


def test_only_the_operator_runs_it(world: World) -> None:
    for who in ("system_manager", "agency_manager"):
        with pytest.raises(Refused):
            run_night(world.actor(who))
    assert counts() == [0, 0, 0]
