"""Held service (暫停服務): what cannot be written down does not happen (no fail-open, 附表十).

Once an event or a usage record could not be written, this process does nothing for anybody until
`services.operation.resuming` has really written an event.
"""

import secrets
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime

from data import engine
from services.errors import Busy, Held
from services.installation.alerts import alert


@dataclass(frozen=True)
class Hold:
    """Why the service is held, since when, and the number that the operator's log has it under."""

    number: str
    what: str
    since: datetime | None = None
    next_probe: float | None = None
    """When the database may be tried again, in `ticks`: a clock that is set back prolongs no hold."""


_lock = threading.Lock()
_current: Hold | None = None
_no_probe_before: float | None = None


def ticks() -> float:
    """Return seconds that only ever go up, whatever is done to the machine's clock.

    They measure how long this process has waited, and say nothing about the time of day.
    """
    return time.monotonic()


def held(what: str, error: Exception) -> Held:
    """Hold the service because ``what`` could not be written, and return the exception to raise.

    The operator is alerted once a hold, not once an attempt.
    """
    global _current
    with _lock:
        first = _current is None
        hold = _current = _current or Hold(
            secrets.token_hex(4).upper(), what, next_probe=_no_probe_before
        )
    if first:
        alert(
            f"地籍資料使用管理系統暫停服務：{what}無法寫入，編號 {hold.number}。",
            cause=_cause(error),
        )
    return Held(f"service held, {hold.number}: {what}: {_cause(error)}", _cause(error))


def current(now: datetime) -> Hold | None:
    """Return the hold that stands; whoever asks first gives it its time."""
    global _current
    with _lock:
        if _current is not None and _current.since is None:
            _current = replace(_current, since=now)
        return _current


def postpone_probe(until: float) -> None:
    """Let nobody probe before ``until`` (`ticks`)."""
    global _current
    with _lock:
        if _current is not None:
            _current = replace(_current, next_probe=until)


def refuse_while_held() -> None:
    """Raise Held while the service is held: not even a download that waits outside the pages goes on."""
    if (hold := _current) is not None:
        raise Held(f"service held, {hold.number}: {hold.what}")


def release(no_probe_before: float | None = None) -> None:
    """End the hold, once an event was really written; the next hold is not probed earlier."""
    global _current, _no_probe_before
    with _lock:
        _current, _no_probe_before = None, no_probe_before


def _cause(error: Exception) -> str:
    # The driver's own first line only: the rest, and SQLAlchemy's words, hold the row's values.
    own = error if isinstance(error, OSError) else getattr(error, "orig", None)
    return str(own or type(error).__name__).split("\n")[0][:200]


BUSY = (
    f"資料庫正忙於其他寫入（例如大量匯入），等候 {engine.PATIENCE:.0f} 秒仍未輪到；"
    "剛才的動作沒有完成，資料沒有變動，請過一分鐘再做一次。"
)


def meaning(what: str, error: Exception) -> Busy | Held:
    """Return what to raise because ``what`` was not written: the service is held, unless it is only busy."""
    return Busy(BUSY) if engine.is_busy(error) else held(what, error)


engine.when_failing(lambda error: meaning("資料庫", error))
