"""What is taken in: by its content, under a name that is only a name."""

import hashlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.files import ACCEPTED, LARGEST, OPEN_DOCUMENTS, read_paper
from services.errors import Invalid
from tests.services.papers.helpers import PDF, image

JPEG, PNG = image("JPEG"), image("PNG")
ATTACK = pytest.mark.attack("upload")
ODT, ODS = OPEN_DOCUMENTS


def archive(*members: tuple[str, str], packed: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packed) as file:
        for name, text in members:
            file.writestr(name, text)
    return content.getvalue()


WHOLE_ODT = archive(("mimetype", ODT), ("content.xml", "<x/>"))


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
        ("a.pdf", PDF[:3], "不是 PDF"),
        ("a.png", PNG[:7], "不是 PDF"),
        ("a.jpg", JPEG[:2], "不是 PDF"),
        ("a.pdf", PDF[:40], "不完整，缺少結尾"),
        ("a.png", PNG[:-8], "不完整，缺少結尾"),
        ("a.jpg", JPEG[:-2], "不完整，缺少結尾"),
        ("a.pdf", b"\n" + PDF, "不是 PDF"),
        ("a.pdf", PNG + PDF, "內容是 PNG 圖檔，副檔名應為 .png"),
        ("a.png", PDF + PNG, "內容是 PDF，副檔名應為 .pdf"),
        ("a.jpg", PDF + JPEG, "內容是 PDF，副檔名應為 .pdf"),
        ("a.odt", PDF + WHOLE_ODT, "內容是 PDF，副檔名應為 .pdf"),
        ("a.pdf", WHOLE_ODT + PDF, "內容是 ODT，副檔名應為 .odt"),
        ("a.ods", WHOLE_ODT, "內容是 ODT，副檔名應為 .odt"),
    ],
)
def test_anything_else_is_a_sentence(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_paper(name, content, ACCEPTED | OPEN_DOCUMENTS if ".od" in words + name else ACCEPTED)


@ATTACK
@pytest.mark.parametrize(
    "content",
    [
        archive(),
        archive(("a.txt", "x")),
        archive(("word/document.xml", "<x/>"), ("[Content_Types].xml", "<x/>")),
        archive(("content.xml", "<x/>"), ("mimetype", ODT)),
        archive(("mimetype", ODT), ("a.txt", "x")),
        archive(("mimetype", ODT + "-master"), ("content.xml", "<x/>")),
        archive(("mimetype", ODT + "\n"), ("content.xml", "<x/>")),
        archive(("mimetype", "文"), ("content.xml", "<x/>")),
        archive(("mimetype", ODT), ("content.xml", "<x/>"), packed=zipfile.ZIP_DEFLATED),
        WHOLE_ODT[:-10],
        WHOLE_ODT[:60],
        WHOLE_ODT.replace(ODT.encode(), ODS.encode().ljust(len(ODT))[: len(ODT)], 1),
        b"PK\x03\x04" + b"\0" * 60,
        b"MZ" + WHOLE_ODT,
    ],
)
def test_an_archive_that_only_looks_like_an_open_document_is_none(content: bytes) -> None:
    for name in ("a.odt", "a.ods", "a.pdf"):
        with pytest.raises(Invalid, match="不是 PDF、JPEG、PNG、ODT 或 ODS"):
            read_paper(name, content, ACCEPTED | OPEN_DOCUMENTS)
    assert read_paper("a.odt", WHOLE_ODT, ACCEPTED | OPEN_DOCUMENTS).media_type == ODT
    with pytest.raises(Invalid, match="不是 PDF、JPEG 或 PNG"):
        read_paper("a.odt", WHOLE_ODT)


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
    for whole in (content, PDF + content, b"PK" + content, WHOLE_ODT[:-1] + content):
        try:
            paper = read_paper(name, whole, ACCEPTED | OPEN_DOCUMENTS)
        except Invalid:
            continue
        assert 0 < len(paper.file_name) <= 120
        assert not set(paper.file_name) & set("/\\\x00\n\r")
