"""Dates as officials write them: every form of the sample export, and every way to be wrong."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moments import join_moment, parse_moment
from services.rocdate import (
    local_date,
    local_month,
    parse_date,
    roc_date,
    roc_month,
    roc_time,
    taipei,
)

SAMPLE = Path(__file__).resolve().parents[1] / "files" / "platform-usage-export.csv"
DAYS = st.dates(date(1912, 1, 1), date(2910, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The four forms of the sample export, 13:05:09 in Taipei being 05:05:09 in UTC.
        ("115/07/18 13:05:09", utc(2026, 7, 18, 5, 5, 9)),
        ("2026/07/18 13:05:09", utc(2026, 7, 18, 5, 5, 9)),
        ("2026-07-18T13:05:09", utc(2026, 7, 18, 5, 5, 9)),
        ("115年7月18日 下午1時5分9秒", utc(2026, 7, 18, 5, 5, 9)),
        ("115年7月18日 上午11時49分43秒", utc(2026, 7, 18, 3, 49, 43)),
        # Others that people and systems write.
        ("１１５／０７／１８　１３：０５：０９", utc(2026, 7, 18, 5, 5, 9)),
        ("115.7.18 13:05", utc(2026, 7, 18, 5, 5)),
        ("99/1/1 13:05", utc(2010, 1, 1, 5, 5)),
        ("1150718 13:05", utc(2026, 7, 18, 5, 5)),
        ("20260718 13:05", utc(2026, 7, 18, 5, 5)),
        ("115年07月18日13時05分", utc(2026, 7, 18, 5, 5)),
        ("2026-07-18T13:05:09.250+08:00", utc(2026, 7, 18, 5, 5, 9)),
        ("2026/7/18 1:05:09 PM", utc(2026, 7, 18, 5, 5, 9)),
        ("2026/7/18 pm 1:05", utc(2026, 7, 18, 5, 5)),
        # Twelve o'clock, which is where half-day clocks go wrong.
        ("115/07/18 上午12時0分", utc(2026, 7, 17, 16, 0)),
        ("115/07/18 上午12:30", utc(2026, 7, 17, 16, 30)),
        ("115/07/18 下午12時0分", utc(2026, 7, 18, 4, 0)),
        ("115/07/18 中午12時30分", utc(2026, 7, 18, 4, 30)),
        ("115/07/18 中午1時0分", utc(2026, 7, 18, 5, 0)),
        ("115/07/18 中午11時50分", utc(2026, 7, 18, 3, 50)),
        ("115/07/18 12:30 AM", utc(2026, 7, 17, 16, 30)),
        ("115/07/18 12:30 PM", utc(2026, 7, 18, 4, 30)),
        # A Taipei midnight is the eve in UTC.
        ("115/08/01 00:00:00", utc(2026, 7, 31, 16)),
        ("115/01/01 00:00", utc(2025, 12, 31, 16)),
        # Eras, parts of the day, days of the week.
        ("民國115年7月18日 下午3:05", utc(2026, 7, 18, 7, 5)),
        ("中華民國115年7月18日下午3時5分", utc(2026, 7, 18, 7, 5)),
        ("民國 115/07/18 15:05", utc(2026, 7, 18, 7, 5)),
        ("西元2026年7月18日 15:05", utc(2026, 7, 18, 7, 5)),
        ("115/07/18 下午15:05", utc(2026, 7, 18, 7, 5)),
        ("115/07/18 下午13時0分", utc(2026, 7, 18, 5, 0)),
        ("115/07/18 上午0時5分", utc(2026, 7, 17, 16, 5)),
        ("2026/7/18 下午 03:05:09", utc(2026, 7, 18, 7, 5, 9)),
        ("2026/7/18 03:05:09 下午", utc(2026, 7, 18, 7, 5, 9)),
        ("2026/7/18, 3:05:09 p.m.", utc(2026, 7, 18, 7, 5, 9)),
        ("115/07/18 凌晨12:30", utc(2026, 7, 17, 16, 30)),
        ("115/07/18 凌晨3點", utc(2026, 7, 17, 19, 0)),
        ("115/07/18 午夜12:00", utc(2026, 7, 17, 16, 0)),
        ("115/07/18 清晨5:30", utc(2026, 7, 17, 21, 30)),
        ("115/07/18 早上9點半", utc(2026, 7, 18, 1, 30)),
        ("115/07/18 正午12時", utc(2026, 7, 18, 4, 0)),
        ("115/07/18 傍晚5點整", utc(2026, 7, 18, 9, 0)),
        ("115/07/18 晚上9:05", utc(2026, 7, 18, 13, 5)),
        ("115/07/18 晚間21:05", utc(2026, 7, 18, 13, 5)),
        ("115/07/18(六) 15:05", utc(2026, 7, 18, 7, 5)),
        ("115年7月18日（星期六）下午3時5分", utc(2026, 7, 18, 7, 5)),
        ("2026-07-18 週六 15:05", utc(2026, 7, 18, 7, 5)),
        # Digits alone, zones, other separators.
        ("1150718150509", utc(2026, 7, 18, 7, 5, 9)),
        ("20260718150509", utc(2026, 7, 18, 7, 5, 9)),
        ("11507181505", utc(2026, 7, 18, 7, 5)),
        ("202607181505", utc(2026, 7, 18, 7, 5)),
        ("1150718 150509", utc(2026, 7, 18, 7, 5, 9)),
        ("20260718T150509", utc(2026, 7, 18, 7, 5, 9)),
        ("115/07/18 1505", utc(2026, 7, 18, 7, 5)),
        ("2026.07.18 15.05.09", utc(2026, 7, 18, 7, 5, 9)),
        ("2026-07-18T07:05:09Z", utc(2026, 7, 18, 7, 5, 9)),
        ("2026-07-18T15:05:09+0800", utc(2026, 7, 18, 7, 5, 9)),
        ("2026-07-18T15:05:09.123456789+08:00[Asia/Taipei]", utc(2026, 7, 18, 7, 5, 9)),
        ("2026-07-18 16:05:09 GMT+9", utc(2026, 7, 18, 7, 5, 9)),
        # A fraction of a second is cut, however near the next one is.
        ("2026-07-18 15:05:09.999999", utc(2026, 7, 18, 7, 5, 9)),
        ("115/09/30 23:59:59.9", utc(2026, 9, 30, 15, 59, 59)),
        ("2026-07-18 15:05:09:700", utc(2026, 7, 18, 7, 5, 9)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    moment = parse_moment(text)
    assert moment == expected
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "看不懂日期"),
        ("　 ", "看不懂日期"),
        ("昨天下午", "看不懂日期"),
        ("115/13/05 10:00:00", "沒有「115/13/05」這一天"),
        ("115年2月30日 10時0分", "沒有「115年2月30日」這一天"),
        ("112/02/29 10:00", "沒有「112/02/29」這一天"),
        ("115/06/31 10:00", "沒有「115/06/31」這一天"),
        ("00/01/01 10:00", "沒有「00/01/01」這一天"),
        ("115/07/18", "只有日期，沒有時間"),
        ("20260718", "只有日期，沒有時間"),
        ("1150718", "只有日期，沒有時間"),
        ("115年7月18日", "只有日期，沒有時間"),
        ("13:05", "只有時間，沒有日期"),
        ("下午3時5分", "只有時間，沒有日期"),
        ("115/07/18 上班時", "看不懂時間"),
        ("115/07/18 25:00", "沒有「115/07/18 25:00」這個時間"),
        ("115/07/18 24:00", "這個時間"),
        ("115/07/18 10:60", "這個時間"),
        ("115/07/18 10:00:61", "這個時間"),
        ("115/07/18 中午6時0分", "「中午」與 6 時不合"),
        ("115/07/18 上午13時0分", "「上午」與 13 時不合"),
        ("115/07/18 晚上12:30", "「晚上」與 12 時不合"),
        ("115/07/18 早上12:30", "「早上」與 12 時不合"),
        ("115/07/18 上午9時下午", "只寫一次"),
        ("115071815050", "沒有"),
        ("民國2026年7月18日 15:05", "寫民國，年份卻是西元"),
        ("西元115年7月18日 15:05", "寫西元"),
        ("2026-07-18T15:05+20:00", "時區"),
    ],
)
def test_what_is_no_moment_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        parse_moment(text)
    assert str(refused.value).endswith("。")


JOINED = [
    ("115/07/18", "13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18", "下午1:05", utc(2026, 7, 18, 5, 5)),
    ("2026-07-18 00:00:00", "13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("2026/7/18 上午 12:00:00", "13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("2026/07/18", "1899-12-30 13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("2026/07/18", "1900/1/0 13:05", utc(2026, 7, 18, 5, 5)),
    ("1150718", "130509", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18", "90509", utc(2026, 7, 18, 1, 5, 9)),
    ("115年7月18日(六)", "13:05:09.900", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18 13:05:09", "", utc(2026, 7, 18, 5, 5, 9)),
    ("", "115/07/18 13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/01", "115/07/18 13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18 13:05:09", "13:05:09", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18 13:05:09", "3 分鐘", utc(2026, 7, 18, 5, 5, 9)),
    ("115/07/18", "", "只有日期，沒有時間"),
    ("", "13:05:09", "只有時間「13:05:09」，沒有日期"),
    ("115/07/18", "上班時", "看不懂時間"),
    ("115/07/18", "25:00", "這個時間"),
    ("昨天", "13:05", "看不懂日期"),
    ("115/07/18 13:05:09", "13:05:10", "時間不同"),
]


@pytest.mark.parametrize(("day", "time_of_day", "expected"), JOINED)
def test_a_date_and_a_time_in_two_columns(
    day: str, time_of_day: str, expected: datetime | str
) -> None:
    if isinstance(expected, datetime):
        assert join_moment(day, time_of_day) == expected
    else:
        with pytest.raises(ValueError, match=expected):
            join_moment(day, time_of_day)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("115/07/18", date(2026, 7, 18)),
        ("民國115年7月18日", date(2026, 7, 18)),
        ("西元2026/07/18", date(2026, 7, 18)),
        ("115/07/18（六）", date(2026, 7, 18)),
        ("115/7/8", date(2026, 7, 8)),
        ("2026-07-18", date(2026, 7, 18)),
        ("115年7月18日", date(2026, 7, 18)),
        ("115 年 7 月 18 日", date(2026, 7, 18)),
        ("１１５年７月１８日", date(2026, 7, 18)),
        ("1150718", date(2026, 7, 18)),
        ("20260718", date(2026, 7, 18)),
        ("099/12/31", date(2010, 12, 31)),
        ("113/02/29", date(2024, 2, 29)),
    ],
)
def test_dates(text: str, expected: date) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text", ["", "115", "115/07", "115/13/01", "115/02/30", "1151301", "0000101", "七月", "1/1/1"]
)
def test_what_is_no_date_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"(看不懂日期|沒有).*。$"):
        parse_date(text)


def test_the_sample_export() -> None:
    """Its times parse but for the 13th month, 30 February and the rows without a time."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        texts = [row["查詢時間"] for row in csv.DictReader(file)]
    assert len(texts) == 2034
    months: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for text in texts:
        try:
            months[local_month(parse_moment(text))] += 1
        except ValueError as sentence:
            refused[str(sentence)] += 1
    assert set(months) == {"2026-07", "2026-08", "2026-09"}
    assert sum(months.values()) == 2034 - 17
    assert sorted(refused.values()) == [5, 6, 6]
    assert {sentence[:2] for sentence in refused} == {"沒有", "看不"}


