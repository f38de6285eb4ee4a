"""The whole life of a unit's audits and of its agency's, by people who do anything at any time.

No path signs a record that nobody judged, loses or alters a verdict, or edits a signed audit; two sign
an agency's for one content; whatever is opened again is neither received nor approved; and a call that is
refused changes nothing (`rules`).
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from data import engine
from data.engine import transaction
from data.models import RecordShare, SampleItem
from services.audits import drawing
from services.audits.checks import Check
from services.audits.words import FrameScope, Ruling
from services.regulation.roles import Duty, Role
from tests.seeds import Numbers
from tests.services.life_of_audit.living import PERIODS, PROBABLE, Living
from tests.services.life_of_audit.stored import Place
from tests.world import World, add_person, at, build_world

TURNS = {"freeze", "draw_first", "redraw", "expand", "pick", "judge", "sign", "reopen", "share_out",
         "take", "give_back", "add_evidence", "withdraw"}  # fmt: skip
"""What has to have succeeded to an audit of every kind; and beside it:"""
OWN_TURNS = {"unit": {"receive", "appoint", "relieve"}, "agency": {"approve", "return"}}


class Told(Living):
    """A life told step by step: checked like any other, and people are named."""

    def by(self, number: int) -> tuple[str, str]:
        return self.which, self.who

    def let(self, which: str, who: str) -> "Told":
        self.which, self.who = which, who
        return self

    def signed_as(self, which: str, *people: str) -> str:
        for who in people:
            self.signs(which, who)
        return self.status(which)

    def place_of(self, record: int) -> int:
        return self.records.index(record)


@pytest.fixture(scope="module")
def beginnings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A unit with records in one quarter, one whose head's post is vacant; and three stages further on."""
    folder = tmp_path_factory.mktemp("beginnings")
    templates = {stage: folder / f"{stage}-template.db" for stage in PROBABLE}
    shutil.copy(sqlite_template, templates["nothing"])
    engine.configure(f"sqlite:///{templates['nothing']}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEDGER_CHECKPOINTS", str(folder / "checkpoints.txt"))
        patch.setattr(drawing, "new_seed", Numbers.seed)
        found = Place(furnished(), templates, folder)
        engine.engine().dispose()
        life = Told(found)
        life.begin("nothing")
        to_the_receipt(life)
        kept(life, templates["received"])
        to_the_last_verdict(life)
        kept(life, templates["judged"])
        assert life.signed_as("agency", "ethics", "agency_manager") == "signed"
        kept(life, templates["signed"])
    return found


