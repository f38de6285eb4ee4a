"""An audit's whole life, by people who do anything at any time: what must hold holds after every call.

No path signs a record that nobody judged, loses or alters a verdict, or edits a signed audit; and a call
that is refused changes nothing. What may happen is not asked of the services: the rules are spelt out
here, over the rows that are stored.
"""

import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import event, select

from data import engine
from data.engine import reading
from data.models import (
    AccountDuty,
    Audit,
    AuditDraw,
    AuditFrame,
    Base,
    Evidence,
    EvidenceWithdrawal,
    JudgementPick,
    RecordShare,
    Reopening,
    SampleItem,
    Signature,
    UsageRecord,
    Verdict,
)
from services.actor import Actor
from services.audits.appointing import appoint, relieve
from services.audits.checks import Check
from services.audits.drawing import draw_first, expand, redraw
from services.audits.evidence import add_evidence, withdraw_evidence
from services.audits.findings import summarise
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sharing import give_back, share_out, take
from services.audits.signing import hash_of, reopen, sign, signed_content
from services.audits.words import Ruling
from services.audits.worksheet import judge, pick
from services.errors import UserError
from services.regulation.periods import Quarter
from tests.services.papers.helpers import pdf
from tests.world import NOW, World, at, build_world

Q3 = Quarter(2026, 3)
PEOPLE = ("head", "auditor", "clerk2", "clerk", "agency_manager")
AUDITORS = ("head", "auditor", "clerk2")
"""Whoever may be appointed among them; the others never conduct the audit."""
WHO = st.sampled_from((*AUDITORS, *AUDITORS, *PEOPLE))
SOME = st.sets(st.integers(0, 29), max_size=30)
REASON = "隨意做的一件事"
KEPT = (Verdict, Signature, Reopening, SampleItem, AuditDraw, AuditFrame, JudgementPick, Evidence,
        EvidenceWithdrawal)  # fmt: skip
"""Tables of which no row is ever lost or altered."""
TURNS = ("freeze", "draw_first", "redraw", "expand", "pick", "judge", "sign", "reopen", "share_out",
         "take", "give_back", "add_evidence", "withdraw_evidence", "appoint", "relieve")  # fmt: skip
"""What has to have succeeded in some life of all that are lived."""


@dataclass(frozen=True)
class Stored:
    """Every row that an audit consists of."""

    tables: dict[str, list[tuple[Any, ...]]]
    status: str | None

    def rows(self, table: type[Base]) -> list[tuple[Any, ...]]:
        return self.tables[table.__tablename__]


def look() -> Stored:
    with reading() as db:
        tables = {
            one.__tablename__: [
                tuple(repr(cell) if isinstance(cell, dict) else cell for cell in row)
                for row in db.execute(
                    select(one.__table__).order_by(
                        *(c for c in one.__table__.columns if c.primary_key)
                    )
                )
            ]
            for one in (*KEPT, RecordShare, AccountDuty)
        }
        return Stored(tables, db.scalar(select(Audit.status)))


class Place:
    """Where the machine begins: a prepared file, and a fresh copy of it for every life."""

    def __init__(self, world: World, template: Path, folder: Path) -> None:
        self.world, self.template, self.folder = world, template, folder
        self.numbers = itertools.count()
        self.reached: Counter[str] = Counter()

    def begin(self) -> None:
        copy = self.folder / f"{next(self.numbers)}.db"
        shutil.copy(self.template, copy)
        engine.configure(f"sqlite:///{copy}")
        event.listen(engine.engine(), "connect", _carelessly)


