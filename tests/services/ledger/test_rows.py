"""Leaves are the same text on both databases, and the one that a plain encoder writes."""

import json
import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from data.engine import reading, transaction
from data.models import Event, UsageRecord
from services.ledger import rows
from services.ledger.rows import Log
from tests.world import NOW, World

MODELS: dict[Log, Any] = {Log.USAGE: UsageRecord, Log.EVENTS: Event}


def plain(log: Log, row: Any) -> bytes:
    """Encode one row as the documentation says, without a database."""

    def value(column: str) -> Any:
        held = getattr(row, column)
        if isinstance(held, datetime):
            return held.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        if isinstance(held, bool):
            return int(held)
        return json.dumps(held) if isinstance(held, dict) else held

    values = [log.table, rows.FORMAT, *(value(column) for column in log.columns)]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def check(log: Log) -> int:
    with reading() as db:
        expected = [
            (row.id, plain(log, row))
            for row in db.scalars(select(MODELS[log]).order_by(MODELS[log].id))
        ]
        assert rows.read(db, log, 0, 10**9) == expected
    return len(expected)


@pytest.mark.parametrize("log", Log)
def test_a_leaf_holds_every_column(log: Log) -> None:
    """A new column needs a new format: see `rows.FORMAT`."""
    assert set(log.columns) == {column.name for column in MODELS[log].__table__.columns}
    assert len(log.columns) == len(set(log.columns)) and log.columns[0] == "id"


TEXTS = (
    *("", " ", "-", "null", "NULL", "0", "1:", ",", '"', "'", "\\", "\\\\n", '","', "\n\r\t\b\f"),
    *("\x01\x1f\x7f", "\u0080", "\u2028\u2029", "延吉段一小段18-1地號", "𠀀𪚥😀", "é", "e\u0301"),
    *("\ufeff", "\u202e", "[1]", '{"a": 1}', "%s %d {}", "$1", ":after", "%", "\\u0000", "\ufffd"),
)


def test_every_kind_of_text_and_number(world: World) -> None:
    made = [
        world.row("clerk", NOW.replace(microsecond=place), target=text, reason=text[::-1])
        | {"person_name": text, "username": text, "source_key": f"{place}", "item_authorised": odd}
        for place, text in enumerate(TEXTS)
        for odd in (bool(place % 2),)
    ]
    made += [
        world.row("clerk", datetime(1911, 1, 1, tzinfo=UTC), section_code=None, number=None),
        world.row("clerk", datetime(2026, 1, 1, 0, 0, 0, 999_999, UTC), section_code="", number=""),
        world.row("clerk", NOW, account_id=None, person_key="S1:x"),
        world.row("clerk", NOW, id=2**53 + 1),
    ]
    with transaction() as db:
        for row in made:
            db.execute(insert(UsageRecord), [row])
        for text in TEXTS:
            db.add(
                Event(
                    type="refused",
                    at=NOW,
                    actor_name=text,
                    object_id=text,
                    outcome="done",
                    detail={text: [text, 1, 1.5, None, True, {"深": text}]},
                )
            )
    assert check(Log.EVENTS) == len(TEXTS)
    with reading() as db:
        assert len(rows.read(db, Log.USAGE, 0, 2**60)) == len(made)
        assert rows.read(db, Log.USAGE, 2**53, 2**60)[0][1].startswith(b'["usage_records",1,90071')
    assert check_through(Log.USAGE, 2**60)


def check_through(log: Log, upto: int) -> bool:
    with reading() as db:
        found = db.scalars(select(MODELS[log]).order_by(MODELS[log].id)).all()
        return rows.read(db, log, 0, upto) == [(row.id, plain(log, row)) for row in found]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    texts=st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0")
            | st.sampled_from(string.punctuation),
            max_size=20,
        ),
        min_size=4,
        max_size=4,
    ),
    micro=st.integers(0, 999_999),
)
def test_any_text(world: World, texts: list[str], micro: int) -> None:
    names = ("target", "reason", "case_no", "address")
    world.use("clerk", NOW.replace(microsecond=micro), **dict(zip(names, texts, strict=True)))
    with reading() as db:
        newest = db.scalars(select(UsageRecord).order_by(UsageRecord.id.desc()).limit(1)).one()
        assert rows.read(db, Log.USAGE, newest.id - 1, newest.id) == [
            (newest.id, plain(Log.USAGE, newest))
        ]


def test_ranges_and_limits(world: World) -> None:
    world.use("clerk", *(NOW.replace(minute=minute) for minute in range(10)))
    with reading() as db:
        ids = [id_ for id_, _ in rows.read(db, Log.USAGE, 0, 100)]
        assert len(ids) == 10 == rows.count_after(db, Log.USAGE, 0)
        assert rows.highest_id(db, Log.USAGE) == ids[-1]
        assert [id_ for id_, _ in rows.read(db, Log.USAGE, ids[2], ids[5])] == ids[3:6]
        assert [id_ for id_, _ in rows.read(db, Log.USAGE, ids[2], ids[9], 2)] == ids[3:5]
        assert set(rows.read_ids(db, Log.USAGE, [ids[0], ids[7], 10**6])) == {ids[0], ids[7]}
        assert rows.highest_id(db, Log.EVENTS) == 0
