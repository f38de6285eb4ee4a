"""Text as other systems write it: folding of cells, and the Big5 that Taiwan's offices really use."""

import codecs
import re
import unicodedata
from functools import lru_cache

SHOWN = 30
"""How much of a wrong cell an error sentence repeats."""

_ROW = 157
_USER_AREAS = (
    # Big5's areas for characters that an office drew itself (造字), where Windows puts them.
    (0xFA40, 0xFEFE, 0xE000),
    (0x8E40, 0xA0FE, 0xE311),
    (0x8140, 0x8DFE, 0xEEB8),
    (0xC6A1, 0xC8FE, 0xF6B1),
)
_NO_PUNCTUATION = re.compile("[^，：；！？（）]+")
BIG5_ERRORS = "own_characters"


def clean(text: str) -> str:
    """Return ``text`` without control and format characters, line ends as one space, trimmed."""
    if text.isprintable():
        return text.strip()
    kept = (
        " " if ch in "\r\n\t" else ch
        for ch in text
        if ch in "\r\n\t" or unicodedata.category(ch) not in ("Cc", "Cf", "Cs")
    )
    return "".join(kept).strip()


def file_label(name: str, most: int) -> str:
    """Return the name of an uploaded file as it is kept and shown: no folders, nothing invisible.

    A browser, or whoever plays one, may send anything; it never becomes a path.
    """
    last = re.split(r"[/\\]", name.replace("\x00", ""))[-1]
    return clean(last)[-most:] or "（未命名）"


def fold(text: str) -> str:
    """Return ``text`` cleaned and in NFKC: full-width digits and letters become plain ones.

    Full-width punctuation stays: it is how Chinese sentences are written.
    """
    cleaned = clean(text)
    if cleaned.isascii():
        return cleaned
    return _NO_PUNCTUATION.sub(lambda part: unicodedata.normalize("NFKC", part[0]), cleaned).strip()


@lru_cache(maxsize=1 << 15)
def match_key(text: str) -> str:
    """Return what two spellings of one name have in common: case, spaces, signs, 台 and 臺 aside."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("台", "臺")
    return "".join(ch for ch in folded if ch.isalnum())


def short(text: str) -> str:
    """Return ``text`` short enough to be repeated in a sentence."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _own_character(error: UnicodeError) -> tuple[str, int]:
    """Decode one character of the user areas into Unicode's private use area, as Windows does."""
    if isinstance(error, UnicodeDecodeError):
        pair = error.object[error.start : error.start + 2]
        for first, last, target in _USER_AREAS:
            if len(pair) == 2 and first <= int.from_bytes(pair) <= last:
                place = _place(pair) - _place(first.to_bytes(2))
                if place >= 0:
                    return chr(target + place), error.start + 2
    raise error


def _place(pair: bytes) -> int:
    lead, trail = pair
    if 0x40 <= trail <= 0x7E:
        return lead * _ROW + trail - 0x40
    if 0xA1 <= trail <= 0xFE:
        return lead * _ROW + trail - 0xA1 + 63
    return -(1 << 20)


codecs.register_error(BIG5_ERRORS, _own_character)
