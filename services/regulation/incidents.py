"""Incidents: what has to be done about one before it is closed (clauses 6.3.5, 7.1.3, 7.1.4)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Gravity(StrEnum):
    """How grave an incident is; the lightest first."""

    DEFICIENT = "deficient"
    ABNORMAL = "abnormal"
    MAJOR = "major"

    @property
    def label(self) -> str:
        return {"deficient": "缺失", "abnormal": "異常使用", "major": "重大缺失"}[self.value]

    @property
    def rank(self) -> int:
        return list(Gravity).index(self)


class Step(StrEnum):
    """What is done about an incident, each with its day and its documents."""

    REPORTED = "reported"
    NOTIFIED = "notified"
    REMEDIED = "remedied"
    OUTCOME = "outcome"

    @property
    def label(self) -> str:
        return {
            "reported": "提報首長",
            "notified": "通報政風",
            "remedied": "補救及防範措施",
            "outcome": "懲處或處理結果",
        }[self.value]


@dataclass(frozen=True)
class Needed:
    """A step that has to stand before the incident can be closed, and the clause that asks for it."""

    step: Step
    clause: str


_GRAVE = (
    Needed(Step.REPORTED, "7.1.3"),
    Needed(Step.NOTIFIED, "7.1.3"),
    Needed(Step.REMEDIED, "6.3.5"),
    Needed(Step.OUTCOME, "7.1.3"),
)
NEEDED: dict[Gravity, tuple[Needed, ...]] = {
    Gravity.MAJOR: _GRAVE,
    Gravity.ABNORMAL: _GRAVE,
    Gravity.DEFICIENT: (Needed(Step.REMEDIED, "6.3.5"), Needed(Step.OUTCOME, "6.3.5")),
}
"""By gravity, in the order in which the rule names them; they may be done in any order.

Reading: the rule asks for the report and the notice on abnormal use and major deficiencies. Of a
plain deficiency they are possible and not required.
"""
_NOTICE_OF_A_SPOT_CHECK = Needed(Step.NOTIFIED, "7.1.4")


def needed(gravity: Gravity, *, spot_check: bool = False) -> tuple[Needed, ...]:
    """Return what an incident of this gravity needs; what a spot check found is always notified (7.1.4)."""
    asked = NEEDED[gravity]
    if spot_check and all(one.step is not Step.NOTIFIED for one in asked):
        return (_NOTICE_OF_A_SPOT_CHECK, *asked)
    return asked


def missing(asked: Iterable[Needed], done: Collection[Step]) -> tuple[Needed, ...]:
    """Return what is still to be done, in the order of the rule."""
    return tuple(one for one in asked if one.step not in done)


def gravest(found: Iterable[Gravity]) -> Gravity:
    """Return the gravest of what was found; raise ValueError when nothing was."""
    return max(found, key=lambda gravity: gravity.rank)


def day_problem(done_on: date, earliest: date, today: date) -> str | None:
    """Return which way a step's day cannot be right, or None.

    It may lie before the day on which somebody recorded it, and before the verdict; never before the
    use itself, nor in the future.
    """
    if done_on > today:
        return "future"
    return "before_use" if done_on < earliest else None
