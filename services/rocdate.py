"""Dates as officials write them: ROC years, Taipei time; and the reverse."""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
_DATE = re.compile(r"(\d{2,4})\s*[/\-.年]\s*(\d{1,2})\s*[/\-.月]\s*(\d{1,2})(?:\s*日|(?!\d))")
_COMPACT = re.compile(r"(\d{3}|\d{4})(\d{2})(\d{2})")
_TIME = re.compile(
    r"(上午|下午|中午|AM|PM)?\s*(\d{1,2})\s*[:時]\s*(\d{1,2})"
    r"(?:\s*[:分]\s*(\d{1,2})(?:\.\d+)?\s*秒?|\s*分)?\s*(AM|PM)?",
    re.IGNORECASE,
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


def parse_date(text: str) -> date:
    """Read a ROC or Gregorian date; raise ValueError with a sentence otherwise.

    Years below 1000 are ROC years.
    """
    bare = unicodedata.normalize("NFKC", text).strip()
    match = _DATE.fullmatch(bare) or _COMPACT.fullmatch(bare)
    if not match:
        raise ValueError(f"看不懂日期「{bare}」；可用 115/07/18、2026-07-18 或 115年7月18日。")
    year, month, day = (int(part) for part in match.groups())
    try:
        # There is no ROC year 0; `date` refuses a year 0 by itself.
        return date(year + 1911 if 0 < year < 1000 else year, month, day)
    except ValueError:
        raise ValueError(f"沒有「{bare}」這一天。") from None


def parse_moment(text: str) -> datetime:
    """Read a date with a time of day in Taipei (ROC or Gregorian) and return it in UTC.

    Raises ValueError with a sentence for anything else, a date without a time included.
    """
    bare = unicodedata.normalize("NFKC", text).strip()
    alone = _DATE.fullmatch(bare) or _COMPACT.fullmatch(bare)
    match = re.match(rf"(?P<d>{_DATE.pattern}|\d{{7,8}}(?!\d))[\sT]*(?P<t>\S.*)", bare)
    if alone or not match:
        parse_date(bare)
        raise ValueError(f"「{bare}」只有日期，沒有時間。")
    day = parse_date(match["d"].strip())
    return datetime.combine(day, _parse_time(match["t"], bare), TAIPEI).astimezone(UTC)


def _parse_time(text: str, whole: str) -> time:
    match = _TIME.fullmatch(text.strip().removesuffix("+08:00").strip())
    if not match:
        raise ValueError(f"看不懂時間「{whole}」；可用 14:05:30 或 下午2時5分30秒。")
    half = (match[1] or match[5] or "").upper()
    hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
    if half and not 1 <= hour <= 12:
        raise ValueError(f"「{whole}」的{half}時數應為 1 至 12。")
    if half == "中午" and 3 <= hour <= 10:
        raise ValueError(f"「{whole}」不是中午；請改寫上午或下午。")
    if (half in ("下午", "PM") and hour < 12) or (half == "中午" and hour < 3):
        hour += 12
    elif half in ("上午", "AM") and hour == 12:
        hour = 0
    try:
        return time(hour, minute, second)
    except ValueError:
        raise ValueError(f"沒有「{whole}」這個時間。") from None


def midnight(day: date) -> datetime:
    """Return the moment at which ``day`` begins in Taipei."""
    return datetime.combine(day, time(0), TAIPEI)
