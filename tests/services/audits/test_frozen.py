"""Frozen frames are read once while somebody works at them, and nobody can change what all share."""

import zlib
from itertools import count

import pytest

from data.engine import reading
from data.models import AuditFrame
from services.audits import frozen
from services.audits.freezing import freeze
from services.audits.frozen import unpack_frame
from services.audits.overview import view_audit
from services.audits.sampling.frame import Frame, build_frame, read_frame
from services.regulation.periods import Quarter
from tests.services.audits.test_unit_audit import audited
from tests.world import World

__all__ = ["audited"]


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is read, from an empty memory on."""
    sizes = list[int]()

    def counted(content: bytes) -> Frame:
        sizes.append(len(content))
        return read_frame(content)

    frozen._kept.clear()
    monkeypatch.setattr(frozen, "read_frame", counted)
    return sizes


def row_of(frame: Frame) -> AuditFrame:
    return AuditFrame(frame_hash=frame.hash, content=zlib.compress(frame.content))


def test_a_frame_is_read_once_however_often_it_is_shown(
    audited: World, readings: list[int]
) -> None:
    head = audited.actor("head")
    audit_id = freeze(head, audited.units["tax1"], Quarter(2026, 3))
    shown = [view_audit(head, audit_id).frame for _ in range(3)]
    assert shown[0] is not None and shown[0].picture.records > 0
    assert shown[0] == shown[1] == shown[2]
    assert len(readings) == 1
    with reading() as db:
        row = db.query(AuditFrame).one()
        assert unpack_frame(row).hash == row.frame_hash


def test_only_the_last_few_are_kept(readings: list[int]) -> None:
    number = count(1)
    rows = [row_of(build_frame([(next(number), "7", "2026-07")])) for _ in range(6)]
    for row in rows:
        unpack_frame(row)
    assert len(readings) == 6
    unpack_frame(rows[-1])
    assert len(readings) == 6
    assert unpack_frame(rows[0]).ids.tolist() == [1]
    assert len(readings) == 7


def test_what_all_share_cannot_be_changed() -> None:
    frame = build_frame([(1, "7", "2026-07"), (2, "8", "2026-08")])
    for column in (frame.ids, frame.person_codes, frame.month_codes):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 9
