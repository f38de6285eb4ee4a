"""People living with their accounts: every call of a service, with whether it has to be accepted."""

import shutil
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from data import engine
from data.engine import reading
from data.models import OutgoingMail, Unit
from services.accounts.changes import set_items, set_status
from services.accounts.leaving.recording import record_leaving
from services.accounts.leaving.suspending import suspend_past
from services.accounts.person import Person
from services.actor import Actor, operator
from services.applications import acting, completing, following, own, reinstating
from services.applications.applicant import Correction
from services.applications.applying import Wanted, apply_new, apply_own
from services.applications.expiring import expire_applications
from services.applications.repeating import MOST
from services.errors import Conflict, UserError
from services.identity import links, sessions
from services.identity.entering import Entering, Method, Step, begin, next_step
from services.identity.links import PAUSE
from services.identity.passwords import change_own_password
from services.identity.presence import Present, check
from services.installation import keys
from services.regulation.access_review import Choice
from services.regulation.application_states import Channel
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.roles import MANAGES, AccountStatus, Duty, Role
from services.regulation.workflows import Deed, Kind
from services.reviews.closing import close_review
from services.reviews.deciding import Decision, decide
from services.reviews.listing import LineFilters, list_lines
from services.reviews.opening import open_due_reviews, open_review
from services.reviews.view import view_review
from services.rocdate import local_date
from tests.services.applications.cast import LETTER, SCAN
from tests.services.applications.mails import token_in
from tests.services.life.holds import (
    ACTIVE,
    CANCELLED,
    SUSPENDED,
    compare,
    is_last_manager,
    may_take,
)
from tests.services.life.stored import Case, Holder, Stored, look
from tests.signing_in import by_password
from tests.world import NOW, World

MINUTE = timedelta(minutes=1)
NEWCOMERS = tuple(
    Person(name, f"N0000{n}", f"new.person{n}", f"new{n}@gov.taipei", "02-27208889", "科員")
    for n, name in enumerate(
        ("王小明", "李大華", "陳美玉", "林志成", "張雅婷", "黃俊傑", "吳淑芬", "劉建宏"), 1
    )
)
CONFIRMING = timedelta(hours=72)


