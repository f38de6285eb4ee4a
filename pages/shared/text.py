"""Text of other people on its way into Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^])")


def plain(text: object) -> str:
    """Return ``text`` so that Markdown, HTML, LaTeX and icon codes in it are shown as they stand."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
