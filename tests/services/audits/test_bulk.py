"""Many records in one stroke (整批判定): asked for, flagged ones left out, and marked for good."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from data.engine import reading
from data.models import Verdict
from services.audits.bulk import AT_ONCE
from services.audits.drawing import draw_first
from services.audits.forms.gathering import facts_of
from services.audits.forms.record_rows import COLUMNS, record_rows
from services.audits.freezing import freeze
from services.audits.sheet import SheetRow, record_history, worksheet_rows
from services.audits.signing import hash_of, signed_content
from services.audits.store import load_audit
from services.audits.words import CONDUCT, Ruling
from services.audits.worksheet import judge
from services.errors import Invalid
from services.regulation.periods import Quarter
from tests.world import World, at

Q3 = Quarter(2026, 3)


@pytest.fixture
def drawn(world: World) -> int:
    """Sixteen records, all of them drawn; two are flagged, a third is outside what its user may query."""
    days = [at(2026, 7, day) for day in range(1, 14)]
    world.use("clerk", *days)
    world.use("clerk2", at(2026, 8, 3), at(2026, 9, 3), flags="filler")
    world.use("clerk2", at(2026, 8, 4), item_authorised=False)
    audit_id = freeze(world.actor("head"), world.units["tax1"], Q3, base_records=16)
    draw_first(world.actor("head"), audit_id)
    return audit_id


def rows_of(world: World, audit_id: int) -> list[SheetRow]:
    return worksheet_rows(world.actor("head"), audit_id)


def verdicts() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Verdict)) or 0


def attempt(world: World, audit_id: int, rows: list[SheetRow], **more: Any) -> None:
    seen = {row.record_id: row.judged.sequence for row in rows}
    judge(world.actor("head"), audit_id, seen, Ruling.COMPLIANT, **more)


def test_many_at_once_are_asked_for_and_flagged_ones_chosen_one_by_one(
    world: World, drawn: int
) -> None:
    rows = rows_of(world, drawn)
    flagged = [row for row in rows if row.checks]
    assert (len(rows), len(flagged)) == (16, 3)
    with pytest.raises(Invalid, match="一次判定 16 筆，其中 3 筆有系統提示"):
        attempt(world, drawn, rows)
    for chosen in ((), [flagged[0].record_id], [row.record_id for row in rows if not row.checks]):
        with pytest.raises(Invalid, match=r"有系統提示，整批判定時須逐筆選取.*沒有判定任何一筆"):
            attempt(world, drawn, rows, flagged_too=chosen)
    assert verdicts() == 0

    fine = [row for row in rows if not row.checks]
    attempt(world, drawn, [*fine, flagged[0]], flagged_too=[flagged[0].record_id])
    assert verdicts() == 14
    attempt(world, drawn, flagged[1:])  # so few are looked at one after the other
    after = {row.record_id: row.judged for row in rows_of(world, drawn)}
    assert {after[row.record_id].together for row in fine} == {14}
    assert {after[row.record_id].in_bulk for row in fine} == {True}
    assert [after[row.record_id].in_bulk for row in flagged] == [True, False, False]


def test_a_verdict_given_in_bulk_says_so_on_the_form_in_the_export_and_in_its_history(
    world: World, drawn: int
) -> None:
    rows = rows_of(world, drawn)
    fine = [row for row in rows if not row.checks]
    attempt(world, drawn, fine, flagged_too=())
    attempt(world, drawn, [row for row in rows if row.checks])
    with reading() as db:
        audit = load_audit(db, world.actor("head"), drawn, CONDUCT)
        facts = facts_of(db, audit)
    words = "整批判定（一次 13 筆）"
    assert sorted({line.in_bulk for line in facts.lines}) == ["", words]
    place = COLUMNS.index("整批判定")
    assert sum(row[place] == words for row in record_rows(facts)) == 13
    from services.audits.forms.finding_parts import record_parts

    table = list(record_parts(facts))[-1]
    assert len(re.findall(re.escape(words), repr(table))) == 13
    history = record_history(world.actor("head"), drawn, fine[0].record_id)
    assert [past.judged.bulk_words for past in history] == [words]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_up_to_ten_are_no_bulk_and_a_verdict_of_before_is_none_either(
    world: World, drawn: int
) -> None:
    rows = rows_of(world, drawn)
    some = sorted(rows, key=lambda row: not row.checks)[:AT_ONCE]
    attempt(world, drawn, some)
    after = {row.record_id: row.judged for row in rows_of(world, drawn)}
    assert {after[row.record_id].in_bulk for row in some} == {False}
    assert not any(judged.bulk_words for judged in after.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_how_it_was_judged_is_part_of_what_is_signed(world: World, drawn: int) -> None:
    from services.audits.findings import summarise
    from tests.services.ledger.helpers import run

    rows = [row for row in rows_of(world, drawn) if not row.checks]
    attempt(world, drawn, rows, flagged_too=())

    def hashed() -> str:
        with reading() as db:
            audit = load_audit(db, world.actor("head"), drawn, CONDUCT)
            return hash_of(signed_content(db, audit, summarise(db, drawn)))

    before = hashed()
    run("UPDATE verdicts SET together = 1")
    assert hashed() != before
