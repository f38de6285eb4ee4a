"""Whether a unit's month is like its year before: median and median absolute deviation, no more.

A cue to look, not a finding: it knows nothing of the reasons, and the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from services.rocdate import roc_month

HISTORY_MONTHS = 12
LEAST_HISTORY = 6
DEVIATIONS = 3
# Makes the median absolute deviation of normally spread counts equal to their standard deviation.
MAD_TO_SIGMA = 1.4826
LEAST_DIFFERENCE = 30

RULE_TEXT = (
    f"以各單位最近一個完整月份，與之前 {HISTORY_MONTHS} 個月的中位數比較：差距超過 "
    f"{DEVIATIONS} × {MAD_TO_SIGMA} × 絕對中位差（MAD），且至少 {LEAST_DIFFERENCE} 筆時列出；"
    f"之前的資料不足 {LEAST_HISTORY} 個月者不判斷。這只是提醒，原因仍須查明。"
)


@dataclass(frozen=True)
class Cue:
    """A month that is unlike the months before."""

    key: str
    label: str
    month: str
    records: int
    usual: int
    low: int
    high: int

    @property
    def sentence(self) -> str:
        """What is notable, in words."""
        usually = (
            f"平常約 {self.usual:,} 筆（{self.low:,} 至 {self.high:,} 筆）"
            if self.high > self.low
            else f"平常每月 {self.usual:,} 筆"
        )
        return f"{self.label} {roc_month(self.month)} {self.records:,} 筆，{usually}。"


def unusual(key: str, label: str, month: str, history: Sequence[int], records: int) -> Cue | None:
    """Return the cue for a month with ``records`` after the months of ``history``, or None.

    The bounds are median ± 3 · 1.4826 · MAD; a difference under 30 records is never worth a look.
    """
    if len(history) < LEAST_HISTORY:
        return None
    middle = median(history)
    spread = DEVIATIONS * MAD_TO_SIGMA * median(abs(value - middle) for value in history)
    away = abs(records - middle)
    if away <= spread or away < LEAST_DIFFERENCE:
        return None
    return Cue(
        key=key,
        label=label,
        month=month,
        records=records,
        usual=round(middle),
        low=max(0, round(middle - spread)),
        high=round(middle + spread),
    )
