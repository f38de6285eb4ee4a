"""Clause 6.2 by table and property: when reviews are due, what is unused, what is suggested and why."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulation.access_review import (
    FLAG_LABELS,
    Choice,
    Facts,
    Flag,
    first_day_of_use,
    flags_of,
    is_unused,
    months_after,
    opened_by_itself_on,
    review_due,
    suggest,
)
from services.regulation.items import Item
from services.regulation.roles import AccountStatus

DAYS = st.dates(date(2021, 1, 1), date(2040, 12, 31))
TODAY = date(2026, 11, 23)
LAND, OWNER, MAP = Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP, Item.CADASTRAL_MAP


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 5, 23), date(2026, 11, 23)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2027, 8, 29), date(2028, 2, 29)),
        (date(2026, 8, 28), date(2027, 2, 28)),
        (date(2026, 3, 31), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2027, 6, 30)),
        (date(2028, 2, 29), date(2028, 8, 29)),
        (date(2026, 1, 1), date(2026, 7, 1)),
    ],
)
def test_a_review_is_due_six_months_after_the_last(day: date, due: date) -> None:
    assert review_due(day) == due
    assert opened_by_itself_on(due) == due - timedelta(days=14)


@given(DAYS, st.integers(0, 40))
def test_months_keep_the_day_or_take_the_last_one(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(DAYS, DAYS)
def test_months_never_turn_two_days_round(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert months_after(first, 6) <= months_after(second, 6)


@given(DAYS)
def test_the_period_begins_with_the_first_day_that_is_not_too_long_ago(opened: date) -> None:
    since = first_day_of_use(opened)
    old = date(1990, 1, 1)
    assert not is_unused(facts(created_on=old, last_used_on=since), opened)
    assert is_unused(facts(created_on=old, last_used_on=since - timedelta(days=1)), opened)


@pytest.mark.parametrize(
    ("last", "today", "unused"),
    [
        (date(2026, 5, 23), date(2026, 11, 22), False),
        (date(2026, 5, 23), date(2026, 11, 23), False),
        (date(2026, 5, 23), date(2026, 11, 24), True),
        (date(2025, 8, 31), date(2026, 2, 28), False),
        (date(2025, 8, 31), date(2026, 3, 1), True),
        (date(2027, 8, 31), date(2028, 2, 29), False),
        (date(2027, 8, 31), date(2028, 3, 1), True),
    ],
)
def test_exactly_six_months_are_not_more(last: date, today: date, unused: bool) -> None:
    old = date(2020, 1, 1)
    assert is_unused(facts(created_on=old, last_used_on=last), today) is unused
    # One never used ages from its creation, one restored from that day, to the day alike.
    assert is_unused(facts(created_on=last, last_used_on=None), today) is unused
    for used in (None, old):
        restored = facts(created_on=old, last_used_on=used, restored_on=last)
        assert is_unused(restored, today) is unused


def facts(**given_facts: object) -> Facts:
    """An account in ordinary use."""
    usual = Facts(
        status=AccountStatus.ACTIVE,
        created_on=date(2024, 1, 2),
        last_used_on=date(2026, 11, 20),
        uses=41,
        items=frozenset({LAND, OWNER}),
        used_items=frozenset({LAND, OWNER}),
        recent_items=frozenset(),
    )
    return replace(usual, **given_facts)  # type: ignore[arg-type]


HALF, YEAR = date(2026, 5, 23), date(2025, 11, 23)
A_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("account", "choice", "words"),
    [
        (facts(), Choice.KEEP, "期間內使用 41 筆，授權項目均有使用"),
        (facts(used_items=frozenset({LAND})), Choice.REDUCE, "期間內未使用土地所有權部，建議只留土地標示部"),
        (facts(used_items=frozenset()), Choice.REDUCE, "建議全部取消"),
        (facts(used_items=frozenset({LAND}), recent_items=frozenset({OWNER})), Choice.KEEP, "土地所有權部為期間內新增"),
        (facts(used_items=frozenset({LAND, OWNER, MAP})), Choice.KEEP, "均有使用"),
        (facts(items=frozenset(), used_items=frozenset()), Choice.KEEP, "沒有授權項目，最近使用 115年11月20日"),
        (facts(last_used_on=HALF), Choice.KEEP, "均有使用"),
        (facts(last_used_on=HALF - A_DAY), Choice.SUSPEND, "最近使用 115年5月22日，已逾6個月未使用"),
        (facts(last_used_on=YEAR), Choice.SUSPEND, "已逾6個月"),
        (facts(last_used_on=YEAR - A_DAY), Choice.CANCEL, "已逾12個月"),
        (facts(last_used_on=None), Choice.CANCEL, "113年1月2日 建立後從未使用，已逾6個月"),
        (facts(last_used_on=None, created_on=HALF, recent_items=frozenset({LAND, OWNER}), used_items=frozenset()), Choice.KEEP, "115年5月23日 建立，尚未使用"),
        (facts(status=AccountStatus.SUSPENDED), Choice.KEEP, "維持停權"),
        (facts(status=AccountStatus.SUSPENDED, last_used_on=HALF - A_DAY), Choice.CANCEL, "停權中，最近使用"),
        (facts(status=AccountStatus.SUSPENDED, last_used_on=None), Choice.CANCEL, "從未使用"),
        (facts(status=AccountStatus.CANCELLED), Choice.CANCEL, "已註銷"),
        (facts(last_used_on=YEAR, restored_on=HALF), Choice.KEEP, "115年5月23日 恢復使用，尚未使用"),
        (facts(last_used_on=YEAR, restored_on=HALF - A_DAY), Choice.SUSPEND, "115年5月22日 恢復使用後，已逾6個月未使用"),
        (facts(last_used_on=None, restored_on=YEAR - A_DAY), Choice.CANCEL, "114年11月22日 恢復使用後，已逾12個月未使用"),
        (facts(last_used_on=TODAY, restored_on=HALF), Choice.KEEP, "均有使用"),
        (facts(leaving_on=TODAY - A_DAY), Choice.CANCEL, "預定離職日 115年11月22日 已過"),
        (facts(leaving_on=TODAY), Choice.KEEP, "預定 115年11月23日 離職，應於該日前申請"),
        (facts(leaving_on=TODAY, used_items=frozenset({LAND})), Choice.REDUCE, "離職，應於該日前申請"),
    ],
)  # fmt: skip
def test_what_is_suggested_and_why(account: Facts, choice: Choice, words: str) -> None:
    found = suggest(account, TODAY)
    assert found.choice is choice
    assert words in found.because
    assert found.because.endswith("。")


accounts = st.builds(
    Facts,
    status=st.sampled_from(AccountStatus),
    created_on=st.dates(date(2022, 1, 1), TODAY),
    last_used_on=st.none() | st.dates(date(2022, 1, 1), TODAY),
    uses=st.integers(0, 100_000),
    items=st.frozensets(st.sampled_from(Item)),
    used_items=st.frozensets(st.sampled_from(Item)),
    recent_items=st.frozensets(st.sampled_from(Item)),
    leaving_on=st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    restored_on=st.none() | st.dates(date(2022, 1, 1), TODAY),
)


@given(accounts)
def test_every_suggestion_can_be_followed(account: Facts) -> None:
    found = suggest(account, TODAY)
    assert 2 <= len(found.because) <= 200
    assert (found.items_left is not None) is (found.choice is Choice.REDUCE)
    if found.items_left is not None:
        assert found.items_left < account.items
        assert account.used_items & account.items <= found.items_left
    if found.choice is Choice.SUSPEND:
        assert account.status is AccountStatus.ACTIVE


@given(accounts)
def test_what_is_unused_is_never_put_forward_to_be_kept(account: Facts) -> None:
    """Clause 6.2: unused for more than six months means suspension or cancellation."""
    if is_unused(account, TODAY):
        assert suggest(account, TODAY).choice in (Choice.SUSPEND, Choice.CANCEL)
        assert set(flags_of(account, TODAY)) & {Flag.NEVER_USED, Flag.UNUSED}


@pytest.mark.parametrize(
    ("account", "flags"),
    [
        (facts(), ()),
        (facts(last_used_on=None), (Flag.NEVER_USED,)),
        (facts(last_used_on=HALF - A_DAY), (Flag.UNUSED,)),
        (facts(leaving_on=TODAY), (Flag.LEAVING,)),
        (facts(leaving_on=TODAY - A_DAY), (Flag.LEFT,)),
        (facts(not_authorised=1, weak_purpose=3), (Flag.NOT_AUTHORISED, Flag.WEAK_PURPOSE)),
    ],
)
def test_what_catches_the_eye(account: Facts, flags: tuple[Flag, ...]) -> None:
    assert flags_of(account, TODAY) == flags
    assert set(FLAG_LABELS) == set(Flag)