def _carelessly(connection: Any, _record: Any) -> None:
    """These files need not survive a power cut."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def place(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("LEDGER_CHECKPOINTS", str(tmp_path / "checkpoints.txt"))
    template = tmp_path / "template.db"
    shutil.copy(sqlite_template, template)
    engine.configure(f"sqlite:///{template}")
    world = build_world()
    for who, count in (("clerk", 16), ("clerk2", 8), ("auditor", 4), ("unit_manager", 2)):
        world.use(who, *(at(2026, 7 + day % 3, day + 1) for day in range(count)))
    engine.engine().dispose()
    yield Place(world, template, tmp_path)
    engine.engine().dispose()


class Living(RuleBasedStateMachine):
    """People do what comes to their minds; after every call what is stored is looked at."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place, self.world = place, place.world
        place.begin()
        self.now = NOW
        self.stands = look()
        with reading() as db:
            self.users: dict[int, int | None] = dict(
                db.execute(select(UsageRecord.id, UsageRecord.account_id)).all()
            )
        self.records = sorted(self.users)

    def teardown(self) -> None:
        engine.engine().dispose()

    # What people do

    def do(self, name: str, who: str, act: Callable[[Any], Any]) -> None:
        """Let somebody do something; hold what is stored afterwards against what must hold."""
        self.now += timedelta(seconds=7)
        before, may = self.stands, self.conducts(who)
        try:
            act(self.world.actor(who, self.now))
        except UserError:
            assert look() == before, f"{name} by {who} was refused and changed something"
            return
        self.stands = look()
        self.place.reached[name] += 1
        assert may, f"{name} by {who}, who holds no duty"
        self.holds(before, name)

    def conducts(self, who: str) -> bool:
        mine = [
            row for row in self.stands.rows(AccountDuty)
            if row[1] == self.world.accounts[who] and row[2] in ("unit_head", "auditor")
        ]  # fmt: skip
        return any(row[-1] is None for row in mine)

    def audit(self) -> int:
        with reading() as db:
            return db.scalar(select(Audit.id)) or 999_999

    def some(self, places: set[int]) -> list[int]:
        return [self.records[place % len(self.records)] for place in sorted(places)]

    def seen(self, records: list[int], stale: bool) -> dict[int, int]:
        newest: dict[int, int] = {}
        for row in self.stands.rows(Verdict):
            newest[row[2]] = max(newest.get(row[2], 0), row[3])
        return {record: newest.get(record, 0) + stale for record in records}

    @rule(who=WHO, base=st.integers(5, 30))
    def somebody_freezes(self, who: str, base: int) -> None:
        unit = self.world.units["tax1"]
        self.do("freeze", who, lambda a: freeze(a, unit, Q3, base_records=base))

    @rule(who=WHO)
    def somebody_draws(self, who: str) -> None:
        self.do("draw_first", who, lambda a: draw_first(a, self.audit()))

    @rule(who=WHO)
    def somebody_draws_again(self, who: str) -> None:
        self.do("redraw", who, lambda a: redraw(a, self.audit(), REASON))

    @rule(who=WHO, count=st.integers(-1, 12))
    def somebody_expands(self, who: str, count: int) -> None:
        self.do("expand", who, lambda a: expand(a, self.audit(), count, REASON))

    @rule(who=WHO, places=SOME)
    def somebody_picks(self, who: str, places: set[int]) -> None:
        self.do("pick", who, lambda a: pick(a, self.audit(), self.some(places), REASON))

    @rule(
        who=WHO,
        places=SOME,
        stale=st.integers(0, 7),
        ruling=st.sampled_from(list(Ruling)),
        failed=st.sets(st.sampled_from(list(Check)), max_size=1),
    )
    def somebody_judges(
        self, who: str, places: set[int], stale: int, ruling: Ruling, failed: set[Check]
    ) -> None:
        seen = self.seen(self.some(places), stale == 0)
        self.do(
            "judge",
            who,
            lambda a: judge(
                a, self.audit(), seen, ruling, "說明", REASON, failed, flagged_too=seen
            ),
        )

    @rule(ruling=st.sampled_from([Ruling.COMPLIANT, Ruling.EXPLAIN]))
    def the_rest_is_judged(self, ruling: Ruling) -> None:
        """Else a life would hardly ever come to its signature."""
        for who in ("head", "auditor"):
            mine = self.world.accounts[who]
            for record in self.open():
                if self.users[record] != mine:
                    seen = {record: 0}
                    self.do("judge", who, partial(self.judged, seen, ruling))

    def judged(self, seen: dict[int, int], ruling: Ruling, actor: Actor) -> None:
        judge(actor, self.audit(), seen, ruling, "說明")

    def open(self) -> list[int]:
        """Return what the newest whole draw, its expansions and the picks hold and nobody judged."""
        draws = self.stands.rows(AuditDraw)
        whole = max((row[2] for row in draws if row[3] != "expansion"), default=0)
        current = {row[0] for row in draws if row[2] >= whole}
        wanted = {row[3] for row in self.stands.rows(SampleItem) if row[2] in current}
        wanted |= {row[2] for row in self.stands.rows(JudgementPick)}
        return sorted(wanted - {row[2] for row in self.stands.rows(Verdict)})

    @rule(who=WHO, stale=st.integers(0, 4))
    def somebody_signs(self, who: str, stale: int) -> None:
        shown = ""
        if stale:
            with suppress(UserError):
                shown = view_audit(self.world.actor(who, self.now), self.audit()).content_hash
        self.do("sign", who, lambda a: sign(a, self.audit(), shown))

    @rule(who=WHO)
    def somebody_reopens(self, who: str) -> None:
        self.do("reopen", who, lambda a: reopen(a, self.audit(), REASON))

    @rule(who=WHO, people=st.sets(st.sampled_from(PEOPLE), max_size=3))
    def somebody_shares_out(self, who: str, people: set[str]) -> None:
        ids = [self.world.accounts[name] for name in people]
        self.do("share_out", who, lambda a: share_out(a, self.audit(), ids))

    @rule(who=WHO, places=SOME, back=st.booleans())
    def somebody_takes(self, who: str, places: set[int], back: bool) -> None:
        name, act = ("give_back", give_back) if back else ("take", take)
        mine = [row[1] for row in self.stands.rows(RecordShare)
                if row[2] == self.world.accounts[who]]  # fmt: skip
        records = mine[:2] if back else self.some(places)[:2]
        self.do(name, who, lambda a: act(a, self.audit(), records))

    @rule(who=WHO, record=st.one_of(st.none(), st.integers(0, 29)))
    def somebody_adds_evidence(self, who: str, record: int | None) -> None:
        about = None if record is None else self.some({record})[0]
        content = pdf(str(self.now))
        self.do(
            "add_evidence", who, lambda a: add_evidence(a, self.audit(), about, "a.pdf", content)
        )

    @rule(who=WHO, number=st.integers(1, 4))
    def somebody_withdraws_evidence(self, who: str, number: int) -> None:
        self.do("withdraw_evidence", who, lambda a: withdraw_evidence(a, number, REASON))

    @rule(who=WHO, whom=st.sampled_from(PEOPLE))
    def somebody_appoints(self, who: str, whom: str) -> None:
        unit, account = self.world.units["tax1"], self.world.accounts[whom]
        self.do("appoint", who, lambda a: appoint(a, unit, account, REASON))

    @rule(who=WHO, whom=st.sampled_from(AUDITORS))
    def somebody_relieves(self, who: str, whom: str) -> None:
        unit, account = self.world.units["tax1"], self.world.accounts[whom]
        self.do("relieve", who, lambda a: relieve(a, unit, account, REASON))

    # What must hold

    def holds(self, before: Stored, name: str) -> None:
        for table in KEPT:
            kept = before.rows(table)
            assert set(kept) <= set(self.stands.rows(table)), f"{name} lost a row of {table}"
        if before.status == "signed" and name not in ("appoint", "relieve"):
            assert name == "reopen", f"{name} of a signed audit"
        self.verdicts_hold()
        if self.stands.status == "signed":
            self.signature_holds()

    def verdicts_hold(self) -> None:
        sequences: dict[int, list[int]] = {}
        table = Verdict.__table__.c
        names = [column.name for column in table]
        for row in self.stands.rows(Verdict):
            verdict = dict(zip(names, row, strict=True))
            sequences.setdefault(verdict["record_id"], []).append(verdict["sequence"])
            assert verdict["judged_by"] != self.users[verdict["record_id"]], "judged one's own"
            assert verdict["verdict"] != "compliant" or not verdict["failed_checks"]
            assert verdict["sequence"] == 1 or verdict["change_reason"]
        for found in sequences.values():
            assert found == list(range(1, len(found) + 1))

    def signature_holds(self) -> None:
        assert self.open() == [], "signed a record that nobody judged"
        with reading() as db:
            audit = db.scalars(select(Audit)).one()
            stands_for = hash_of(signed_content(db, audit, summarise(db, audit.id)))
            newest = db.scalars(select(Signature).order_by(Signature.id.desc())).first()
        assert newest is not None
        assert newest.content_hash == stands_for, "a signed audit is not what was signed"
        shares = self.stands.rows(RecordShare)
        assert all(row[2] != self.users[row[1]] for row in shares)


