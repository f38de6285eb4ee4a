"""Dates as officials write them: ROC years, Taipei time; and the reverse (`services/moments.py` reads times)."""

import re
import unicodedata
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
DATE = re.compile(
    r"(?:(?P<era>中華民國|民國|西元|公元)\s*)?"
    r"(?P<year>\d{2,4})\s*[/\-.年]\s*(?P<month>\d{1,2})\s*[/\-.月]\s*(?P<day>\d{1,2})(?:\s*日|(?!\d))"
)
_COMPACT = re.compile(r"(?P<era>)(?P<year>\d{3}|\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_WEEKDAY = re.compile(
    r"\s*[(\[]\s*(?:星期|禮拜|週|周)?[一二三四五六日天]\s*[)\]]\s*|\s*(?:星期|禮拜|週|周)[一二三四五六日天]\s*"
)


def taipei(moment: datetime) -> datetime:
    """Return an aware moment in Taipei time."""
    return moment.astimezone(TAIPEI)


def local_date(moment: datetime) -> date:
    """Return the Taipei date of an aware moment."""
    return taipei(moment).date()


def local_month(moment: datetime) -> str:
    """Return the Taipei month of an aware moment as ``YYYY-MM``."""
    return taipei(moment).strftime("%Y-%m")


def roc_date(day: date) -> str:
    """``113年5月22日``."""
    return f"{day.year - 1911}年{day.month}月{day.day}日"


def roc_month(month: str) -> str:
    """``113年5月`` from ``2024-05``."""
    year, number = month.split("-")
    return f"{int(year) - 1911}年{int(number)}月"


def roc_time(moment: datetime) -> str:
    """``113年5月22日 14:05`` in Taipei."""
    local = taipei(moment)
    return f"{roc_date(local.date())} {local:%H:%M}"


def roc_second(moment: datetime) -> str:
    """``113年5月22日 14:05:09`` in Taipei, for the log."""
    return f"{roc_time(moment)}:{moment.second:02d}"


def bare_text(text: str) -> str:
    """Return a date or moment in NFKC, without its day of the week: that says nothing new."""
    return _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def parse_date(text: str) -> date:
    """Read a ROC or Gregorian date; raise ValueError with a sentence otherwise.

    Years below 1000 are ROC years, unless 西元 stands in front.
    """
    bare = bare_text(text)
    match = DATE.fullmatch(bare) or _COMPACT.fullmatch(bare)
    if not match:
        raise ValueError(f"看不懂日期「{bare}」；可用 115/07/18、2026-07-18 或 115年7月18日。")
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if match["era"] in ("中華民國", "民國") and year >= 1000:
        raise ValueError(f"「{bare}」寫民國，年份卻是西元；請改正其中一個。")
    if match["era"] in ("西元", "公元") and year < 1000:
        raise ValueError(f"「{bare}」寫西元，年份卻不是四位數；請改正其中一個。")
    try:
        # There is no ROC year 0; `date` refuses a year 0 by itself.
        return date(year + 1911 if 0 < year < 1000 else year, month, day)
    except ValueError:
        raise ValueError(f"沒有「{bare}」這一天。") from None


def midnight(day: date) -> datetime:
    """Return the moment at which ``day`` begins in Taipei."""
    return datetime.combine(day, time(0), TAIPEI)
