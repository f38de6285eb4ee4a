"""People who do anything at any time to a unit's audits and its agency's, and what must hold after every call.

What may happen is not asked of the services: the rules are spelt out here, over the rows that are stored.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select

from data import engine
from data.engine import reading
from data.models import (
    AccountDuty,
    Audit,
    AuditDraw,
    Evidence,
    JudgementPick,
    RecordShare,
    SampleItem,
    UsageRecord,
    Verdict,
)
from services.actor import Actor
from services.audits.agency.approving import approve, return_audit
from services.audits.agency.freezing import freeze_agency
from services.audits.agency.receiving import receive
from services.audits.appointing import appoint, relieve
from services.audits.checks import Check
from services.audits.drawing import draw_first, expand, redraw
from services.audits.evidence import add_evidence, withdraw_evidence
from services.audits.freezing import freeze
from services.audits.sharing import give_back, share_out, take
from services.audits.signing import content_now, reopen, sign
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge, pick
from services.errors import UserError
from services.regulation.periods import HalfYear
from tests.agency_freeze import reasons
from tests.services.life_of_audit.rules import BEFORE, MAY, WORD, hold, judges
from tests.services.life_of_audit.stored import Place, look
from tests.services.papers.helpers import pdf
from tests.world import NOW

HALF = HalfYear(2026, 1)
Q1, Q2 = HALF.quarters
PERIODS = {"unit": ("unit", str(Q1)), "nil": ("unit", str(Q2)), "agency": ("agency", str(HALF))}
"""The audits that there can be: a unit's with records, a nil return of the same unit, its agency's."""
UNITS = [(which, who) for which in ("unit", "unit", "nil") for who in ("head", "auditor", "clerk2")]
AGENCYS = [("agency", who) for who in ("agency_manager", "ethics", "both", "agency_head")]
RECEIVING = [("unit", "agency_manager"), ("nil", "both"), ("unit", "ethics")]
STRANGERS = [("unit", "clerk"), ("agency", "head"), ("agency", "clerk"), ("unit", "agency_head")]
PROBABLE = {
    "nothing": UNITS * 4 + AGENCYS + RECEIVING + STRANGERS,
    "received": AGENCYS * 4 + UNITS + RECEIVING + STRANGERS,
    "judged": AGENCYS * 6 + UNITS + STRANGERS,
    "signed": AGENCYS * 6 + UNITS + STRANGERS,
}
"""Who does something to which audit, as often as it stands here, by the stage that a life begins at."""
PEOPLE = ("head", "auditor", "clerk2", "clerk", "agency_manager", "ethics", "both", "agency_head")
WORKERS = {
    "unit": ("head", "auditor", "agency_manager"),
    "nil": ("head",),
    "agency": ("ethics", "agency_manager"),
}
"""Those who can judge everything between them."""
BY = st.integers(0, 9_999)
SOME = st.sets(st.integers(0, 37), max_size=30)
REASON = "隨意做的一件事"


class Living(RuleBasedStateMachine):
    """People do what comes to their minds; after every call what is stored is looked at."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place, self.world = place, place.world

    @initialize(stage=st.sampled_from(sorted(PROBABLE)))
    def begin(self, stage: str) -> None:
        self.place.begin(stage)
        # What was prepared is past: acts are told apart by their time.
        self.now = NOW if stage == "nothing" else NOW + timedelta(days=1)
        self.people: dict[Any, Actor] = {}
        self.stage, self.stands = stage, look()
        with reading() as db:
            asked = select(UsageRecord.id, UsageRecord.account_id)
            self.users: dict[int, int | None] = dict(db.execute(asked).all())
        self.records = sorted(self.users)

    def teardown(self) -> None:
        engine.engine().dispose()

    # What people do

    def do(self, name: str, which: str, who: str, act: Callable[[Actor, int], Any]) -> None:
        """Let somebody do something to an audit; hold what is stored afterwards against what must hold."""
        self.now += timedelta(seconds=7)
        before = self.stands
        may = MAY[WORD.get(name, name), PERIODS[which][0]](self.world, before, who)
        try:
            act(self.actor(who), self.audit(which))
        except UserError:
            assert look() == before, f"{name} by {who} was refused and changed something"
            return
        self.stands = look()
        self.place.reached[f"{name}:{which}"] += 1
        assert may, f"{name} of {which} by {who}, who may not"
        touched = self.audit(which) if name not in BEFORE else None
        hold(self.world, before, self.stands, self.users, touched, name)

    def actor(self, who: str) -> Actor:
        # Read anew only where somebody's duties are others by now: that took a third of a life's time.
        key = who, tuple(self.stands.rows(AccountDuty))
        if key not in self.people:
            self.people[key] = self.world.actor(who, self.now)
        return replace(self.people[key], now=self.now)

    def by(self, number: int) -> tuple[str, str]:
        probable = PROBABLE[self.stage]
        return probable[number % len(probable)]

    def audit(self, which: str) -> int:
        row = self.stands.audit(*PERIODS[which])
        return row.id if row else 999_999

    def status(self, which: str) -> str:
        row = self.stands.audit(*PERIODS[which])
        return row.status if row else ""

    def some(self, places: set[int]) -> list[int]:
        return [self.records[place % len(self.records)] for place in sorted(places)]

    def seen(self, which: str, records: list[int], stale: bool) -> dict[int, int]:
        newest: dict[int, int] = {}
        for row in self.stands.rows(Verdict, self.audit(which)):
            newest[row.record_id] = max(newest.get(row.record_id, 0), row.sequence)
        return {record: newest.get(record, 0) + stale for record in records}

    def drawn(self, which: str) -> set[int]:
        """Return what the newest whole draw, its expansions and the picks hold."""
        audit_id = self.audit(which)
        draws = self.stands.rows(AuditDraw, audit_id)
        whole = max((row.number for row in draws if row.kind != "expansion"), default=0)
        current = {row.id for row in draws if row.number >= whole}
        items = self.stands.rows(SampleItem, audit_id)
        picks = self.stands.rows(JudgementPick, audit_id)
        return {i.record_id for i in items if i.draw_id in current} | {p.record_id for p in picks}

    def open(self, which: str) -> list[int]:
        judged = {row.record_id for row in self.stands.rows(Verdict, self.audit(which))}
        return sorted(self.drawn(which) - judged)

    def shown(self, which: str, stale: int) -> str:
        """Return the hash that is on screen; nothing where it is stale."""
        if stale and self.status(which):
            with reading() as db:
                return content_now(db, db.get_one(Audit, self.audit(which)))
        return ""

    @rule(by=BY, base=st.integers(5, 38), scope=st.sampled_from(FrameScope), told=st.integers(0, 4))
    def somebody_freezes(self, by: int, base: int, scope: FrameScope, told: int) -> None:
        which, who = self.by(by)
        if which == "agency":
            self.freezes_agency(who, base, scope, bool(told))
        else:
            self.freezes_unit(which, who, base)

    def freezes_unit(self, which: str, who: str, base: int) -> None:
        quarter, wanted = (Q1, base) if which == "unit" else (Q2, None)
        unit = self.world.units["tax1"]
        self.do("freeze", which, who, lambda a, _: freeze(a, unit, quarter, base_records=wanted))

    def freezes_agency(self, who: str, base: int | None, scope: FrameScope, told: bool) -> None:
        """Freeze an agency's half-year; with a reason for every audit that is missing where it is told."""
        tax = self.world.agencies["tax"]
        why = reasons(self.actor("agency_manager"), tax, HALF) if told else {}
        self.do(
            "freeze",
            "agency",
            who,
            lambda a, _: freeze_agency(a, tax, HALF, scope, base, seal=False, missing=why),
        )

    @rule(by=BY)
    def somebody_draws(self, by: int) -> None:
        self.do("draw_first", *self.by(by), draw_first)

    @rule(by=BY)
    def somebody_draws_again(self, by: int) -> None:
        self.do("redraw", *self.by(by), lambda a, audit: redraw(a, audit, REASON))

    @rule(by=BY, count=st.integers(-1, 12))
    def somebody_expands(self, by: int, count: int) -> None:
        self.do("expand", *self.by(by), lambda a, audit: expand(a, audit, count, REASON))

    @rule(by=BY, places=SOME)
    def somebody_picks(self, by: int, places: set[int]) -> None:
        records = self.some(places)
        self.do("pick", *self.by(by), lambda a, audit: pick(a, audit, records, REASON))

    @rule(
        by=BY,
        places=SOME,
        stale=st.integers(0, 7),
        ruling=st.sampled_from(list(Ruling)),
        failed=st.sets(st.sampled_from(list(Check)), max_size=1),
    )
    def somebody_judges(
        self, by: int, places: set[int], stale: int, ruling: Ruling, failed: set[Check]
    ) -> None:
        which, who = self.by(by)
        self.judges(which, who, self.seen(which, self.some(places), stale == 0), ruling, failed)

    def judges(
        self, which: str, who: str, seen: dict[int, int], ruling: Ruling, failed: set[Check]
    ) -> None:
        self.do(
            "judge",
            which,
            who,
            lambda a, audit: judge(
                a, audit, seen, ruling, "說明", REASON, failed, flagged_too=seen
            ),
        )

    def the_rest_is_judged(self, which: str, ruling: Ruling = Ruling.COMPLIANT) -> None:
        for who in WORKERS[which]:
            others = {record: 0 for record in self.open(which) if self.is_for(which, who, record)}
            if others:
                self.judges(which, who, others, ruling, set())

    def is_for(self, which: str, who: str, record: int) -> bool:
        """Whether a worker judges a record: not their own, nor one that falls to somebody else."""
        mine, whose = self.world.accounts[who], self.users[record]
        fall_to = judges(self.world, PERIODS[which][0], whose)
        if fall_to is None:
            return mine != whose and (which == "agency" or who != "agency_manager")
        return mine in fall_to

    @rule(turns=st.integers(1, 6), ruling=st.sampled_from([Ruling.COMPLIANT, Ruling.EXPLAIN]))
    def the_units_audit_goes_on(self, turns: int, ruling: Ruling) -> None:
        """What is due is done: else a life would hardly ever come to its signature."""
        for _ in range(turns):
            self.goes_on("unit", ruling, "head")

    @rule(
        turns=st.integers(1, 6),
        ruling=st.sampled_from([Ruling.COMPLIANT, Ruling.EXPLAIN]),
        signers=st.permutations(["agency_manager", "ethics", "both"]),
    )
    def the_agencys_audit_goes_on(self, turns: int, ruling: Ruling, signers: list[str]) -> None:
        for _ in range(turns):
            self.goes_on("agency", ruling, *signers)

    def goes_on(self, which: str, ruling: Ruling, *signers: str) -> None:
        chief = WORKERS[which][0]
        match self.status(which):
            case "" if which == "agency":
                self.freezes_agency(chief, None, FrameScope.BOTH, told=True)
            case "":
                self.freezes_unit(which, chief, 6)
            case "frozen":
                self.do("draw_first", which, chief, draw_first)
            case "judging" if self.open(which):
                self.the_rest_is_judged(which, ruling)
            case "judging":
                for who in signers:
                    self.signs(which, who)
            case "signed":
                self.receives(which, "agency_manager")
                self.approves(which, "agency_head")

    @rule(by=BY, stale=st.integers(0, 4))
    def somebody_signs(self, by: int, stale: int) -> None:
        self.signs(*self.by(by), stale)

    def signs(self, which: str, who: str, stale: int = 1) -> None:
        shown = self.shown(which, stale)
        self.do("sign", which, who, lambda a, audit: sign(a, audit, shown))

    @rule(by=BY, stale=st.integers(0, 4))
    def somebody_receives(self, by: int, stale: int) -> None:
        self.receives(*self.by(by), stale)

    def receives(self, which: str, who: str, stale: int = 1) -> None:
        shown = self.shown(which, stale)
        self.do("receive", which, who, lambda a, audit: receive(a, {audit: shown}))

    @rule(by=BY, stale=st.integers(0, 4))
    def somebody_approves(self, by: int, stale: int) -> None:
        self.approves(*self.by(by), stale)

    def approves(self, which: str, who: str, stale: int = 1) -> None:
        shown = self.shown(which, stale)
        self.do("approve", which, who, lambda a, audit: approve(a, audit, shown))

    @rule(by=BY)
    def somebody_returns(self, by: int) -> None:
        self.do("return", *self.by(by), lambda a, audit: return_audit(a, audit, REASON))

    @rule(by=BY)
    def somebody_reopens(self, by: int) -> None:
        self.do("reopen", *self.by(by), lambda a, audit: reopen(a, audit, REASON))

    @rule(by=BY, people=st.sets(st.sampled_from(PEOPLE), max_size=3))
    def somebody_shares_out(self, by: int, people: set[str]) -> None:
        ids = [self.world.accounts[name] for name in people]
        self.do("share_out", *self.by(by), lambda a, audit: share_out(a, audit, ids))

    @rule(by=BY, places=SOME, back=st.booleans())
    def somebody_takes(self, by: int, places: set[int], back: bool) -> None:
        which, who = self.by(by)
        shares = self.stands.rows(RecordShare, self.audit(which))
        mine = [row.record_id for row in shares if row.account_id == self.world.accounts[who]]
        self.takes(which, who, mine[:2] if back else self.some(places)[:2], back)

    def takes(self, which: str, who: str, records: list[int], back: bool) -> None:
        name, act = ("give_back", give_back) if back else ("take", take)
        self.do(name, which, who, partial(_to, act, records))

    @rule(by=BY, record=st.one_of(st.none(), st.integers(0, 37)))
    def somebody_adds_evidence(self, by: int, record: int | None) -> None:
        about = None if record is None else self.some({record})[0]
        content = pdf(str(self.now))
        self.do(
            "add_evidence",
            *self.by(by),
            lambda a, audit: add_evidence(a, audit, about, "a.pdf", content),
        )

    @rule(by=BY, number=st.integers(0, 3))
    def somebody_withdraws_evidence(self, by: int, number: int) -> None:
        which, who = self.by(by)
        added = [row.id for row in self.stands.rows(Evidence, self.audit(which))]
        one = added[number % len(added)] if added else 999_999
        self.do("withdraw", which, who, lambda a, _: withdraw_evidence(a, one, REASON))

    @rule(by=BY, whom=st.sampled_from(PEOPLE))
    def somebody_appoints(self, by: int, whom: str) -> None:
        unit, account = self.world.units["tax1"], self.world.accounts[whom]
        who = self.by(by)[1]
        self.do("appoint", "unit", who, lambda a, _: appoint(a, unit, account, REASON))

    @rule(by=BY, whom=st.sampled_from(("head", "auditor", "clerk2")))
    def somebody_relieves(self, by: int, whom: str) -> None:
        unit, account = self.world.units["tax1"], self.world.accounts[whom]
        who = self.by(by)[1]
        self.do("relieve", "unit", who, lambda a, _: relieve(a, unit, account, REASON))


def _to(act: Callable[..., Any], records: list[int], actor: Actor, audit: int) -> None:
    act(actor, audit, records)