@pytest.fixture
def place(beginnings: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("LEDGER_CHECKPOINTS", str(tmp_path / "checkpoints.txt"))
    yield Place(beginnings.world, beginnings.templates, tmp_path)
    engine.engine().dispose()


def furnished() -> World:
    world = build_world()
    with transaction() as db:
        duty = ((Duty.ETHICS_OFFICER, "agency"),)
        add_person(db, world, 91, "both", "tax2", Role.AGENCY_MANAGER, duty)
    for who, count in (
        *(("clerk", 11), ("clerk2", 8), ("auditor", 4), ("agency_manager", 4)),
        ("head", 3),
    ):
        world.use(who, *(at(2026, 1 + day % 3, day + 1) for day in range(count)))
    for who, count in (("clerk_tax2", 6), ("ethics", 2)):
        world.use(who, *(at(2026, 4 + day % 3, day + 1) for day in range(count)))
    return world


def kept(life: Told, template: Path) -> None:
    """Keep what is stored now, to begin there."""
    engine.engine().dispose()
    newest = max(life.place.folder.glob("[0-9]*.db"), key=lambda path: int(path.stem))
    shutil.copy(newest, template)


def to_the_receipt(life: Told) -> None:
    life.let("unit", "head").somebody_freezes(0, 12, FrameScope.BOTH, 1)
    life.somebody_draws(0)
    life.the_rest_is_judged("unit")
    life.let("nil", "head").somebody_freezes(0, 0, FrameScope.BOTH, 1)
    for which in ("unit", "nil"):
        assert life.signed_as(which, "head") == "signed"
        life.let(which, "agency_manager").somebody_receives(0, 1)
        assert life.status(which) == "received"


def to_the_last_verdict(life: Told) -> None:
    life.freezes_agency("ethics", 20, FrameScope.BOTH, told=True)
    life.let("agency", "agency_manager").somebody_draws(0)
    life.the_rest_is_judged("agency")
    assert life.status("agency") == "judging" and not life.open("agency")


def test_whatever_people_do_nothing_is_lost_and_nothing_signed_changes(place: Place) -> None:
    run_state_machine_as_test(
        lambda: Living(place),  # type: ignore[arg-type]
        settings=settings(max_examples=32, stateful_step_count=15),
    )


def works_and_does_everything(life: Told, which: str, chief: str, other: str) -> None:
    """Go every turn that both kinds share, from the freeze to before the signature."""
    life.let(which, chief).somebody_draws(0)
    life.somebody_shares_out(0, {chief, other})
    shared = {row.record_id for row in life.stands.rows(RecordShare)}
    life.somebody_takes(0, set(), back=True)
    given = shared - {row.record_id for row in life.stands.rows(RecordShare)}
    life.takes(which, chief, [min(given)], back=False)
    life.somebody_adds_evidence(0, None)
    life.let(which, other).somebody_withdraws_evidence(0, 0)
    life.somebody_adds_evidence(0, None)
    life.let(which, chief).somebody_draws_again(0)
    life.somebody_expands(0, 2)
    free = [record for record in life.records if record not in life.drawn(which)]
    life.let(which, other).somebody_picks(0, {life.place_of(free[0])})
    life.signs(which, chief)
    life.the_rest_is_judged(which)
    assert life.status(which) == "judging"


def tries_to_change(life: Told, which: str, chief: str) -> None:
    """Do to a signed audit what must not be done to it; `do` holds that nothing changes."""
    before = life.stands
    life.let(which, chief).somebody_draws_again(0)
    life.somebody_expands(0, 1)
    one_is_found_wanting(life, which, chief)
    free = [record for record in life.records if record not in life.drawn(which)]
    life.somebody_picks(0, {life.place_of(free[0])})
    life.somebody_adds_evidence(0, None)
    life.somebody_withdraws_evidence(0, 1)
    life.signs(which, chief)
    assert life.stands == before


def one_is_found_wanting(life: Told, which: str, who: str) -> None:
    sampled = [row.record_id for row in life.stands.rows(SampleItem, life.audit(which))]
    own = life.world.accounts[who]
    record = min(one for one in sampled if one in life.drawn(which) and life.users[one] != own)
    life.judges(which, who, life.seen(which, [record], stale=False), Ruling.MAJOR, {Check.CASE})


def test_a_unit_audit_in_order_meets_every_turn(place: Place) -> None:
    """Told step by step, so that every turn is certain to be met; checked like any other life."""
    life = Told(place)
    life.begin("nothing")
    life.let("unit", "clerk").somebody_freezes(0, 6, FrameScope.BOTH, 1)
    life.let("unit", "head").somebody_freezes(0, 6, FrameScope.BOTH, 1)
    life.somebody_appoints(0, "clerk2")
    works_and_does_everything(life, "unit", "head", "auditor")
    life.let("unit", "head").somebody_relieves(0, "clerk2")
    life.let("unit", "auditor").somebody_signs(0, 0)
    assert life.signed_as("unit", "clerk2") == "judging"
    assert life.signed_as("unit", "auditor") == "signed"
    tries_to_change(life, "unit", "head")
    life.let("unit", "auditor").somebody_reopens(0)
    life.let("unit", "agency_manager").somebody_receives(0, 0)
    life.somebody_receives(0, 1)
    assert life.status("unit") == "received"
    life.let("unit", "head").somebody_reopens(0)
    one_is_found_wanting(life, "unit", "head")
    assert life.signed_as("unit", "head") == "signed", "the receipt is taken back"
    life.let("unit", "both").somebody_receives(0, 1)
    assert life.status("unit") == "received"
    met(place, "unit")
    life.teardown()


def test_an_agencys_audit_in_order_meets_every_turn(place: Place) -> None:
    life = Told(place)
    life.begin("received")
    life.freezes_agency("agency_manager", None, FrameScope.BOTH, told=False)
    life.freezes_agency("agency_head", None, FrameScope.BOTH, told=True)
    assert life.status("agency") == ""
    life.freezes_agency("agency_manager", None, FrameScope.BOTH, told=True)
    works_and_does_everything(life, "agency", "agency_manager", "ethics")
    # Counted, so final; nor is half a signature an approval.
    life.let("unit", "head").somebody_reopens(0)
    assert life.status("unit") == "received"
    assert life.signed_as("agency", "both", "both") == "judging"
    life.let("agency", "agency_head").somebody_approves(0, 1)
    one_is_found_wanting(life, "agency", "ethics")
    assert life.signed_as("agency", "ethics", "ethics") == "judging", "the first one lapsed"
    assert life.signed_as("agency", "agency_manager") == "signed"
    tries_to_change(life, "agency", "agency_manager")
    life.let("agency", "agency_manager").somebody_approves(0, 1)
    life.let("agency", "agency_head").somebody_returns(0)
    assert life.status("agency") == "judging"
    assert life.signed_as("agency", "agency_manager", "both") == "signed"
    life.let("agency", "agency_head").somebody_approves(0, 0)
    life.somebody_approves(0, 1)
    assert life.status("agency") == "approved"
    tries_to_change(life, "agency", "ethics")
    life.let("agency", "ethics").somebody_reopens(0)
    life.let("agency", "agency_manager").somebody_reopens(0)
    assert life.status("agency") == "judging"
    life.let("agency", "agency_head").somebody_approves(0, 1)
    assert life.signed_as("agency", "ethics", "agency_manager") == "signed", "approved no longer"
    met(place, "agency")
    life.teardown()


def met(place: Place, which: str) -> None:
    kind = PERIODS[which][0]
    assert {t for t in TURNS | OWN_TURNS[kind] if not place.reached[f"{t}:{which}"]} == set()