def test_whatever_people_do_nothing_is_lost_and_nothing_signed_changes(place: Place) -> None:
    run_state_machine_as_test(
        lambda: Living(place),  # type: ignore[arg-type]
        settings=settings(max_examples=12, stateful_step_count=40),
    )


def test_a_life_in_order_meets_every_turn(place: Place) -> None:
    """Told step by step, so that every turn is certain to be met; checked like any other life."""
    life = Living(place)
    everything = set(range(30))
    life.somebody_freezes("clerk", 6)
    life.somebody_freezes("head", 6)
    life.somebody_draws("auditor")
    life.somebody_appoints("head", "clerk2")
    life.somebody_shares_out("head", {"head", "clerk2"})
    shared = {row[1] for row in life.stands.rows(RecordShare)}
    life.somebody_takes("head", set(), back=True)
    given = shared - {row[1] for row in life.stands.rows(RecordShare)}
    life.somebody_takes("head", {life.records.index(min(given))}, back=False)
    life.somebody_relieves("head", "clerk2")
    life.somebody_adds_evidence("head", None)
    life.somebody_withdraws_evidence("auditor", 1)
    life.somebody_adds_evidence("auditor", None)
    life.somebody_draws_again("head")
    life.somebody_expands("head", 2)
    free = [place for place, record in enumerate(life.records) if record not in set(life.open())]
    life.somebody_picks("auditor", {free[0]})
    life.somebody_signs("head", 1)
    life.the_rest_is_judged(Ruling.COMPLIANT)
    life.somebody_signs("clerk2", 1)
    life.somebody_signs("auditor", 0)
    life.somebody_signs("auditor", 1)
    assert life.stands.status == "signed"
    life.somebody_draws_again("head")
    life.somebody_expands("head", 1)
    life.somebody_judges("head", everything, 1, Ruling.MAJOR, set())
    life.somebody_adds_evidence("head", None)
    life.somebody_withdraws_evidence("head", 2)
    life.somebody_reopens("auditor")
    assert life.stands.status == "signed"
    life.somebody_reopens("head")
    mine = [row[3] for row in life.stands.rows(SampleItem)]
    place_of = {record: number for number, record in enumerate(life.records)}
    not_own = {place_of[r] for r in mine if life.users[r] != life.world.accounts["auditor"]}
    life.somebody_judges("head", {min(not_own)}, 1, Ruling.MAJOR, {Check.CASE})
    life.somebody_signs("head", 1)
    assert life.stands.status == "signed"
    assert {turn for turn in TURNS if not place.reached[turn]} == set()
    life.teardown()
