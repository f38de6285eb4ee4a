"""Moments as people and programs in Taiwan write them, read to the second.

Fractions of a second are cut, never rounded: the same log as text and as a workbook is the same log,
and nothing that happened before midnight moves into the next quarter.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from services.rocdate import DATE, TAIPEI, bare_text, parse_date

_PARTS: dict[str, range] = {
    # Which hours of the day a word can mean. The hour written is taken as it is, half a day later
    # or, when it is 12, as 0: exactly one of these has to fall among them.
    **dict.fromkeys(("上午", "AM", "A.M."), range(12)),
    **dict.fromkeys(("下午", "PM", "P.M."), range(12, 24)),
    "凌晨": range(7),
    **dict.fromkeys(("清晨", "早晨", "早上", "晨間", "早"), range(4, 12)),
    **dict.fromkeys(("正午", "中午"), range(11, 15)),
    "午後": range(12, 19),
    "傍晚": range(16, 20),
    **dict.fromkeys(("晚上", "晚間", "夜間", "夜晚", "晚"), range(17, 24)),
    "午夜": range(1),
}
_WORD = "|".join(re.escape(word) for word in sorted(_PARTS, key=len, reverse=True))
_ZONE = r"(?:Z|(?:UTC|GMT)?\s*[+-]\d{1,2}(?::?\d{2})?|UTC|GMT)(?:\s*\[[A-Za-z]+/[A-Za-z_]+\])?"
_TIME = re.compile(
    rf"(?P<before>{_WORD})?\s*"
    r"(?:(?P<hour>\d{1,2})(?:"
    r"\s*:\s*(?P<minute>\d{1,2})(?:\s*:\s*(?P<second>\d{1,2})(?:[.,:]\d{1,9})?)?"
    r"|\.(?P<minute3>\d{2})\.(?P<second3>\d{2})(?:\.\d{1,9})?"
    r"|\s*[時點]\s*(?:(?P<minute2>\d{1,2})(?:\s*[:分]\s*(?P<second2>\d{1,2})(?:\.\d+)?\s*秒?|\s*分)?|整|(?P<half>半))?"
    r")|(?P<compact>\d{4}|\d{6})(?:\.\d{1,9})?)"
    rf"\s*(?P<after>{_WORD})?\s*(?P<zone>{_ZONE})?",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"(\d{2,4})[/-](\d{1,2})[/-](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?"
)
_WHOLE = re.compile(rf"(?P<on>{DATE.pattern}|\d{{7,8}}(?!\d))[\sT,，]*(?P<time>\S.*)", re.S)
_DIGITS = re.compile(r"(\d{7})(\d{4}|\d{6})|(\d{8})(\d{4}|\d{6})")
_ONLY_DAY = re.compile(rf"{DATE.pattern}|\d{{7,8}}")
_SPREADSHEET_DAY_ZERO = re.compile(r"(?:1899[-/]12[-/]3[01]|1900[-/]0?1[-/]0?[01])[ T]+(?=\S)")
"""The day that programs put in front of a time of day that has none."""


def parse_moment(text: str) -> datetime:
    """Read a date with a time of day (in Taipei unless it says otherwise) and return it in UTC.

    ROC or Gregorian years; a fraction of a second is cut. Raises ValueError with a sentence for
    anything else, a date without a time included.
    """
    if common := _COMMON.fullmatch(text):  # nearly every cell of a million rows
        year, month, day, hour, minute, second = (int(part or 0) for part in common.groups())
        if 0 < year < 1000:
            year += 1911
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=TAIPEI).astimezone(UTC)
        except ValueError:
            pass  # the long way says what is wrong
    bare = bare_text(text)
    if digits := _DIGITS.fullmatch(bare):
        day_text, time_text = [part for part in digits.groups() if part]
    elif _ONLY_DAY.fullmatch(bare):
        parse_date(bare)
        raise ValueError(f"「{bare}」只有日期，沒有時間。")
    elif match := _WHOLE.match(bare):
        day_text, time_text = match["on"].strip(), match["time"]
    elif re.search(r"[:時點]", bare) and _TIME.fullmatch(bare):
        raise ValueError(f"「{bare}」只有時間，沒有日期。")
    else:
        parse_date(bare)
        raise ValueError(f"看不懂時間「{bare}」；可用 115/07/18 14:05:30。")
    return _at(parse_date(day_text), time_text.strip(), bare)


def join_moment(day: str, time_of_day: str) -> datetime:
    """Read a moment whose date and time of day stand in two columns; raise ValueError like `parse_moment`.

    A column that by itself says both is taken at its word; midnight behind the date is what a
    spreadsheet adds to it.
    """
    clock = _SPREADSHEET_DAY_ZERO.sub("", bare_text(time_of_day))
    if not clock:
        return parse_moment(day)
    if _WHOLE.match(clock) or _DIGITS.fullmatch(clock):
        return parse_moment(clock)
    date_only = re.sub(r"[ T]+(?:上午\s*12|0{1,2}):00(?::00(?:\.0+)?)?$", "", bare_text(day))
    if not date_only:
        raise ValueError(f"只有時間「{clock}」，沒有日期。")
    if not _ONLY_DAY.fullmatch(date_only):
        moment = parse_moment(date_only)
        if not _TIME.fullmatch(clock):
            return moment  # how long it took, say
        if moment != _at(moment.astimezone(TAIPEI).date(), clock, clock):
            raise ValueError(
                f"日期欄「{date_only}」與時間欄「{clock}」的時間不同；請改正或只對應一欄。"
            )
        return moment
    if clock.isdigit() and len(clock) in (3, 5):
        clock = f"0{clock}"  # a number loses the zero in front
    return _at(parse_date(date_only), clock, f"{date_only} {clock}")


def _at(day: date, text: str, whole: str) -> datetime:
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"看不懂時間「{whole}」；可用 14:05:30 或 下午2時5分30秒。")
    word = (match["before"] or match["after"] or "").upper()
    if match["before"] and match["after"]:
        raise ValueError(f"看不懂時間「{whole}」；上午、下午請只寫一次。")
    if digits := match["compact"]:
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
    else:
        hour = int(match["hour"])
        minute = int(match["minute"] or match["minute2"] or match["minute3"] or 0)
        minute = 30 if match["half"] else minute
        second = int(match["second"] or match["second2"] or match["second3"] or 0)
    if word:
        hour = _hour(word, hour, whole)
    try:
        local = datetime.combine(day, time(hour, minute, second))
    except ValueError:
        raise ValueError(f"沒有「{whole}」這個時間。") from None
    zone = _zone(match["zone"], whole) if match["zone"] else TAIPEI
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"沒有「{whole}」這個時間。") from None


def _hour(word: str, hour: int, whole: str) -> int:
    meant = {hour, 0 if hour == 12 else hour + 12} & set(_PARTS[word])
    if len(meant) != 1:
        raise ValueError(
            f"「{whole}」的「{word}」與 {hour} 時不合；請改寫 24 小時制，例如 14:05:30。"
        )
    return meant.pop()


def _zone(text: str, whole: str) -> timezone:
    match = re.search(r"([+-])(\d{1,2}):?(\d{2})?", text)
    if not match:
        return UTC
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if away >= timedelta(hours=15):
        raise ValueError(f"沒有「{whole}」這個時區；臺灣時間不必寫，或寫 +08:00。")
    return timezone(-away if match[1] == "-" else away)
