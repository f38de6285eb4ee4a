"""Frozen frames out of the database: re-hashed every time, read anew only when they were not read lately."""

import hashlib
import zlib
from collections import OrderedDict
from threading import Lock

from data.models import AuditFrame
from services.audits.sampling.frame import Frame, read_frame
from services.errors import Conflict

_MOST_KEPT = 4
"""Frames of the audits somebody works at now; a million records take some 25 MB."""
_kept: OrderedDict[str, Frame] = OrderedDict()
_lock = Lock()


def unpack_frame(row: AuditFrame) -> Frame:
    """Return the frozen frame, re-hashed: a stored frame that was touched is refused."""
    try:
        content: bytes | None = zlib.decompress(row.content)
    except zlib.error:
        content = None
    # The stored bytes are hashed before anything reads them as a frame.
    if content is None or hashlib.sha256(content).hexdigest() != row.frame_hash:
        raise Conflict("凍結的母體與其雜湊值不符，資料可能遭更動；請立即通知系統管理者。")
    return _read(content, row.frame_hash)


def _read(content: bytes, frame_hash: str) -> Frame:
    """Read bytes that have this hash; the same bytes are the same frame, whoever's audit it is."""
    with _lock:
        if frame_hash in _kept:
            _kept.move_to_end(frame_hash)
            return _kept[frame_hash]
    frame = read_frame(content)
    with _lock:
        _kept[frame_hash] = frame
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return frame