@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (utc(2026, 7, 31, 15, 59, 59), date(2026, 7, 31), "2026-07"),
        (utc(2026, 7, 31, 16, 0, 0), date(2026, 8, 1), "2026-08"),
        (utc(2025, 12, 31, 16, 0, 0), date(2026, 1, 1), "2026-01"),
        (utc(2026, 9, 30, 15, 59, 59), date(2026, 9, 30), "2026-09"),
    ],
)
def test_days_and_months_are_cut_at_taipei_midnight(
    moment: datetime, day: date, month: str
) -> None:
    assert local_date(moment) == day
    assert local_month(moment) == month


def test_as_they_are_shown() -> None:
    assert roc_date(date(2024, 5, 22)) == "113年5月22日"
    assert roc_date(date(1912, 1, 1)) == "1年1月1日"
    assert roc_month("2026-07") == "115年7月"
    assert roc_time(utc(2024, 5, 22, 16, 5)) == "113年5月23日 00:05"


@given(DAYS)
def test_a_date_written_is_the_date_read(day: date) -> None:
    roc = day.year - 1911
    assert parse_date(f"{day:%Y-%m-%d}") == day
    assert parse_date(f"{day:%Y%m%d}") == day
    assert parse_date(f"{roc:03d}{day:%m%d}") == day
    assert parse_date(f"{roc:03d}/{day:%m/%d}") == day
    if roc >= 10:
        assert parse_date(roc_date(day)) == day


