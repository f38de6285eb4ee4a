"""What must hold from one moment to the next, whatever anybody did: the rule in plain Python."""

from collections import Counter

from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import JUDGED_BY_DIFFERENT_PEOPLE, Deed, Kind, Party
from tests.services.life.stored import Case, Done, Holder, Stored

ACTIVE, SUSPENDED, CANCELLED = (
    AccountStatus.ACTIVE,
    AccountStatus.SUSPENDED,
    AccountStatus.CANCELLED,
)
COMES_BY = {
    (None, ACTIVE): Kind.CREATE,
    (CANCELLED, ACTIVE): Kind.CREATE,
    (SUSPENDED, ACTIVE): Kind.REINSTATE,
}
"""An account comes into use, or back into it, by nothing but one of these, completed."""
GOES = {(ACTIVE, SUSPENDED), (ACTIVE, CANCELLED), (SUSPENDED, CANCELLED)}
STATES = {
    (None, "unconfirmed"),
    (None, "open"),
    ("unconfirmed", "open"),
    ("unconfirmed", "expired"),
    ("unconfirmed", "withdrawn"),
    ("open", "returned"),
    ("open", "completed"),
    ("open", "refused"),
    ("open", "withdrawn"),
    ("returned", "open"),
    ("returned", "refused"),
    ("returned", "withdrawn"),
}
OVER = {"completed", "refused", "withdrawn", "expired"}
AFTER = {
    "submitted": {"unconfirmed", "open"},
    "confirmed": {"open"},
    "passed": {"open", "completed"},
    "returned": {"returned"},
    "corrected": {"open"},
    "refused": {"refused"},
    "withdrawn": {"withdrawn"},
    "expired": {"expired"},
}
"""In which state an application is after each act; it may go on within the same transaction."""
_PLACED = {
    Party.UNIT_HEAD: Duty.UNIT_HEAD,
    Party.AGENCY_HEAD: Duty.AGENCY_HEAD,
    Party.BUREAU_REVIEWER: Duty.BUREAU_REVIEWER,
}


def is_party(who: Holder, case: Case, party: Party) -> bool:
    """Whether somebody is what a step asks for, in the place of the application."""
    match party:
        case Party.APPLICANT:
            return who.id == case.account_id
        case Party.UNIT_MANAGER:
            return who.role is Role.UNIT_MANAGER and who.unit_id == case.unit_id
        case Party.AGENCY_MANAGER:
            return who.role is Role.AGENCY_MANAGER and who.agency_id == case.agency_id
        case Party.SYSTEM_MANAGER:
            return who.role is Role.SYSTEM_MANAGER
        case _:
            places = {
                Party.UNIT_HEAD: (case.unit_id, None),
                Party.AGENCY_HEAD: (None, case.agency_id),
                Party.BUREAU_REVIEWER: (None, None),
            }
            return (_PLACED[party], *places[party]) in who.duties


def may_take(who: Holder, case: Case) -> bool:
    """Whether somebody in use may take the step that is due."""
    step = case.due
    if step is None or not any(is_party(who, case, party) for party in step.parties):
        return False
    if who.id == case.account_id and Party.APPLICANT not in step.parties:
        return False
    if step.deed not in JUDGED_BY_DIFFERENT_PEOPLE:
        return True
    others = JUDGED_BY_DIFFERENT_PEOPLE - {step.deed}
    return not any(who.id in people for deed, people in case.judged().items() if deed in others)


def is_last_manager(stored: Stored, who: Holder) -> bool:
    """Whether nobody would be left to manage without this account."""
    if who.status is not ACTIVE:
        return False
    others = [one for one in stored.holders.values() if one.status is ACTIVE and one.id != who.id]
    if who.role is Role.SYSTEM_MANAGER:
        return not any(one.role is Role.SYSTEM_MANAGER for one in others)
    here = [one for one in others if one.agency_id == who.agency_id]
    managed = any(one.role is Role.AGENCY_MANAGER for one in here)
    return who.role is Role.AGENCY_MANAGER and bool(here) and not managed


def compare(before: Stored, after: Stored, managed_agencies: frozenset[int]) -> None:
    """Assert everything that must hold between two moments with one call of a service between."""
    completed = {
        one.account_id: one
        for one in after.cases.values()
        if one.state == "completed"
        and (one.id not in before.cases or before.cases[one.id].state != "completed")
    }
    assert len(completed) <= 1
    assert set(before.holders) <= set(after.holders) and set(before.cases) <= set(after.cases)
    for id_, holder in after.holders.items():
        _holder(before.holders.get(id_), holder, completed.get(id_), after)
    _account_events(before, after)
    for id_, case in after.cases.items():
        _case(before.cases.get(id_), case, before)
    _application_events(before, after)
    _at_any_moment(after, managed_agencies)
    for id_, signed in before.closed_reviews.items():
        assert after.closed_reviews[id_] == signed


def _holder(old: Holder | None, new: Holder, completed: Case | None, after: Stored) -> None:
    change = (old.status if old else None, new.status)
    if change in COMES_BY:
        assert completed is not None and completed.kind is COMES_BY[change], change
        if completed.kind is Kind.CREATE:
            place = (completed.flow.role, completed.unit_id, completed.staff_no, completed.username)
            assert (new.role, new.unit_id, new.staff_no, new.username) == place
            assert (new.duties, new.leaving_on, new.password_set_at) == (frozenset(), None, None)
    else:
        assert change[0] is change[1] or change in GOES, change
    if old is None or change == (CANCELLED, ACTIVE):
        assert completed is not None and new.items == completed.items
        return
    assert new.role is old.role and new.staff_no == old.staff_no and new.username == old.username
    assert new.duties <= old.duties
    moves = completed is not None and completed.kind is Kind.CHANGE
    if new.unit_id != old.unit_id:
        assert moves and completed is not None and new.unit_id == completed.to_unit_id
        assert new.agency_id == old.agency_id
    if moves:
        assert completed is not None and new.items == completed.items
        assert after.sessions[new.id] == 0
    else:
        assert new.items <= old.items  # what nobody applied for is never added


