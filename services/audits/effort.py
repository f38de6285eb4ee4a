"""How far an audit's judges are, and about how long the rest will take at the pace so far."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Audit, Verdict
from services.audits.judges import Judge, judges_of

LONGEST_PAUSE = 600
"""Seconds: whoever gave no verdict for longer was doing something else."""
FEWEST = 5
"""With fewer verdicts than that nothing is said about the pace."""


@dataclass(frozen=True)
class Share:
    """One judge's part of an audit."""

    judge: str
    shared: int
    left: int
    judged: int
    pace: float | None
    """Seconds a record: this judge's own median, the audit's while theirs rests on too few."""

    @property
    def remaining(self) -> str:
        """How many of this judge's records are left, and about how long they take."""
        if not self.left:
            return "已全部判定"
        about = f"，約需 {_long(self.left * self.pace)}" if self.pace is not None else ""
        return f"還有 {self.left:,} 筆{about}"


@dataclass(frozen=True)
class Effort:
    """The parts of all judges, what nobody has, and the seconds that the rest may take."""

    people: tuple[Judge, ...]
    """Who can judge this audit."""
    parts: tuple[Share, ...]
    left: int
    unshared: int
    """Of those left, how many nobody has."""
    pace: float | None
    """Seconds a record, the median of this audit so far; None while too few are judged."""

    @property
    def sentence(self) -> str:
        """What remains, in words; the time is an estimate and is called one."""
        if not self.left:
            return "全部紀錄都已判定。"
        said = f"還有 {self.left:,} 筆未判定"
        if self.pace is None:
            return f"{said}；判定滿 {FEWEST} 筆後估計所需時間。"
        long = _long(self.left * self.pace)
        return f"{said}；依本件到目前每筆 {round(self.pace):,} 秒的速度，估計一人約需 {long}。"


def _long(seconds: float) -> str:
    hours, rest = divmod(max(1, round(seconds / 60)), 60)
    return f"{hours} 小時 {rest} 分鐘" if hours else f"{rest} 分鐘"


def effort_of(
    db: Session,
    audit: Audit,
    now: datetime,
    wanted: Sequence[int],
    shared_out: Mapping[int, tuple[int, str]],
) -> Effort:
    """Return the progress of everybody who judges an audit, and what is left.

    ``wanted`` are the records to judge, ``shared_out`` says to whom they are (`sharing.shares_of`).
    """
    # Columns and no objects: the worksheet asks this in every run. Only people judge: the command
    # line has no account, and cannot.
    verdicts = [
        (record, judge or 0, name, at)
        for record, judge, name, at in db.execute(
            select(Verdict.record_id, Verdict.judged_by, Verdict.judge_name, Verdict.judged_at)
            .where(Verdict.audit_id == audit.id)
            .order_by(Verdict.id)
        )
    ]
    newest = {record: judge for record, judge, _, _ in verdicts}
    left = {record for record in wanted if record not in newest}
    sample = set(wanted)
    shares = {record: to for record, to in shared_out.items() if record in sample}
    people = judges_of(db, audit, now)
    names = {judge: name for _, judge, name, _ in verdicts}
    names |= {one.account_id: one.label for one in people} | dict(shares.values())
    done = Counter(newest[record] for record in wanted if record in newest)
    shared = Counter(account for account, _ in shares.values())
    still_open = Counter(account for record, (account, _) in shares.items() if record in left)
    moments = [(judge, at) for _, judge, _, at in verdicts]
    pace = pace_of(moments)
    parts = tuple(
        Share(name, shared[one], still_open[one], done[one], own if own is not None else pace)
        for one, name in names.items()
        if shared[one] or done[one]
        for own in [pace_of([moment for moment in moments if moment[0] == one])]
    )
    return Effort(tuple(people), parts, len(left), len(left - set(shares)), pace)


def pace_of(moments: Sequence[tuple[int, datetime]]) -> float | None:
    """Return the median seconds a record between one person's verdicts, without long pauses.

    ``moments`` are judge and time of every verdict. Verdicts given together share the time since the
    one before them.
    """
    seconds: list[float] = []
    for judge in {judge for judge, _ in moments}:
        together = Counter(at for one, at in moments if one == judge)
        for before, at in pairwise(sorted(together)):
            gap = (at - before).total_seconds()
            if gap <= LONGEST_PAUSE:
                seconds += [gap / together[at]] * together[at]
    return median(seconds) if len(seconds) >= FEWEST else None