PARTS_OF_DAY = (
    ("凌晨", range(6)),
    ("清晨", range(5, 8)),
    ("早上", range(6, 12)),
    ("中午", range(11, 14)),
    ("午後", range(13, 18)),
    ("傍晚", range(17, 20)),
    ("晚上", range(18, 24)),
    ("夜間", range(18, 24)),
    ("午夜", range(1)),
)


@given(st.integers(0, 6_000_000_000))
def test_a_moment_written_is_the_moment_read(seconds: int) -> None:
    whole = utc(2010, 1, 1) + timedelta(seconds=seconds)
    local = taipei(whole)
    half = "上午" if local.hour < 12 else "下午"
    hour = (local.hour - 1) % 12 + 1
    day = roc_date(local.date())
    assert parse_moment(f"{local:%Y-%m-%dT%H:%M:%S}") == whole
    assert parse_moment(f"{local:%Y/%m/%d %I:%M:%S} {'AM' if local.hour < 12 else 'PM'}") == whole
    assert parse_moment(f"{day} {local.hour}時{local.minute}分{local.second}秒") == whole
    assert parse_moment(f"{day} {half}{hour}時{local.minute}分{local.second}秒") == whole
    assert parse_moment(roc_time(whole)) == whole - timedelta(seconds=whole.second)
    roc = local.year - 1911
    for era, year in (("民國", roc), ("中華民國", roc), ("西元", local.year), ("", roc)):
        for sign, end in (("/", ""), ("-", ""), (".", ""), ("年月", "日")):
            first, second = sign[0], sign[-1]
            written = f"{era}{year}{first}{local.month}{second}{local.day}{end}"
            for clock in (f"{local:%H:%M:%S}", f"{half}{hour}:{local:%M:%S}.987"):
                assert parse_moment(f"{written} {clock}") == whole
                assert (
                    parse_moment(f"{written}({'一二三四五六日'[local.weekday()]}) {clock}") == whole
                )
    for part, hours in PARTS_OF_DAY:
        if local.hour in hours:
            assert parse_moment(f"{day} {part}{hour}點{local.minute}分{local.second}秒") == whole
            assert parse_moment(f"{day} {local:%H:%M:%S} {part}") == whole
    assert parse_moment(f"{local:%Y%m%d%H%M%S}") == whole
    assert parse_moment(f"{local:%Y%m%d %H%M%S}") == whole
    if roc >= 100:
        assert parse_moment(f"{roc}{local:%m%d%H%M%S}") == whole
        assert parse_moment(f"{roc}{local:%m%d %H%M%S}") == whole
    for away in (-12, -5, 0, 8, 9, 14):
        there = whole.astimezone(timezone(timedelta(hours=away)))
        assert parse_moment(there.isoformat()) == whole
        assert parse_moment(f"{there:%Y-%m-%dT%H:%M:%S.5%z}") == whole
    assert parse_moment(f"{whole:%Y-%m-%dT%H:%M:%SZ}") == whole
    assert join_moment(f"{roc}/{local:%m/%d}", f"{local:%H:%M:%S}") == whole


@given(st.text(max_size=30))
def test_no_text_does_anything_but_parse_or_get_a_sentence(text: str) -> None:
    for reader in (parse_date, parse_moment):
        said = "。"
        try:
            reader(text)
        except ValueError as sentence:
            said = str(sentence)
        assert said.endswith("。")
