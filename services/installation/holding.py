"""Held service (暫停服務): what cannot be written down does not happen (no fail-open, 附表十).

Once an event or a usage record could not be written, this process does nothing for anybody until
`services.operation.resuming` has really written an event.
"""

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime

from data import engine
from services.errors import Held
from services.installation.alerts import alert


@dataclass(frozen=True)
class Hold:
    """Why the service is held, since when, and the number that the operator's log has it under."""

    number: str
    what: str
    since: datetime | None = None
    next_probe: datetime | None = None


_lock = threading.Lock()
_current: Hold | None = None
_no_probe_before: datetime | None = None


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
    return Held(f"service held, {hold.number}: {what}: {_cause(error)}")


def current(now: datetime) -> Hold | None:
    """Return the hold that stands; whoever asks first gives it its time."""
    global _current
    with _lock:
        if _current is not None and _current.since is None:
            _current = replace(_current, since=now)
        return _current


def postpone_probe(until: datetime) -> None:
    """Let nobody probe before ``until``."""
    global _current
    with _lock:
        if _current is not None:
            _current = replace(_current, next_probe=until)


def refuse_while_held() -> None:
    """Raise Held while the service is held: not even a download that waits outside the pages goes on."""
    if (hold := _current) is not None:
        raise Held(f"service held, {hold.number}: {hold.what}")


def release(no_probe_before: datetime | None = None) -> None:
    """End the hold, once an event was really written; the next hold is not probed earlier."""
    global _current, _no_probe_before
    with _lock:
        _current, _no_probe_before = None, no_probe_before


def _cause(error: Exception) -> str:
    # The driver's own first line only: the rest, and SQLAlchemy's words, hold the row's values.
    own = error if isinstance(error, OSError) else getattr(error, "orig", None)
    return str(own or type(error).__name__).split("\n")[0][:200]


engine.when_failing(lambda error: held("資料庫", error))
