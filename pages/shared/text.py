"""Text of other people on its way into Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^])")
_MADE_INTO_SOMETHING = re.compile(
    r"""(?: (?<!\S)[<>~-](?=(?:>|->|-|=)(?!\S))   # -> <- <-> -- >= <= ~= alone: signs
    | :(?=//)                                     # https://…: links
    | (?<=[Ww]{3})(?=\.)                            # www.…: links
    | @(?=[\w-])                                  # name@host.tw: links
    | :(?=material/|[\w+-]+:)                     # :material/home: :smile: icons
    )""",
    re.VERBOSE | re.ASCII,
)
_JOINER = "\N{WORD JOINER}"


def plain(text: object) -> str:
    """Return ``text`` so that Markdown, HTML, LaTeX, links and icon codes are shown as they stand.

    Streamlit makes icons, links and signs out of text after the escapes are gone, so those are held
    apart by an invisible character that has no width and allows no line break.
    """
    words = " ".join(str(text).split())
    return _SPECIAL.sub(r"\\\1", _MADE_INTO_SOMETHING.sub(rf"\g<0>{_JOINER}", words))
