"""Other people's text in Markdown: nothing in it is carried out, nothing ordinary is changed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.text import plain

_MADE_BY_STREAMLIT = [
    r":material[/_]\w+:",
    r":[\w+-]+:",
    r"https?://",
    r"www\.",
    r"[-.\w+]@[-\w]",
    r"(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
]
"""What Streamlit 1.67 looks for in text whose escapes are gone (its StreamlitMarkdown)."""


def unescaped(text: str) -> str:
    return re.sub(r"\\(\W|_)", r"\1", text)


@pytest.mark.parametrize(
    "text",
    [
        ":material/home:", ":smile:", ":streamlit:", "見 http://evil.example/x", "HTTPS://a.tw",
        "www.evil.example", "WWW.a.tw", "a@b.example", "-> 停權", "a <- b", "a <-> b", "a -- b",
        "a >= b", "a <= b", "a ~= b", ":a::b:", "x:material/home:y",
    ],
)  # fmt: skip
def test_nothing_is_made_of_it(text: str) -> None:
    shown = unescaped(plain(text))
    assert not any(re.search(made, shown, re.ASCII | re.I) for made in _MADE_BY_STREAMLIT)
    assert shown.replace("\u2060", "") == text


@pytest.mark.parametrize(
    "text",
    ["府授地資字第1136012388號", "115年9月29日 15:21", "案由：地價稅", "10.21.2.96", "18-1", "a:b"],
)
def test_ordinary_text_gets_no_invisible_character(text: str) -> None:
    assert unescaped(plain(text)) == text


@given(st.text(alphabet=":/wW.@-<>=~ ahtps_m\\*[]()`$"))
def test_no_text_gets_through(text: str) -> None:
    shown = unescaped(plain(text))
    assert not any(re.search(made, shown, re.ASCII | re.I) for made in _MADE_BY_STREAMLIT)
    assert shown.replace("\u2060", "") == " ".join(text.split())
