"""The way of a finding (7.2.2): what follows what, by property against the table read plainly."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.finding_diagram import dot, steps_in_words
from services.regulation.finding_states import OVER, FindingAct, FindingState, Gravity, Side
from services.regulation.findings import (
    LONGEST,
    MOVES,
    REPORTS,
    Given,
    due_problem,
    gravity_of,
    in_force,
    moves_of,
    outstanding,
    state_of,
    taken_back,
)

ASK = Given(FindingAct.ASK)


@st.composite
def lives(draw: st.DrawFn) -> list[Given]:
    """A finding's acts in an order that the table allows, some of them taken back."""
    acts = [ASK]
    for _ in range(draw(st.integers(0, 14))):
        moves = [move for side in Side for move in moves_of(acts, side)]
        back = any(taken_back(acts, side) for side in Side) and len(in_force(acts)) > 1
        choices = [*moves, *([None] if back else [])]
        if not choices:
            break
        move = draw(st.sampled_from(choices))
        if move is None:
            acts.append(Given(FindingAct.TAKE_BACK))
        else:
            grave = draw(st.sampled_from(Gravity)) if move.act is FindingAct.CONFIRM else None
            acts.append(Given(move.act, grave))
    return acts


@given(lives())
def test_whatever_the_table_allows_leads_to_a_state_and_taking_back_undoes_one_act(
    acts: list[Given],
) -> None:
    state = state_of(acts)
    assert (state in OVER) == (state.waits_for is None)
    for side in Side:
        for move in moves_of(acts, side):
            assert state in move.since and move.side is side
            after = state_of([*acts, Given(move.act, Gravity.MAJOR)])
            last_report = move.act in REPORTS and outstanding(acts) == (move.act,)
            assert after is (FindingState.IMPROVED if last_report else move.to or state)
            assert state_of([*acts, Given(move.act), Given(FindingAct.TAKE_BACK)]) is state
    if state in OVER:
        assert not any(moves_of(acts, side) for side in Side)
    sides = [side for side in Side if taken_back(acts, side)]
    assert len(sides) == 1, "the side that made the last act, and no other"
    without = in_force([*acts, Given(FindingAct.TAKE_BACK)])
    assert without == in_force(acts)[:-1]


@given(lives())
def test_nothing_is_closed_without_all_that_the_rule_asks_for(acts: list[Given]) -> None:
    done = [one.act for one in in_force(acts)]
    if state_of(acts) is FindingState.CLOSED:
        assert {FindingAct.CONFIRM, FindingAct.ORDER, *REPORTS, FindingAct.CLOSE} <= set(done)
        assert (FindingAct.ACCEPT in done) == (gravity_of(acts) is Gravity.MAJOR)
        returned = max((n for n, act in enumerate(done) if act is FindingAct.RETURN), default=-1)
        assert FindingAct.IMPROVE in done[returned + 1 :], "a returned improvement comes anew"
    if state_of(acts) is FindingState.CLEARED:
        assert done[-1] is FindingAct.CLEAR and FindingAct.ANSWER in done


@given(lives(), st.sampled_from(FindingAct))
def test_what_the_table_does_not_allow_is_refused(acts: list[Given], act: FindingAct) -> None:
    allowed = {move.act for side in Side for move in moves_of(acts, side)}
    if act in allowed | {FindingAct.TAKE_BACK}:
        return
    with pytest.raises(ValueError, match="cannot follow"):
        state_of([*acts, Given(act)])


def test_a_major_one_needs_two_and_a_plain_one_does_not() -> None:
    improved = _until(Gravity.MAJOR)
    assert {move.act for move in moves_of(improved, Side.BUREAU)} == {
        FindingAct.RETURN,
        FindingAct.ACCEPT,
    }
    accepted = [*improved, Given(FindingAct.ACCEPT)]
    assert [move.needs[0].value for move in moves_of(accepted, Side.BUREAU)] == ["second"]
    plain = {move.act for move in moves_of(_until(Gravity.DEFICIENT), Side.BUREAU)}
    assert plain == {FindingAct.RETURN, FindingAct.CLOSE}


def _until(gravity: Gravity) -> Sequence[Given]:
    acts = (FindingAct.ANSWER, FindingAct.CONFIRM, FindingAct.ORDER, *REPORTS)
    return [ASK, *(Given(act, gravity if act is FindingAct.CONFIRM else None) for act in acts)]


def test_the_picture_and_the_table_show_every_move() -> None:
    drawn = dot()
    for move in MOVES:
        assert move.act.label in drawn
        assert any(move.act.label in row["步驟"] for row in steps_in_words())
    assert len(steps_in_words()) == len(MOVES)


def test_days_lie_ahead_and_not_a_year_away() -> None:
    today = date(2026, 8, 25)
    tried = {-1: "past", 0: "past", 1: None, LONGEST.days: None, LONGEST.days + 1: "far"}
    assert {days: due_problem(today + timedelta(days=days), today) for days in tried} == tried
