"""An account's whole life, by people who do anything at any time: what must hold holds after every call.

`living.py` is what people do, `holds.py` the rule in plain Python, `stored.py` what both look at. A
fixed story walks through the same calls, so that every turn of a life is certain to be met.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from data import engine
from data.engine import transaction
from services.regulation.access_review import Choice
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import Deed, Kind
from tests.services.applications.cast import EXTRA
from tests.services.applications.mails import mailing_to
from tests.services.life.holds import ACTIVE, CANCELLED, SUSPENDED
from tests.services.life.living import NEWCOMERS, Life, later
from tests.services.life.stored import Case, Holder
from tests.world import World, add_person, build_world

MORE = (
    *EXTRA,
    ("head2", "tax2", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)),
    ("um_tax2", "tax2", Role.UNIT_MANAGER, ()),
    ("both", "works1", Role.UNIT_MANAGER, ((Duty.UNIT_HEAD, "unit"),)),
)
PICK = st.integers(0, 11)
ITEMS = st.sets(st.sampled_from(list(Item)), min_size=1, max_size=3)
UNITS = {
    Role.GENERAL_USER: ("tax1", "tax2", "works1", "bureau1"),
    Role.UNIT_MANAGER: ("tax1", "tax2", "works1"),
    Role.AGENCY_MANAGER: ("tax1", "works1"),
    Role.SYSTEM_MANAGER: ("bureau1",),
}


TURNS = ("activated", "leavers suspended", "reviews closed", "came back", "create-expired")
"""What the life that is told has to meet, beside the four kinds of applications completed."""


class Place:
    """Where the machine begins: the prepared file, and a fresh copy of it for every life."""

    def __init__(self, world: World, template: Path, folder: Path) -> None:
        self.world, self.template, self.folder = world, template, folder
        self.numbers = itertools.count()
        self.reached: Counter[str] = Counter()

    def begin(self) -> Life:
        return Life(self.world, self.template, self.folder / f"{next(self.numbers)}.db")


@pytest.fixture
def place(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    cheap = bcrypt.gensalt
    monkeypatch.setattr(bcrypt, "gensalt", lambda: cheap(4))
    template = tmp_path / "city.db"
    template.write_bytes(sqlite_template.read_bytes())
    engine.configure(f"sqlite:///{template}")
    world = build_world()
    with transaction() as db:
        for number, (name, unit, role, duties) in enumerate(MORE, 90):
            add_person(db, world, number, name, unit, role, duties)
    engine.engine().dispose()
    yield Place(world, template, tmp_path)
    engine.engine().dispose()


class Living(RuleBasedStateMachine):
    """People do what comes to their minds; `Life` knows what has to be accepted."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.place, self.environment = place, monkeypatch
        self.life = place.begin()

    def teardown(self) -> None:
        self.place.reached += self.life.reached
        self.life.close()

    @initialize(mail=st.booleans())
    def mail_server(self, mail: bool) -> None:
        if mail:
            mailing_to(self.environment, "smtp://127.0.0.1:1?tls=none")
        else:
            self.environment.delenv("SMTP_URL", raising=False)

    def one(self, pick: int, *status: object) -> Holder:
        """Return somebody, newcomers as likely as those who were there before."""
        found = [one for one in self.life.holders if not status or one.status in status]
        return found[-1 - pick % len(found)] if pick < 4 else found[pick * 7 % len(found)]

    def live(self, pick: int, *states: str) -> Case | None:
        found = [one for one in self.life.stands.live() if not states or one.state in states]
        return found[pick % len(found)] if found else None

    def charge_of(self, who: Holder, pick: int) -> Holder:
        """Return an account that a manager looks after, or (every third time) any at all."""
        theirs = [one for one in self.life.holders if self.life.manages(who, one)]
        return theirs[-1 - pick % len(theirs)] if theirs and pick % 3 else self.one(pick)

    def maybe_through(self, case: Case | None, through: bool, pick: int) -> None:
        """Let an application that has just come in go all the way, and its holder begin."""
        if case is not None and through and self.life.go_all_the_way(case, pick):
            done = self.life.case(case.id)
            if done.kind is Kind.CREATE:
                self.life.activate(done)

    @rule(
        pick=PICK,
        role=st.sampled_from([Role.GENERAL_USER, *Role]),
        unit=PICK,
        items=ITEMS,
        through=st.booleans(),
    )
    def somebody_new_applies(
        self, pick: int, role: Role, unit: int, items: set[Item], through: bool
    ) -> None:
        units = UNITS[role]
        person = NEWCOMERS[pick % len(NEWCOMERS)]
        case = self.life.apply_new(person, role, units[unit % len(units)], items)
        self.maybe_through(case, through, pick)

    @precondition(lambda self: any(one.status is CANCELLED for one in self.life.holders))
    @rule(pick=PICK, unit=PICK, items=ITEMS, through=st.booleans())
    def somebody_comes_back(self, pick: int, unit: int, items: set[Item], through: bool) -> None:
        who = self.one(pick, CANCELLED)
        units = UNITS[who.role]
        case = self.life.come_back(who, who.role, units[unit % len(units)], items)
        self.maybe_through(case, through, pick)

    @rule(pick=PICK, by=PICK)
    def an_application_goes_on(self, pick: int, by: int) -> None:
        if case := self.live(pick):
            self.life.go_on(case, by)

    @rule(pick=PICK, by=PICK)
    def an_application_goes_all_the_way(self, pick: int, by: int) -> None:
        if case := self.live(pick, "open", "unconfirmed"):
            self.life.go_all_the_way(case, by)

    @rule(pick=PICK, by=PICK)
    def anybody_tries_the_step_that_is_due(self, pick: int, by: int) -> None:
        case = self.live(pick, "open")
        if case is not None and case.due is not None and case.due.deed is not Deed.PRINT:
            self.life.take(case, self.one(by, ACTIVE))

    @rule(pick=PICK, by=PICK, approver=PICK)
    def an_approval_is_recorded_from_paper(self, pick: int, by: int, approver: int) -> None:
        cases = self.life.stands.live()
        waiting = [one for one in cases if one.due is not None and one.due.deed is Deed.APPROVE]
        if cases := waiting or cases:
            case = cases[pick % len(cases)]
            able = self.life.who_may(case)
            who = able[approver % len(able)] if able and approver % 3 else self.one(approver)
            managers = self.life.in_use(Role.UNIT_MANAGER, Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)
            self.life.approve_on_paper(case, managers[by % len(managers)], who)

    @rule(pick=PICK, by=PICK, back=st.booleans(), wrong=st.booleans())
    def it_is_sent_back_or_refused(self, pick: int, by: int, back: bool, wrong: bool) -> None:
        if case := self.live(pick, "open", "returned"):
            able = self.life.who_may(case)
            who = able[by % len(able)] if able and not wrong else self.one(by, ACTIVE)
            self.life.end(case, who, back)

    @rule(pick=PICK, items=ITEMS)
    def an_applicant_puts_right(self, pick: int, items: set[Item]) -> None:
        if case := self.live(pick, "returned") or self.live(pick):
            self.life.correct(case, items)

    @rule(pick=PICK)
    def an_applicant_takes_back(self, pick: int) -> None:
        if case := self.live(pick):
            self.life.withdraw(case)

    @rule(
        pick=PICK,
        kind=st.sampled_from([Kind.CHANGE, Kind.CHANGE, Kind.CANCEL]),
        items=ITEMS,
        unit=st.sampled_from(UNITS[Role.GENERAL_USER]),
        through=st.booleans(),
    )
    def a_holder_applies(
        self, pick: int, kind: Kind, items: set[Item], unit: str, through: bool
    ) -> None:
        who, to = self.one(pick, ACTIVE), self.place.world.units[unit]
        moves = kind is Kind.CHANGE and self.life.same_agency(who, to)
        case = self.life.apply_own(who, kind, items, to if moves else None)
        self.maybe_through(case, through, pick)

    @rule(pick=PICK, through=st.booleans())
    def a_holder_applies_for_reinstatement(self, pick: int, through: bool) -> None:
        suspended = [one for one in self.life.holders if one.status is SUSPENDED]
        who = suspended[pick % len(suspended)] if suspended else self.one(pick)
        self.maybe_through(self.life.apply_reinstatement(who), through, pick)

    @rule(pick=PICK, by=PICK, back=st.booleans(), items=ITEMS)
    def what_is_over_is_touched(self, pick: int, by: int, back: bool, items: set[Item]) -> None:
        over = [one for one in self.life.stands.cases.values() if one.closed_at]
        if over:
            case = over[-1 - pick % len(over)]
            self.life.withdraw(case)
            self.life.correct(self.life.case(case.id), items)
            self.life.end(self.life.case(case.id), self.one(by, ACTIVE), back)

    @rule(by=PICK, pick=PICK, status=st.sampled_from([SUSPENDED, SUSPENDED, CANCELLED, ACTIVE]))
    def a_manager_sets_the_status(self, by: int, pick: int, status: AccountStatus) -> None:
        managers = self.life.in_use(Role.UNIT_MANAGER, Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)
        who = managers[by % len(managers)]
        self.life.set_status(who, self.charge_of(who, pick), status)

    @rule(by=PICK, pick=PICK, items=ITEMS, less=st.booleans())
    def a_manager_sets_the_items(self, by: int, pick: int, items: set[Item], less: bool) -> None:
        managers = self.life.in_use(Role.UNIT_MANAGER, Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)
        who = managers[by % len(managers)]
        account = self.charge_of(who, pick)
        held = {Item(one) for one in account.items}
        self.life.set_items(who, account, held - items if less else held | items)

    @rule(by=PICK, pick=PICK, kind=st.sampled_from(Leaving), days=st.integers(-3, 12))
    def somebody_is_going_to_leave(self, by: int, pick: int, kind: Leaving, days: int) -> None:
        managers = self.life.in_use(Role.UNIT_MANAGER, Role.AGENCY_MANAGER)
        heads = [one for one in self.life.in_use() if one.duties]
        who = (managers + heads)[by % len(managers + heads)]
        self.life.record_leaving(who, self.one(pick), kind, later(self.life.now, days))

    @rule(days=st.integers(0, 40))
    def days_pass(self, days: int) -> None:
        self.life.pass_days(days)

    @rule(pick=PICK)
    def a_review_opens(self, pick: int) -> None:
        managers = self.life.in_use(Role.AGENCY_MANAGER)
        self.life.open_review(managers[pick % len(managers)])

    @precondition(lambda self: self.life.stands.open_reviews)
    @rule(pick=PICK, choices=st.lists(st.tuples(PICK, st.sampled_from(Choice)), max_size=4))
    def a_review_is_decided(self, pick: int, choices: list[tuple[int, Choice]]) -> None:
        agency = self.reviewed(pick)
        self.life.decide_all(agency, {self.one(who).id: choice for who, choice in choices})

    @precondition(lambda self: self.life.stands.open_reviews)
    @rule(pick=PICK, decided=st.booleans())
    def a_review_closes(self, pick: int, decided: bool) -> None:
        agency = self.reviewed(pick)
        if decided:
            self.life.decide_all(agency, {self.one(pick).id: Choice.SUSPEND})
        managers = [one for one in self.life.in_use(Role.AGENCY_MANAGER) if one.agency_id == agency]
        if managers:
            self.life.close_review(agency, managers[pick % len(managers)])

    def reviewed(self, pick: int) -> int:
        agencies = sorted(self.life.stands.open_reviews)
        return agencies[pick % len(agencies)]

    @rule(pick=PICK)
    def somebody_signs_in(self, pick: int) -> None:
        self.life.sign_in(self.one(pick))

    @precondition(lambda self: self.life.tokens)
    @rule(pick=PICK)
    def somebody_activates(self, pick: int) -> None:
        ids = sorted(self.life.tokens, reverse=True)
        self.life.activate(self.life.case(ids[pick % len(ids)]))

    @rule(pick=PICK)
    def somebody_changes_the_password(self, pick: int) -> None:
        able = [one for one in self.life.in_use() if one.id in self.life.passwords]
        if able:
            self.life.change_password(able[pick % len(able)])


