"""Opens files in LibreOffice, without a screen, and reads what stands in the PDFs that it makes of them."""

import re
import shutil
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.reading_pdf import squeezed

OFFICE = "soffice"
MISSING = (
    f"LibreOffice is missing ({OFFICE} is not on the path): the forms are opened in it. "
    "On Debian: apt-get install libreoffice-writer-nogui"
)
_OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>")


def opened_texts(documents: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Return all texts, without blanks, that LibreOffice shows of documents (ODT) by their names; it starts once."""
    assert shutil.which(OFFICE), MISSING
    for name, content in documents.items():
        (folder / f"{name}.odt").write_bytes(content)
    done = subprocess.run(
        [
            OFFICE,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--convert-to", "pdf", "--outdir", str(folder)),
            *(str(folder / f"{name}.odt") for name in documents),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    made = {name: folder / f"{name}.pdf" for name in documents}
    missing = [name for name, file in made.items() if not file.exists()]
    assert not missing, f"LibreOffice made no PDF of {missing}: {done.stdout}{done.stderr}"
    return {name: squeezed(_text(file.read_bytes())) for name, file in made.items()}


def _text(content: bytes) -> str:
    """Read a PDF as LibreOffice writes it: fonts of one-byte codes, each with its ToUnicode table."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(content)}
    fonts = {
        name: _letters(_stream(objects[_named(objects[int(number)], b"ToUnicode")]))
        for body in objects.values()
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body)
    }
    pages = [body for body in objects.values() if b"/Type/Page/" in body]
    shown = [_drawn(_stream(objects[_named(page, b"Contents")]), fonts) for page in pages]
    assert shown, "no page"
    return "".join(shown)


def _named(body: bytes, name: bytes) -> int:
    found = re.search(rb"/%s (\d+) 0 R" % name, body)
    assert found is not None, name
    return int(found[1])


def _stream(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body.partition(b"stream\n")[2])


def _letters(table: bytes) -> dict[int, str]:
    return {
        int(code, 16): bytes.fromhex(letters.decode()).decode("utf-16-be")
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL)
        for code, letters in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)>", block)
    }


def _drawn(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    said, letters = [], {}
    for font, codes in _SHOWN.findall(content):
        if font:
            letters = fonts[font]
        else:
            said += [letters[code] for code in bytes.fromhex(codes.decode())]
    return "".join(said)