def _account_events(before: Stored, after: Stored) -> None:
    """Every change of an account has one event that says just that, and no event says more."""
    expected: Counter[tuple[str, str, str, str]] = Counter()
    for id_, new in after.holders.items():
        old = before.holders.get(id_)
        change = (old.status if old else None, new.status)
        if COMES_BY.get(change) is Kind.CREATE:
            expected["account_created", str(id_), "", new.role] += 1
        elif change[0] is not new.status:
            expected["account_status_changed", str(id_), str(change[0]), new.status] += 1
    found: Counter[tuple[str, str, str, str]] = Counter()
    for one in after.events:
        if one.type == "account_created":
            found[one.type, one.about[1], "", one.detail["role"]] += 1
        elif one.type == "account_status_changed":
            found[one.type, one.about[1], one.detail["before"], one.detail["after"]] += 1
            assert one.detail["reason"]
    assert found == expected
    told = [one for one in after.events if one.type == "account_items_changed"]
    assert len({one.about for one in told}) == len(told)
    for one in told:
        assert one.detail["after"] == sorted(after.holders[int(one.about[1])].items)
    changed = {
        str(id_)
        for id_, new in after.holders.items()
        if new.items != (before.holders[id_].items if id_ in before.holders else frozenset())
    }
    assert changed <= {one.about[1] for one in told}


def _case(old: Case | None, new: Case, before: Stored) -> None:
    if old is not None and old.state in OVER:
        assert new == old  # what is over changes no more
        return
    known = len(old.acts) if old else 0
    assert old is None or new.acts[:known] == old.acts
    fresh = new.acts[known:]
    assert new.revision == len(new.acts) + 1
    assert (new.closed_at is not None) == (new.state in OVER)
    if not fresh:
        assert new == old
        return
    assert (old.state if old else None, new.state) in STATES or (old and old.state == new.state)
    assert new.state in AFTER[fresh[-1].act]
    if old is None:
        assert fresh[0].act == "submitted"
    else:
        same = (old.flow, old.staff_no, old.username, old.unit_id, old.to_unit_id)
        assert same == (new.flow, new.staff_no, new.username, new.unit_id, new.to_unit_id)
        assert old.items == new.items or fresh[0].act == "corrected"
    for n, act in enumerate(fresh):
        if act.act == "passed":
            _passed(new, act, new.acts[: known + n], before)
    if new.state == "completed":
        _went_the_whole_way(new)


def _passed(case: Case, act: Done, earlier: tuple[Done, ...], before: Stored) -> None:
    """Nobody took a step who is not named for it, nor one of their own, nor the second of two."""
    step = case.flow.steps[act.step]
    if act.decider is None:  # with the link, which only an applicant without an account has
        assert case.kind is Kind.CREATE and step.deed is Deed.PRINT
        return
    who = before.holders[act.decider]
    # Only who applies for reinstatement acts without an account in use.
    own_way_in = case.kind is Kind.REINSTATE and who.id == case.account_id
    assert who.status is ACTIVE or own_way_in
    assert any(is_party(who, case, party) for party in step.parties), (step.deed, who.username)
    assert who.id != case.account_id or Party.APPLICANT in step.parties
    if step.deed in JUDGED_BY_DIFFERENT_PEOPLE:
        for other in earlier:
            deed = case.flow.steps[other.step].deed
            if other.act == "passed" and deed in JUDGED_BY_DIFFERENT_PEOPLE and deed != step.deed:
                assert other.decider != act.decider


def _went_the_whole_way(case: Case) -> None:
    """The acts since the application last came in are the steps of the table, each once, in order."""
    since = 0
    for n, act in enumerate(case.acts):
        if act.act in ("submitted", "confirmed", "corrected"):
            since = n + 1
    deeds = [case.flow.steps[act.step].deed for act in case.acts[since:]]
    assert [act.act for act in case.acts[since:]] == ["passed"] * len(deeds)
    assert deeds == [step.deed for step in case.flow.steps[1:]]


def _application_events(before: Stored, after: Stored) -> None:
    acts = Counter(
        (str(case.id), act.act)
        for case in after.cases.values()
        for act in case.acts[len(before.cases[case.id].acts) if case.id in before.cases else 0 :]
    )
    told = [one for one in after.events if one.type == "application_acted"]
    assert acts == Counter((one.about[1], one.detail["act"]) for one in told)


def _at_any_moment(after: Stored, managed_agencies: frozenset[int]) -> None:
    # One under way a person; of those whose address is not confirmed there can be three.
    under_way = [case for case in after.live() if case.state != "unconfirmed"]
    people = Counter(case.staff_no.lower() for case in under_way)
    assert all(number == 1 for number in people.values()), people
    unproven = Counter(case.email for case in after.live() if case.state == "unconfirmed")
    assert all(number <= 3 for number in unproven.values()), unproven
    numbers = Counter(one.staff_no.lower() for one in after.holders.values())
    assert all(number == 1 for number in numbers.values())  # one account a person
    for account_id, sessions in after.sessions.items():
        assert sessions <= 1 and after.holders[account_id].status is ACTIVE
    used = [one for one in after.holders.values() if one.status is ACTIVE]
    assert any(one.role is Role.SYSTEM_MANAGER for one in used)
    managed = {one.agency_id for one in used if one.role is Role.AGENCY_MANAGER}
    assert {one.agency_id for one in used} & managed_agencies <= managed
