"""Files that people hand in: taken by what they are, not by what they are called."""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from unicodedata import category, normalize

import puremagic

from services.errors import Invalid

LARGEST = 20 * 1024 * 1024
"""Bytes."""
ACCEPTED = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
"""What a scan can be, by its content, and how such a file may be called."""
OPEN_DOCUMENTS = {
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
}
"""Taken besides scans where more than a scan is handed in."""
KINDS = {
    "application/pdf": " PDF",
    "image/jpeg": " JPEG 圖檔",
    "image/png": " PNG 圖檔",
    "application/vnd.oasis.opendocument.text": " ODT",
    "application/vnd.oasis.opendocument.spreadsheet": " ODS",
}
_ENDS = {
    "application/pdf": b"%%EOF",
    "image/jpeg": b"\xff\xd9",
    "image/png": b"IEND\xaeB`\x82",
}
"""What stands at the end of a whole file: one that was cut off on its way has none."""
_ZIP = b"PK"
_SHORTEST_MARK = 3
"""Bytes: puremagic takes two for a JPEG already."""
_NAME_LENGTH = 120
_SHOWN = 60
"""As much of a name as a sentence shows."""


@dataclass(frozen=True)
class Paper:
    """A file that was looked at and found to be what its name says."""

    file_name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_paper(
    name: str, content: bytes, accepted: Mapping[str, tuple[str, ...]] = ACCEPTED
) -> Paper:
    """Return the file, or raise Invalid with what is wrong and what is accepted.

    Only the last part of the name counts, and the content has to be of the kind the name says.
    ``accepted`` are other kinds than those of a scan, each of which `KINDS` has a word for.
    """
    # Streamlit hands the browser's name on, whatever path stands in it.
    clean = "".join(c for c in normalize("NFKC", name) if category(c)[0] != "C")
    short = re.split(r"[/\\]", clean)[-1].strip() or "未命名"
    shown = short if len(short) <= _SHOWN else f"{short[:_SHOWN]}…"
    if not content:
        raise Invalid(f"檔案「{shown}」是空的；請重新選擇。")
    if len(content) > LARGEST:
        raise Invalid(
            f"檔案「{shown}」有 {len(content) / 1024 / 1024:.1f} MB，超過上限 20 MB；"
            "請降低掃描解析度或分開掃描。"
        )
    media_type = _kind_of(content)
    if media_type not in accepted:
        *others, last = (KINDS[kind].strip().removesuffix(" 圖檔") for kind in accepted)
        scans = "掃描檔" if accepted is ACCEPTED else "檔案"
        raise Invalid(
            f"檔案「{shown}」的內容不是 {'、'.join(others)} 或 {last}；請改上傳這幾種{scans}。"
        )
    suffix = PurePath(short).suffix.lower()
    if suffix not in accepted[media_type]:
        raise Invalid(
            f"檔案「{shown}」的內容與副檔名不符；內容是{KINDS[media_type]}，"
            f"副檔名應為 {' 或 '.join(accepted[media_type])}。"
        )
    if _ENDS.get(media_type, b"") not in content:
        raise Invalid(f"檔案「{shown}」不完整，缺少結尾；請重新掃描或匯出後再上傳。")
    stem = short[: -len(suffix)]
    return Paper(stem[: _NAME_LENGTH - len(suffix)] + suffix, media_type, content)


def _kind_of(content: bytes) -> str:
    """Return the media type of what the content begins with; empty for what nobody hands in here.

    The name is not looked at, nor what stands further on: an image with a PDF hidden in it is an image.
    """
    if content.startswith(_ZIP):
        return _open_document(content)
    try:
        matches = puremagic.magic_string(content)
    except puremagic.PureError:
        return ""
    begins = {
        one.mime_type
        for one in matches
        if one.offset == 0 and len(one.byte_match) >= _SHORTEST_MARK
    }
    return next((kind for kind in ACCEPTED if kind in begins), "")


def _open_document(content: bytes) -> str:
    """Return the kind that an OpenDocument archive states as its format demands: first, plain, alone.

    puremagic tells archives apart by guesses, of which several hold for the same file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            first = archive.infolist()[0]
            if (first.filename, first.header_offset) != ("mimetype", 0):
                return ""
            longest = max(map(len, OPEN_DOCUMENTS))
            plain = first.compress_type == zipfile.ZIP_STORED and first.file_size <= longest
            if not plain or "content.xml" not in archive.namelist():
                return ""
            stated = archive.read(first).decode("ascii")
    except (
        zipfile.BadZipFile,
        ValueError,
        IndexError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ):
        return ""
    return stated if stated in OPEN_DOCUMENTS else ""
