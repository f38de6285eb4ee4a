"""Audit periods: quarters and half-years as officials name them, cut at Taipei midnight."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter, the period of a unit audit (clause 7.1.1)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1912 <= self.year <= 9998 and 1 <= self.number <= 4):
            raise ValueError("季別應為西元年與第 1 至 4 季，例如 2026Q3。")

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read ``2026Q3`` or ``115Q3`` (ROC year); raise ValueError with a sentence otherwise."""
        bare = unicodedata.normalize("NFKC", text)
        match = re.fullmatch(r"\s*(\d{2,4})\s*[Qq]\s*([1-4])\s*", bare)
        if not match:
            raise ValueError(f"季別「{text}」的寫法不正確；請用 2026Q3 或 115Q3 的形式。")
        year = int(match[1])
        return cls(year if len(match[1]) == 4 else year + 1911, int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Return the quarter that ``day`` lies in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        return _end_of_month(date(self.year, 3 * self.number, 1))

    @property
    def months(self) -> tuple[str, str, str]:
        """The three months as ``YYYY-MM``."""
        first = 3 * self.number - 2
        return tuple(f"{self.year:04d}-{first + k:02d}" for k in range(3))  # type: ignore[return-value]

    @property
    def due(self) -> date:
        """The nominal last day for the unit audit: the end of the month after (clause 7.1.1)."""
        return _end_of_month(self.last_day + timedelta(days=1))

    @property
    def label(self) -> str:
        return f"{self.year - 1911}年第{self.number}季"

    @property
    def this(self) -> str:
        """What a sentence calls it where it has been named: this quarter."""
        return "本季"

    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def previous(self) -> "Quarter":
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def ended(self, today: date) -> bool:
        """Whether the quarter is over on ``today`` (a Taipei date)."""
        return today > self.last_day

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


@dataclass(frozen=True, order=True)
class HalfYear:
    """A half-year, the period of an agency audit (clause 7.1.2)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1912 <= self.year <= 9998 and self.number in (1, 2)):
            raise ValueError("半年別應為西元年與第 1 或 2 半年，例如 2026H1。")

    @classmethod
    def parse(cls, text: str) -> "HalfYear":
        """Read ``2026H1`` or ``115H1`` (ROC year); raise ValueError with a sentence otherwise."""
        bare = unicodedata.normalize("NFKC", text)
        match = re.fullmatch(r"\s*(\d{2,4})\s*[Hh]\s*([12])\s*", bare)
        if not match:
            raise ValueError(f"半年別「{text}」的寫法不正確；請用 2026H1 或 115H1 的形式。")
        year = int(match[1])
        return cls(year if len(match[1]) == 4 else year + 1911, int(match[2]))

    @classmethod
    def of(cls, day: date) -> "HalfYear":
        """Return the half-year that ``day`` lies in."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def quarters(self) -> tuple[Quarter, Quarter]:
        return Quarter(self.year, 2 * self.number - 1), Quarter(self.year, 2 * self.number)

    @property
    def first_day(self) -> date:
        return self.quarters[0].first_day

    @property
    def last_day(self) -> date:
        return self.quarters[1].last_day

    @property
    def months(self) -> tuple[str, ...]:
        """The six months as ``YYYY-MM``."""
        first, second = self.quarters
        return (*first.months, *second.months)

    @property
    def due(self) -> date:
        """The nominal last day for the agency audit: the end of January or July (clause 7.1.2)."""
        return _end_of_month(self.last_day + timedelta(days=1))

    @property
    def send_due(self) -> date:
        """The nominal last day for sending it to the bureau: the end of February or August."""
        return _end_of_month(self.due + timedelta(days=1))

    @property
    def label(self) -> str:
        return f"{self.year - 1911}年{'上' if self.number == 1 else '下'}半年"

    @property
    def this(self) -> str:
        """What a sentence calls it where it has been named: this half-year."""
        return "本半年"

    def next(self) -> "HalfYear":
        return HalfYear(self.year + self.number // 2, self.number % 2 + 1)

    def previous(self) -> "HalfYear":
        return HalfYear(self.year - (self.number == 1), self.number % 2 + 1)

    def ended(self, today: date) -> bool:
        """Whether the half-year is over on ``today`` (a Taipei date)."""
        return today > self.last_day

    def __str__(self) -> str:
        return f"{self.year}H{self.number}"


@dataclass(frozen=True, order=True)
class Month:
    """One month, the shortest period that a spot check looks at (clause 7.1.4)."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read ``2026-10``; raise ValueError with a sentence otherwise."""
        match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
        if not match:
            raise ValueError(f"月份「{text}」的寫法不正確；請用 2026-10 的形式。")
        return cls(int(match[1]), int(match[2]))

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return _end_of_month(self.first_day)

    @property
    def months(self) -> tuple[str, ...]:
        return (str(self),)

    @property
    def label(self) -> str:
        return f"{self.year - 1911}年{self.number}月"

    @property
    def this(self) -> str:
        """What a sentence calls it where it has been named: this month."""
        return "本月"

    def ended(self, today: date) -> bool:
        """Whether the month is over on ``today`` (a Taipei date)."""
        return today > self.last_day

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


Period = Quarter | HalfYear | Month


def parse_period(text: str) -> Period:
    """Read a quarter, a half-year or a month as an audit stores it; raise ValueError otherwise."""
    if "Q" in text:
        return Quarter.parse(text)
    return HalfYear.parse(text) if "H" in text else Month.parse(text)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def last_finished_quarter(today: date) -> Quarter:
    """Return the newest quarter that can be audited on ``today`` (a Taipei date)."""
    return Quarter.of(today).previous()


def last_finished_half(today: date) -> HalfYear:
    """Return the newest half-year that can be audited on ``today`` (a Taipei date)."""
    return HalfYear.of(today).previous()


def shift_month(month: str, by: int) -> str:
    """Return the month ``by`` months after ``month`` (``YYYY-MM``)."""
    year, number = map(int, month.split("-"))
    index = year * 12 + number - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"
