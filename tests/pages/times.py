"""Whether a table shows a ROC time as text, which sorts 115年11月24日 before 115年11月3日."""

import re

import pandas as pd

_TIME = re.compile(r"\d{2,3}年\d{1,2}月(\d{1,2}日( \d{1,2}:\d{2}(:\d{2})?)?)?(（.*）)*")


def times_as_text(frame: pd.DataFrame) -> list[str]:
    """Return the columns that hold a day, a moment or a month as text, each with the first one."""
    found = []
    for name in frame.columns:
        texts = (value for value in frame[name] if isinstance(value, str))
        if first := next((text for text in texts if _TIME.fullmatch(text)), None):
            found.append(f"{name}: {first}")
    return found