class Life:
    """One city from a day on. After every call what is stored is held against what must hold."""

    def __init__(self, world: World, template: Path, copy: Path) -> None:
        shutil.copy(template, copy)
        engine.configure(f"sqlite:///{copy}")
        event.listen(engine.engine(), "connect", _carelessly)
        self.world, self.now = world, NOW
        self.calls = 0
        self.reached: Counter[str] = Counter()
        self.tokens: dict[int, str] = {}
        self.passwords: dict[int, str] = {}
        self.open: dict[int, str] = {}
        self.stands: Stored = look()
        self.managed = frozenset({world.agencies["tax"], world.agencies["works"]})

    def close(self) -> None:
        engine.engine().dispose()

    # --- calling -----------------------------------------------------------------------------
    def call(self, what: Callable[[], Any]) -> Any:
        """Make one call a minute later, hold what it left against what must hold, return its answer.

        An error of the user's is returned, and has to leave everything as it was.
        """
        self.calls += 1
        try:
            answer = what()
        except UserError as error:
            answer = error
        before, self.stands = self.stands, look(self.stands.last_event)
        compare(before, self.stands, self.managed)
        if isinstance(answer, UserError):
            assert self.stands.same_life(before), answer
        else:
            self._count(before)
        self.now += MINUTE
        return answer

    def must(self, accepted: bool, what: Callable[[], Any]) -> Any:
        """Make a call of which it is known whether it has to be accepted."""
        answer = self.call(what)
        assert isinstance(answer, UserError) != accepted, answer
        return answer

    def _count(self, before: Stored) -> None:
        for id_, case in self.stands.cases.items():
            if case.closed_at and (id_ not in before.cases or not before.cases[id_].closed_at):
                self.reached[f"{case.kind}-{case.state}"] += 1
                if case.state == "completed":
                    self.reached[f"{case.flow.role}-{case.kind}"] += 1
                back = before.of_staff(case.staff_no)
                if case.kind is Kind.CREATE and case.state == "completed" and back is not None:
                    self.reached["came back"] += 1
                if case.state == "completed" and case.to_unit_id:
                    self.reached["moved"] += 1
        self.reached["reviews closed"] += len(self.stands.closed_reviews) - len(
            before.closed_reviews
        )

    # --- who ---------------------------------------------------------------------------------

    @property
    def holders(self) -> list[Holder]:
        return list(self.stands.holders.values())

    def in_use(self, *roles: Role) -> list[Holder]:
        return [
            one for one in self.holders if one.status is ACTIVE and (not roles or one.role in roles)
        ]

    def named(self, name: str) -> Holder:
        return next(one for one in self.holders if one.username == name)

    def case(self, id_: int) -> Case:
        return self.stands.cases[id_]

    def way_in(self, who: Holder) -> Entering:
        return begin(who.username, Method.OIDC, self.now)

    def sign_in(self, who: Holder) -> str | None:
        """Sign in: whoever is in use can, and nobody else."""
        opened = self.must(
            who.status is ACTIVE,
            lambda: sessions.open_session(self.way_in(who), "10.1.1.1", self.now),
        )
        if isinstance(opened, UserError):
            if who.status is SUSPENDED:
                assert next_step(self.way_in(who), self.now) is Step.REINSTATE
            return None
        self.open[who.id] = opened.id
        return str(opened.id)

    def actor(self, who: Holder) -> Actor:
        """Return somebody in use as their session at this moment says; signs in where there is none."""
        present = check(self.open.get(who.id, ""), self.now)
        if not isinstance(present, Present):
            self.stands = look(self.stands.last_event)  # a session may have ended just now
            session = self.sign_in(who)
            assert session is not None
            present = check(session, self.now)
        assert isinstance(present, Present)
        return present.actor

    # --- applying ----------------------------------------------------------------------------

    def apply_new(
        self, person: Person, role: Role, unit: str, items: Collection[Item]
    ) -> Case | None:
        wanted = Wanted(role, self.world.units[unit], tuple(items), "業務需要")
        address = f"10.{self.calls >> 8 & 255}.{self.calls & 255}.1"  # not to be throttled
        answer = self.must(
            not self._hindered(person), lambda: apply_new(person, wanted, address, self.now)
        )
        if isinstance(answer, UserError):
            return None
        self.tokens[answer.id] = answer.token or token_in(newest_mail(), "follow")
        return self.case(answer.id)

    def _hindered(self, person: Person) -> bool:
        account = self.stands.of_staff(person.staff_no)
        if account is not None and account.status is not CANCELLED:
            return True
        own = [
            case
            for case in self.stands.live()
            if case.staff_no == person.staff_no and not self._is_moot(case)
        ]
        # Whom the mail did not reach applies again, but not at once and not often.
        return (
            any(case.state != "unconfirmed" or case.submitted_at > self.now - PAUSE for case in own)
            or len(own) >= MOST
        )

    def _is_moot(self, case: Case) -> bool:
        if case.state == "unconfirmed":
            return self.now >= case.submitted_at + CONFIRMING
        about = self.stands.holders.get(case.account_id or 0)
        return about is not None and about.status is CANCELLED

    def come_back(self, who: Holder, role: Role, unit: str, items: Collection[Item]) -> Case | None:
        """Apply anew as somebody who had an account once."""
        person = Person(who.name, who.staff_no, who.username, who.email, "02-27208889", "科員")
        return self.apply_new(person, role, unit, items)

    def confirm(self, case: Case) -> None:
        in_time = self.now < case.submitted_at + CONFIRMING
        token = self.tokens[case.id]
        self.must(in_time, lambda: following.confirm_address(token, self.now, ""))

    def apply_own(
        self, who: Holder, kind: Kind, items: Collection[Item], unit_id: int | None = None
    ) -> Case | None:
        actor = self.actor(who)
        answer = self.call(
            lambda: apply_own(actor.at(self.now), kind, "職務異動", items=items, to_unit_id=unit_id)
        )
        return None if isinstance(answer, UserError) else self.case(answer.id)

    def apply_reinstatement(self, who: Holder) -> Case | None:
        busy = any(
            case.account_id == who.id and case.kind is Kind.REINSTATE for case in self.stands.live()
        )
        answer = self.must(
            who.status is SUSPENDED and not busy,
            lambda: reinstating.apply_reinstatement(
                self.way_in(who), "已完成訓練", "10.1.1.1", self.now
            ),
        )
        return None if isinstance(answer, UserError) else self.case(answer.id)

    # --- the applicant's acts ----------------------------------------------------------------

    def applicant_can_act(self, case: Case) -> bool:
        """With the link, signed in, or (about reinstatement only) on the way in."""
        if case.kind is Kind.CREATE:
            return True
        status = self.stands.holders[case.account_id or 0].status
        return status is ACTIVE or (status is SUSPENDED and case.kind is Kind.REINSTATE)

    def print(self, case: Case) -> None:
        self._as_applicant(
            True,
            case,
            lambda token: following.print_with_link(token, self.now, ""),
            lambda actor: own.print_own(actor, case.id),
            lambda way: reinstating.print_reinstatement(way, case.id, "", self.now),
        )

    def correct(self, case: Case, items: Collection[Item]) -> None:
        right, seen = Correction(tuple(items), "補正後的原因"), case.revision
        self._as_applicant(
            case.state == "returned",
            case,
            lambda token: following.correct_with_link(token, seen, right, self.now, ""),
            lambda actor: own.correct_own(actor, case.id, seen, right),
            lambda way: reinstating.correct_reinstatement(
                way, case.id, seen, right.reason, "", self.now
            ),
        )

    def withdraw(self, case: Case) -> None:
        seen = case.revision
        self._as_applicant(
            case.closed_at is None,
            case,
            lambda token: following.withdraw_with_link(token, seen, "不再需要", self.now, ""),
            lambda actor: own.withdraw_own(actor, case.id, seen, "不再需要"),
            lambda way: reinstating.withdraw_reinstatement(
                way, case.id, seen, "不再需要", "", self.now
            ),
        )

    def _as_applicant(
        self,
        accepted: bool,
        case: Case,
        with_link: Callable[[str], object],
        signed_in: Callable[[Actor], object],
        on_the_way_in: Callable[[Entering], object],
    ) -> None:
        if case.kind is Kind.CREATE:
            self.must(accepted, lambda: with_link(self.tokens[case.id]))
            return
        holder = self.stands.holders[case.account_id or 0]
        if holder.status is SUSPENDED:
            mine = case.kind is Kind.REINSTATE
            self.must(accepted and mine, lambda: on_the_way_in(self.way_in(holder)))
        elif holder.status is ACTIVE:
            actor = self.actor(holder)
            self.must(accepted, lambda: signed_in(actor.at(self.now)))

    # --- the others' acts --------------------------------------------------------------------

    def who_may(self, case: Case) -> list[Holder]:
        """Return who may take the step that is due, but for the applicant's own steps."""
        return [one for one in self.in_use() if may_take(one, case)]

    def take(self, case: Case, who: Holder) -> None:
        """Try the step that is due, as somebody in use."""
        step = case.due
        assert step is not None and step.deed is not Deed.PRINT
        actor, about = self.actor(who), (case.id, case.revision)
        pledge = SCAN if case.flow.needs_pledge else None
        letter = acting.Letter(LETTER.number, local_date(self.now))
        deeds: dict[Deed, Callable[[Actor], object]] = {
            Deed.APPROVE: lambda by: acting.approve(by, *about),
            Deed.NOTIFY: lambda by: acting.record_notice(by, *about, Channel.TELEPHONE, "上午來電"),
            Deed.LETTER: lambda by: acting.record_letter(by, *about, letter),
            Deed.REVIEW: lambda by: acting.review(by, *about),
            Deed.REPLY: lambda by: acting.record_letter(by, *about, letter),
            Deed.COMPLETE: lambda by: completing.complete(by, *about, pledge, knows_applicant=True),
        }
        accepted = may_take(who, case) and (step.deed is not Deed.COMPLETE or self._can_end(case))
        if step.deed is Deed.NOTIFY and who.id == case.account_id:
            accepted = False  # whoever is suspended tells the manager, who records it
        self.must(accepted, lambda: deeds[step.deed](actor.at(self.now)))

    def _can_end(self, case: Case) -> bool:
        """Whether the account still stands as what was applied for needs it."""
        if case.kind is Kind.CREATE:
            return True
        account = self.stands.holders[case.account_id or 0]
        needs = {
            Kind.CHANGE: {ACTIVE},
            Kind.REINSTATE: {SUSPENDED},
            Kind.CANCEL: {ACTIVE, SUSPENDED},
        }
        last = case.kind is Kind.CANCEL and is_last_manager(self.stands, account)
        return account.status in needs[case.kind] and not last

    def approve_on_paper(self, case: Case, recorder: Holder, approver: Holder) -> None:
        """Record an approval from paper: by who may complete it, of somebody else who may approve."""
        actor, day = self.actor(recorder), local_date(self.now)
        # Another sheet every time: one from before a correction would be no approval after it.
        scan = replace(SCAN, content=SCAN.content + b"%% " + str(self.calls).encode())
        last = replace(case, state="open", step=len(case.flow.steps) - 1)
        due = case.due is not None and case.due.deed is Deed.APPROVE
        able = approver.status is ACTIVE and approver.id != recorder.id and may_take(approver, case)
        self.must(
            due and able and may_take(recorder, last),
            lambda: acting.record_approval_on_paper(
                actor.at(self.now), case.id, case.revision, approver.id, day, scan
            ),
        )

    def end(self, case: Case, who: Holder, back: bool) -> None:
        """Send an application back, or refuse it, as somebody in use."""
        actor, act = self.actor(who), acting.send_back if back else acting.refuse
        accepted = case.due is not None and case.due.deed is not Deed.PRINT
        accepted = accepted and self._may_end(case, who)
        if not back and case.state in ("open", "returned"):
            # While it waits for its applicant, whoever comes next may end it.
            ahead = case.flow.steps[case.step :]
            next_one = next(
                n
                for n, step in enumerate(ahead, case.step)
                if step.deed not in (Deed.APPLY, Deed.PRINT)
            )
            accepted = self._may_end(replace(case, state="open", step=next_one), who)
        self.must(accepted, lambda: act(actor.at(self.now), case.id, case.revision, "資料不符"))

    def _may_end(self, case: Case, who: Holder) -> bool:
        """Whoever takes the step may; for a head without an account, who may complete it."""
        if may_take(who, case) or case.due is None or case.due.deed is not Deed.APPROVE:
            return may_take(who, case)
        heads = [one for one in self.who_may(case) if one.id != who.id]
        return not heads and may_take(who, replace(case, step=len(case.flow.steps) - 1))

    def go_on(self, case: Case, pick: int = 0) -> bool:
        """Take the step that is due as somebody who may; return whether there was one."""
        if case.state == "unconfirmed":
            self.confirm(case)
            return self.case(case.id).state == "open"
        if case.due is None:
            return False
        if case.due.deed is Deed.PRINT:
            if not self.applicant_can_act(case):
                return False
            self.print(case)
            return True
        able = [one for one in self.who_may(case) if one.id != case.account_id]
        if not able:
            return False
        self.take(case, able[pick % len(able)])
        return self.case(case.id) != case

    def go_all_the_way(self, case: Case, pick: int = 0) -> bool:
        """Go on until nobody can; return whether it was completed."""
        while self.go_on(self.case(case.id), pick):
            pass
        return self.case(case.id).state == "completed"

    # --- managers ----------------------------------------------------------------------------

    def manages(self, who: Holder, account: Holder) -> bool:
        """Whether an account is in the charge of somebody (clauses 4.2 to 4.4)."""
        near = {
            Role.GENERAL_USER: False,
            Role.UNIT_MANAGER: who.unit_id == account.unit_id,
            Role.AGENCY_MANAGER: who.agency_id == account.agency_id,
            Role.SYSTEM_MANAGER: True,
        }
        return near[who.role] and account.role in MANAGES[who.role] and who.id != account.id

    def set_status(self, who: Holder, account: Holder, status: AccountStatus) -> None:
        """Ask for a status; a manager by themselves only suspends and cancels."""
        goes = (account.status, status) in {
            (ACTIVE, SUSPENDED),
            (ACTIVE, CANCELLED),
            (SUSPENDED, CANCELLED),
        }
        allowed = self.manages(who, account) and not is_last_manager(self.stands, account)
        actor = self.actor(who)
        self.must(
            goes and allowed,
            lambda: set_status(
                actor.at(self.now), account.id, status, "清查結果", expected_status=account.status
            ),
        )

    def set_items(self, who: Holder, account: Holder, wanted: Collection[Item]) -> None:
        """Ask for just these items of an account; a manager by themselves only takes away."""
        now = {Item(one) for one in account.items}
        accepted = self.manages(who, account) and account.status is not CANCELLED
        actor = self.actor(who)
        self.must(
            accepted and set(wanted) < now,
            lambda: set_items(
                actor.at(self.now), account.id, wanted, "業務減少", expected_items=now
            ),
        )

    def record_leaving(self, who: Holder, account: Holder, kind: Leaving, day: date) -> None:
        actor, known = self.actor(who), account.leaving_on
        managers = {Role.UNIT_MANAGER: "unit_id", Role.AGENCY_MANAGER: "agency_id"}
        place = managers.get(who.role)
        near = place is not None and getattr(who, place) == getattr(account, place)
        near = near or (Duty.UNIT_HEAD, account.unit_id, None) in who.duties
        answer = self.call(
            lambda: record_leaving(
                actor.at(self.now), account.id, kind, day, expected_leaving_on=known
            )
        )
        if not near or who.id == account.id or account.status is CANCELLED:
            assert isinstance(answer, UserError)

    def pass_days(self, days: int) -> None:
        """Let time go by, with the night's jobs at the end."""
        self.now += timedelta(days=days)
        self.night()

    def same_agency(self, who: Holder, unit_id: int) -> bool:
        """Whether a unit is one of the agency that somebody is in."""
        with reading() as db:
            return db.get_one(Unit, unit_id).agency_id == who.agency_id

    # --- the night ---------------------------------------------------------------------------

    def night(self) -> None:
        """Run the three jobs; which accounts and applications they end is known beforehand."""
        today, before = local_date(self.now), self.stands
        past = {account_id for account_id, _, day in before.leavings if day < today}
        past = {id_ for id_ in past if before.holders[id_].status is ACTIVE}
        night = self.must(True, lambda: suspend_past(operator(self.now)))
        suspended = {self.named(name).id for name in night.suspended}
        assert suspended | {self.named(one.username).id for one in night.left_alone} == past
        for one in night.left_alone:
            assert is_last_manager(self.stands, self.named(one.username))
        self.reached["leavers suspended"] += len(suspended)
        moot = {case.number for case in self.stands.live() if self._is_moot(case)}
        ended = self.must(True, lambda: expire_applications(operator(self.now)))
        assert {*ended.unconfirmed, *ended.of_cancelled_accounts} == moot
        self.must(True, lambda: open_due_reviews(operator(self.now)))

    # --- reviews -----------------------------------------------------------------------------

    def open_review(self, who: Holder) -> None:
        actor, running = self.actor(who), who.agency_id in self.stands.open_reviews
        accepted = who.role is Role.AGENCY_MANAGER and not running
        self.must(accepted, lambda: open_review(actor.at(self.now), who.agency_id))

    def decide(self, campaign: int, who: Holder, choices: dict[int, Choice]) -> None:
        """Decide the lines that are this manager's; who is not named is kept, or stays cancelled."""
        actor = self.actor(who).at(self.now)
        lines = list_lines(actor, campaign, LineFilters(), None, 500).rows
        decisions = []
        for line in lines:
            account = self.stands.holders[line.account_id]
            choice = choices.get(line.account_id, Choice.KEEP)
            # One that changed since is named by the service, and decided the next time.
            unfit = {
                Choice.SUSPEND: account.status is not ACTIVE,
                Choice.REDUCE: not account.items,
            }
            if account.status is CANCELLED:
                choice = Choice.CANCEL
            elif unfit.get(choice):
                choice = Choice.KEEP
            theirs = self.manages(who, account) or (
                choice is Choice.KEEP
                and who.role is Role.AGENCY_MANAGER
                and who.id != line.account_id
            )
            if not theirs:
                continue
            fewer = frozenset(Item(one) for one in sorted(account.items)[1:])
            left = fewer if choice is Choice.REDUCE else None
            decisions.append(Decision(line.account_id, line.state, choice, "清查結果", left))
        if decisions:
            self.call(lambda: decide(actor, campaign, decisions))

    def decide_all(self, agency: int, choices: dict[int, Choice]) -> None:
        """Let everybody who has a part in an open review decide their lines, twice: the second time
        those that had changed meanwhile."""
        campaign = self.stands.open_reviews[agency]
        deciders = self.in_use(Role.SYSTEM_MANAGER)
        deciders += [one for one in self.in_use(Role.AGENCY_MANAGER) if one.agency_id == agency]
        for who in deciders * 2:
            self.decide(campaign, self.stands.holders[who.id], choices)

    def close_review(self, agency: int, who: Holder) -> bool:
        campaign = self.stands.open_reviews[agency]
        actor = self.actor(who).at(self.now)
        shown = view_review(actor, campaign)
        answer = self.call(lambda: close_review(actor, campaign, shown.plan))
        if not isinstance(answer, UserError):
            assert shown.decided == shown.lines and who.role is Role.AGENCY_MANAGER
        return not isinstance(answer, UserError)

    # --- passwords ---------------------------------------------------------------------------

    def activate(self, case: Case) -> None:
        """Set the first password with the link of a completed application."""
        holder = self.stands.holders.get(case.account_id or 0)
        good = (
            case.kind is Kind.CREATE
            and case.state == "completed"
            and holder is not None
            and holder.status is ACTIVE
            and holder.password_set_at is None
            and case.closed_at is not None
            and self.now < case.closed_at + CONFIRMING
        )
        asked = self.must(
            good, lambda: following.activation_token(self.tokens[case.id], self.now, "")
        )
        if not good or holder is None:
            return
        new = self._password()
        self.must(True, lambda: links.reset_password(asked, new, "", self.now))
        assert isinstance(
            self.call(lambda: links.reset_password(asked, f"{new} 又", "", self.now)), Conflict
        )
        self.passwords[holder.id] = new
        self.reached["activated"] += 1
        way = by_password(holder.username, self.now)
        factor = holder.role is not Role.GENERAL_USER
        assert next_step(way, self.now) is (Step.ENROL if factor else None)

    def change_password(self, who: Holder) -> None:
        actor, new = self.actor(who), self._password()
        since = self.stands.holders[who.id].password_set_at
        assert since is not None
        old = self.passwords[who.id]
        self.must(
            self.now >= since + timedelta(hours=24),
            lambda: change_own_password(actor.at(self.now), old, new),
        )
        if self.stands.holders[who.id].password_set_at != since:
            self.passwords[who.id] = new
            self.reached["passwords changed"] += 1

    def _password(self) -> str:
        return f"紫色大象 慢慢地 唱歌 {self.calls:05d} 遍"


def _carelessly(connection: Any, _record: Any) -> None:
    """No life here has to survive a power cut: waiting for the disk would be most of the time."""
    connection.execute("PRAGMA synchronous=OFF")


def newest_mail() -> str:
    """Return the text of the message that was queued last."""
    with reading() as db:
        body = db.scalars(select(OutgoingMail.body).order_by(OutgoingMail.id.desc()).limit(1)).one()
    return keys.data_cipher().decrypt(body.encode()).decode()


def later(moment: datetime, days: int) -> date:
    """Return the Taipei date so many days after a moment."""
    return local_date(moment) + timedelta(days=days)
