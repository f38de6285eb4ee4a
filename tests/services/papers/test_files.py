"""What is taken in: by its content, under a name that is only a name."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.files import LARGEST, read_paper
from services.errors import Invalid
from tests.services.papers.helpers import PDF, image

JPEG, PNG = image("JPEG"), image("PNG")
ATTACK = pytest.mark.attack("upload")


@pytest.mark.parametrize(
    ("name", "content", "media_type", "kept_as"),
    [
        ("切結書.pdf", PDF, "application/pdf", "切結書.pdf"),
        ("掃描.PDF", PDF, "application/pdf", "掃描.pdf"),
        ("a.jpg", JPEG, "image/jpeg", "a.jpg"),
        ("a.jpeg", JPEG, "image/jpeg", "a.jpeg"),
        ("a.png", PNG, "image/png", "a.png"),
        pytest.param("../../etc/passwd.pdf", PDF, "application/pdf", "passwd.pdf", marks=ATTACK),
        pytest.param(
            r"C:\Users\chen\切結書.pdf", PDF, "application/pdf", "切結書.pdf", marks=ATTACK
        ),
        pytest.param(
            "ａ／ｂ.pdf", PDF, "application/pdf", "b.pdf", marks=ATTACK
        ),  # full-width signs are folded first
        pytest.param("a\u202efdp.exe.pdf", PDF, "application/pdf", "afdp.exe.pdf", marks=ATTACK),
        pytest.param("a\x00\r\nb.pdf", PDF, "application/pdf", "ab.pdf", marks=ATTACK),
        pytest.param(
            "長" * 300 + ".pdf", PDF, "application/pdf", "長" * 116 + ".pdf", marks=ATTACK
        ),
    ],
)
def test_a_scan_is_taken(name: str, content: bytes, media_type: str, kept_as: str) -> None:
    paper = read_paper(name, content)
    assert (paper.file_name, paper.media_type) == (kept_as, media_type)
    assert paper.content == content
    assert paper.sha256 == hashlib.sha256(content).hexdigest()


@ATTACK
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "是空的"),
        ("a.pdf", PDF.ljust(LARGEST + 1, b" "), "超過上限 20 MB"),
        ("a.pdf", b"<html><script>alert(1)</script>", "不是 PDF、JPEG 或 PNG"),
        ("a.pdf", b"MZ" + b"\0" * 100, "不是 PDF、JPEG 或 PNG"),
        ("a.png", b"GIF89a" + b"\0" * 100, "不是 PDF、JPEG 或 PNG"),
        ("a.pdf", PNG, "與副檔名不符"),
        ("a.png", PDF, "與副檔名不符"),
        ("a.jpg", PNG, "與副檔名不符"),
        ("a.pdf.exe", PDF, "與副檔名不符"),
        ("a", PDF, "與副檔名不符"),
        (".pdf", PDF, "與副檔名不符"),
        ("", PDF, "未命名"),
        ("x/" * 20, PDF, "未命名"),
    ],
)
def test_anything_else_is_a_sentence(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_paper(name, content)


def test_the_largest_there_may_be() -> None:
    content = PDF.ljust(LARGEST, b" ")
    assert read_paper("a.pdf", content).content == content


@ATTACK
@pytest.mark.parametrize("content", [b"", b"x", PNG, PDF.ljust(LARGEST + 1, b" ")])
def test_a_long_name_makes_no_long_sentence(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read_paper("長" * 5_000 + ".pdf", content)
    assert len(str(refusal.value)) < 160


@ATTACK
@given(st.text(max_size=300), st.binary(max_size=64))
def test_whatever_comes_is_a_paper_with_a_plain_name_or_a_sentence(
    name: str, content: bytes
) -> None:
    for whole in (content, PDF + content):
        try:
            paper = read_paper(name, whole)
        except Invalid:
            continue
        assert 0 < len(paper.file_name) <= 120
        assert not set(paper.file_name) & set("/\\\x00\n\r")
