"""Identity numbers as they are shown: enough to tell two people apart, not enough to be copied."""

import re

_HEAD, _TAIL = 3, 3


def masked_identity(number: str) -> str:
    """Return ``A12****789`` for a person; a company's eight digits are public and stay."""
    if re.fullmatch(r"[0-9]{8}", number):
        return number
    if len(number) <= _HEAD + _TAIL:
        return "*" * len(number)
    hidden = len(number) - _HEAD - _TAIL
    return number[:_HEAD] + "*" * hidden + number[-_TAIL:]