@pytest.mark.timeout(200)  # thirty whole lives
def test_whatever_people_do_the_rule_holds(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Here(Living):
        def __init__(self) -> None:
            super().__init__(place, monkeypatch)

    run_state_machine_as_test(
        Here,
        # As many as there is time for in half a minute.
        settings=settings(
            max_examples=30,
            stateful_step_count=60,
        ),
    )
    # Which turns, chance decides; the lives that are told below meet every one of them.
    assert sum(place.reached[f"{kind}-completed"] for kind in Kind) > 10, place.reached


# --- one life that is told to its end ------------------------------------------------------------


@pytest.fixture
def life(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    mailing_to(monkeypatch, "smtp://127.0.0.1:1?tls=none")
    life = place.begin()
    yield life
    life.close()


def asked(case: Case | None) -> Case:
    """Return an application that came in."""
    assert case is not None
    return case


def test_a_life_that_meets_every_turn(life: Life) -> None:
    new, items = NEWCOMERS[0], {Item.LAND_DESCRIPTION, Item.OWNER_HOLDINGS}

    # Nobody confirms, and the number is free again; the second time it is sent back and put right.
    asked(life.apply_new(new, Role.GENERAL_USER, "tax1", items))
    assert life.apply_new(new, Role.GENERAL_USER, "tax1", items) is None
    life.pass_days(3)
    case = asked(life.apply_new(new, Role.GENERAL_USER, "tax1", items))
    life.confirm(case)
    assert life.go_on(life.case(case.id))  # the form is printed
    for wrong in ("works_head", "clerk", "unit_manager", "system_manager"):
        life.take(life.case(case.id), life.named(wrong))
    life.end(life.case(case.id), life.named("head"), back=True)
    life.correct(life.case(case.id), {Item.LAND_DESCRIPTION})
    assert life.go_all_the_way(life.case(case.id))
    life.activate(life.case(case.id))
    life.activate(life.case(case.id))  # a second time there is none
    clerk = life.named(new.username)
    assert clerk.items == {Item.LAND_DESCRIPTION}
    assert life.sign_in(clerk) is not None
    life.change_password(clerk)  # too soon
    life.pass_days(2)
    life.change_password(clerk)

    # Moves to another unit with more items, and loses some again.
    tax2 = life.world.units["tax2"]
    case = asked(life.apply_own(clerk, Kind.CHANGE, {*items, Item.CADASTRAL_MAP}, tax2))
    assert life.go_all_the_way(case)
    clerk = life.named(new.username)
    assert (clerk.unit_id, len(clerk.items)) == (tax2, 3)
    manager = life.named("um_tax2")
    life.set_items(life.named("unit_manager"), clerk, [])  # of the unit that was left
    life.set_items(manager, clerk, list(Item))  # more takes an application
    life.set_items(manager, clerk, [Item.LAND_DESCRIPTION, Item.CADASTRAL_MAP])

    # Leaves without an application, with a change under way that nobody prints: suspended by night.
    asked(life.apply_own(life.named(new.username), Kind.CHANGE, {Item.LAND_OWNERSHIP}))
    life.record_leaving(
        life.named("head2"), life.named(new.username), Leaving.LEAVE, later(life.now, 1)
    )
    life.pass_days(1)
    assert life.named(new.username).status is ACTIVE
    life.pass_days(1)
    clerk = life.named(new.username)
    assert clerk.status is SUSPENDED and life.sign_in(clerk) is None

    # Comes back by an application alone, which is sent back and put right on the way in.
    life.set_status(manager, clerk, ACTIVE)  # no manager restores anybody by themselves
    case = asked(life.apply_reinstatement(clerk))
    life.end(life.case(case.id), manager, back=True)
    life.correct(life.case(case.id), ())
    assert life.go_all_the_way(life.case(case.id))
    clerk = life.named(new.username)
    assert clerk.status is ACTIVE and len(clerk.items) == 2

    # The review suspends them and reduces a colleague; who was suspended is cancelled, and comes back.
    manager, tax = life.named("agency_manager"), life.world.agencies["tax"]
    life.open_review(manager)  # the night has opened one already, without the newcomer
    life.decide_all(tax, {})
    assert life.close_review(tax, manager)
    life.open_review(manager)
    assert not life.close_review(tax, manager)  # undecided is no consent
    life.decide_all(tax, {clerk.id: Choice.SUSPEND, life.named("clerk").id: Choice.REDUCE})
    assert life.close_review(tax, manager)
    assert life.named(new.username).status is SUSPENDED and len(life.named("clerk").items) == 2
    life.set_status(life.named("um_tax2"), life.named(new.username), CANCELLED)
    cancelled = life.named(new.username)
    assert life.sign_in(cancelled) is None and life.apply_reinstatement(cancelled) is None
    case = asked(life.come_back(cancelled, Role.UNIT_MANAGER, "works1", {Item.CADASTRAL_MAP}))
    assert life.go_all_the_way(case)
    life.activate(life.case(case.id))
    back = life.named(new.username)
    assert (back.id, back.role, set(back.items)) == (
        cancelled.id,
        Role.UNIT_MANAGER,
        {"CadastralMap"},
    )

    # The last managers stay, whoever tries.
    works, system = life.named("works_manager"), life.named("system_manager")
    life.set_status(system, works, CANCELLED)
    life.record_leaving(life.named("works_head"), works, Leaving.LEAVE, later(life.now, -1))
    life.pass_days(0)
    life.set_status(system, life.named("sm2"), SUSPENDED)
    life.set_status(system, system, CANCELLED)
    assert life.named("works_manager").status is ACTIVE is life.named("system_manager").status

    # Two people are two, nobody decides about themselves, and what is over is over.
    both, works_head = life.named("both"), life.named("works_head")
    case = asked(life.apply_new(NEWCOMERS[1], Role.GENERAL_USER, "works1", items))
    life.confirm(case)
    life.go_on(life.case(case.id))
    life.take(life.case(case.id), both)
    life.take(life.case(case.id), both)
    life.take(life.case(case.id), life.named("works_manager"))
    case = life.case(case.id)
    assert case.state == "completed"
    life.withdraw(case)
    life.correct(case, items)
    life.end(case, life.named("works_manager"), back=True)
    case = asked(life.apply_own(both, Kind.CHANGE, items))
    life.go_on(case)
    life.take(life.case(case.id), both)
    life.end(life.case(case.id), both, back=False)
    life.take(life.case(case.id), works_head)
    life.take(life.case(case.id), both)

    # An approval from paper is the head's: not the recorder's, and not of their own application.
    case = asked(life.apply_new(NEWCOMERS[2], Role.GENERAL_USER, "works1", items))
    life.confirm(case)
    life.go_on(life.case(case.id))
    for recorder, approver in (
        ("both", "both"),
        ("works_clerk", "works_head"),
        ("unit_manager", "works_head"),
        ("both", "head"),
        ("both", "works_head"),
    ):
        life.approve_on_paper(life.case(case.id), life.named(recorder), life.named(approver))
    life.take(life.case(case.id), both)  # who recorded has decided nothing yet
    assert life.case(case.id).state == "completed"

    # Cancelled while a reinstatement is under way: nobody restores it. A head comes back as a clerk.
    life.set_status(life.named("um_tax2"), life.named("head2"), SUSPENDED)
    case = asked(life.apply_reinstatement(life.named("head2")))
    life.set_status(life.named("um_tax2"), life.named("head2"), CANCELLED)
    life.take(life.case(case.id), life.named("agency_manager"))
    head2 = life.named("head2")
    assert head2.status is CANCELLED and not head2.duties
    case = asked(life.come_back(head2, Role.GENERAL_USER, "works1", items))
    assert life.go_all_the_way(case) and not life.named("head2").duties

    assert {turn for turn in TURNS if not life.reached[turn]} == set()
    assert (life.reached["moved"], life.reached["came back"]) == (1, 2)
    assert life.reached["reviews closed"] == 2
    assert life.reached["activated"] == 2 and life.reached["passwords changed"] == 1


def test_all_sixteen_applications_in_one_city(life: Life) -> None:
    """Every role is made, changed, suspended, restored and cancelled, by whom the table names."""
    for person, (role, units) in zip(NEWCOMERS, UNITS.items(), strict=False):
        case = asked(life.apply_new(person, role, units[0], {Item.LAND_DESCRIPTION}))
        assert life.go_all_the_way(case), role
        life.activate(life.case(case.id))
        who = life.named(person.username)
        case = asked(life.apply_own(who, Kind.CHANGE, {Item.CADASTRAL_MAP}))
        assert life.go_all_the_way(case, 1), role
        manager = next(one for one in life.in_use() if life.manages(one, who))
        life.set_status(manager, life.named(person.username), SUSPENDED)
        case = asked(life.apply_reinstatement(life.named(person.username)))
        assert life.go_all_the_way(case, 2), role
        case = asked(life.apply_own(life.named(person.username), Kind.CANCEL, ()))
        assert life.go_all_the_way(case), role
        assert life.named(person.username).status is CANCELLED
    done = {(role, kind) for role in Role for kind in Kind if life.reached[f"{role}-{kind}"]}
    assert len(done) == 16
