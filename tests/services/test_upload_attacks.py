"""Files that mean harm: each is refused with a sentence, or read as the text it is; nothing else."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.engine import reading
from data.models import UsageImport
from services.errors import Invalid
from services.usage.importing import workbook
from services.usage.importing.preview import inspect_file
from services.usage.importing.readers import open_table
from services.usage.importing.service import FILE_NAME_MAX, store
from services.usage.importing.text import file_label
from tests.services.import_helpers import SOURCE, csv_file, sample
from tests.services.test_import_service import city, manager  # noqa: F401
from tests.world import World

HEAD = '<?xml version="1.0"?>'
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    + "]>"
)
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE l [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>'
OFFICE = "http://schemas.openxmlformats.org"
REL = f"{OFFICE}/officeDocument/2006/relationships"
MAIN = f"{OFFICE}/spreadsheetml/2006/main"


def packed(members: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def xlsx(sheet: str | bytes, **more: str | bytes) -> bytes:
    """A workbook of one sheet, as small as a reader takes it."""
    rels = f'{HEAD}<Relationships xmlns="{OFFICE}/package/2006/relationships">'
    return packed(
        {
            "[Content_Types].xml": f'{HEAD}<Types xmlns="{OFFICE}/package/2006/content-types"/>',
            "_rels/.rels": f'{rels}<Relationship Id="rId1" Type="{REL}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{rels}<Relationship Id="rId1" Type="{REL}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
        }
        | more
    )


def sheet(*cells: tuple[str, str], before: str = "", dimension: str = "") -> str:
    rows = "".join(
        f'<row><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for place, text in cells
    )
    return f'{HEAD}{before}<worksheet xmlns="{MAIN}">{dimension}<sheetData>{rows}</sheetData></worksheet>'


def ods(row: str, before: str = "") -> bytes:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f"{HEAD}<m:manifest "
            'xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f"{HEAD}{before}<office:document-content {names}><office:body>"
            f'<office:spreadsheet><table:table table:name="a">{row}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def cell(text: str = "x", repeated: int = 1) -> str:
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}" '
        f'office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def line(content: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{content}</table:table-row>'


def lying(data: bytes, name: str, size: int) -> bytes:
    """Return an archive whose directory gives ``size`` as what ``name`` expands to."""
    changed = bytearray(data)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack_from("<H", data, at + 28)[0]
        if data[at + 46 : at + 46 + length] == name.encode():
            struct.pack_into("<I", changed, at + 24, size)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def bomb(megabytes: int) -> bytes:
    """A sheet of very many blanks."""
    return (
        sheet(("A1", "x"))
        .encode()
        .replace(b"<sheetData>", b"<sheetData>" + b" " * (megabytes << 20))
    )


FAR = sheet(("A1", "x"), ("XFD1048576", "y"))
MANY = {f"xl/media/{number}.png": b"" for number in range(6000)}
REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "blanks": lambda: b"\r\n \t\r\n",
    "only a byte order mark": lambda: b"\xef\xbb\xbf",
    "NUL bytes": lambda: b"\x00" * 1000,
    "a program": lambda: b"\x7fELF\x02\x01\x01" + bytes(100),
    "a Windows program": lambda: b"MZ\x90\x00\x03\x00\x00\x00",
    "a PDF with bytes": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00\x01",
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(64),
    "an old XLS": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "gzip": lambda: b"\x1f\x8b\x08\x00" + bytes(32),
    "an archive of something": lambda: packed({"readme.txt": "x"}),
    "a Word document": lambda: packed({"[Content_Types].xml": "x", "word/document.xml": "x"}),
    "an archive with paths upwards": lambda: packed({"../../etc/cron.d/x": "* * * * * root x"}),
    "an empty archive": lambda: b"PK\x05\x06" + bytes(18),
    "a cut archive": lambda: sample("xlsx").read_bytes()[:5000],
    "an archive without its directory": lambda: sample("xlsx").read_bytes()[:-60],
    "a declared bomb": lambda: xlsx(bomb(401)),
    "a bomb that lies of its size": lambda: lying(
        xlsx(bomb(1500)), "xl/worksheets/sheet1.xml", 1000
    ),
    "very many members": lambda: packed(
        {"[Content_Types].xml": "x", "xl/workbook.xml": "x"} | MANY
    ),
    "cells at the far edge": lambda: xlsx(FAR),
    "a cell outside of any sheet": lambda: xlsx(sheet(("A1", "x"), ("ZZZZZZ999999999", "y"))),
    "entities that multiply": lambda: xlsx(sheet(("A1", "&a9;"), before=LAUGHS)),
    "an entity from outside": lambda: xlsx(sheet(("A1", "&x;"), before=OUTSIDE)),
    "entities that multiply, ODS": lambda: ods(line(cell("&a9;")), before=LAUGHS),
    "an entity from outside, ODS": lambda: ods(line(cell("&x;")), before=OUTSIDE),
    "a sheet repeated in both directions, ODS": lambda: ods(line(cell("x", 16384), 1048576)),
    "a far corner, ODS": lambda: ods(
        line(cell()) + line("<table:table-cell/>", 1000000) + line(cell("", 16000) + cell())
    ),
    "XML that never closes": lambda: xlsx(sheet(("A1", "x"))[:-60] + "<c>" * 100000),
    "UTF-16 cut in the middle": lambda: "機關,單位".encode("utf-16")[:-1],
    "no known encoding": lambda: b"\xff\x80,\x81\xff\r\n" * 5,
}


def rows_of(data: bytes | Path) -> list[list[str]]:
    with open_table(data, lambda head: False) as table:
        return list(table.rows)


@pytest.mark.attack("upload")
@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        rows_of(REFUSED[name]())
    assert str(refused.value).endswith("。")


@pytest.mark.parametrize("make", [lambda: xlsx(sheet(("A1", "x"))), lambda: ods(line(cell()))])
def test_the_same_files_without_their_harm_are_read(make: Callable[[], bytes]) -> None:
    assert rows_of(make()) == [["x"]]


READ_AS_TEXT: dict[str, tuple[Callable[[], bytes], list[list[str]]]] = {
    "a DTD from elsewhere is never fetched": (
        lambda: xlsx(sheet(("A1", "x"), before=REMOTE)),
        [["x"]],
    ),
    "a claimed dimension is not believed": (
        lambda: xlsx(sheet(("A1", "x"), dimension='<dimension ref="A1:XFD1048576"/>')),
        [["x"]],
    ),
    "an XLSX called CSV is told by its content": (lambda: xlsx(sheet(("A1", "x"))), [["x"]]),
    "a page inside a cell is only text": (
        lambda: b"x,<html><script>alert(1)</script>\n",
        [["x", "<html><script>alert(1)</script>"]],
    ),
    "a formula is only text": (lambda: b"=cmd|'/c calc'!A1,x\n", [["=cmd|'/c calc'!A1", "x"]]),
    "a script member is never looked at": (
        lambda: xlsx(sheet(("A1", "x")), **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
        [["x"]],
    ),
    "members with paths upwards are never unpacked": (
        lambda: xlsx(sheet(("A1", "x")), **{"../../../tmp/cadastre-evil": b"x"}),
        [["x"]],
    ),
}


@pytest.mark.attack("upload")
@pytest.mark.parametrize("name", READ_AS_TEXT)
def test_it_is_read_as_the_text_it_is(name: str) -> None:
    make, rows = READ_AS_TEXT[name]
    assert rows_of(make()) == rows
    assert not Path("/tmp/cadastre-evil").exists()


@pytest.mark.attack("upload")
def test_a_row_repeated_without_end_ends() -> None:
    most = 1 << 20
    with open_table(ods(line(cell(), 1_000_000_000)), lambda head: False) as table:
        assert sum(1 for _ in table.rows) <= most


@pytest.mark.attack("upload")
def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    endless = workbook.WORKER.read_text().replace(
        "        book = ", "        while True:\n            pass\n        book = ", 1
    )
    assert "while True" in endless
    (tmp_path / "worker.py").write_text(endless)
    monkeypatch.setattr(workbook, "WORKER", tmp_path / "worker.py")
    monkeypatch.setattr(workbook, "WORKER_CPU_SECONDS", 1)
    with pytest.raises(Invalid):
        rows_of(xlsx(sheet(("A1", "x"))))


NAMES = {
    "../../etc/passwd.csv": "passwd.csv",
    "..\\..\\windows\\system32\\x.csv": "x.csv",
    "/etc/shadow": "shadow",
    "C:\\secret\\x.xlsx": "x.xlsx",
    "a/b\\c/d.csv": "d.csv",
    "使用紀錄\x00.csv": "使用紀錄.csv",
    "a\r\nSet-Cookie: x=1.csv": "a  Set-Cookie: x=1.csv",
    "usage\u202evsc.exe": "usagevsc.exe",
    "zero\u200bwidth\ufeff.csv": "zerowidth.csv",
    "half\ud800.csv": "half.csv",
    "\x1b[2Jx.csv": "[2Jx.csv",
    "": "（未命名）",
    "..": "..",
    "///": "（未命名）",
    "\u202e\u200b": "（未命名）",
    "長" * 5000 + ".csv": "長" * (FILE_NAME_MAX - 4) + ".csv",
}


@pytest.mark.attack("path")
@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[:40] for name in NAMES])
def test_a_name_is_only_a_label(name: str) -> None:
    assert file_label(name, FILE_NAME_MAX) == NAMES[name]


@pytest.mark.attack("path")
@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "a\x00\ud800\u202eb.csv", "長" * 5000])
def test_a_stored_import_keeps_the_label(city: World, manager: object, name: str) -> None:  # noqa: F811
    store(manager, SOURCE, name, csv_file({}), only_good=True)  # type: ignore[arg-type]
    with reading() as db:
        kept = db.query(UsageImport).one().file_name
    assert kept == file_label(name, FILE_NAME_MAX)


@pytest.mark.attack("upload")
def test_the_page_gets_the_same_sentence(world: World) -> None:
    with pytest.raises(Invalid, match="無法讀取"):
        inspect_file(world.actor("system_manager"), xlsx(FAR))
