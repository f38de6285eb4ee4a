"""What the tests of the import share: the sample export, its units, files in every format."""

import csv
import io
import random
import zipfile
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from data.engine import transaction
from data.models import Agency, Section, Unit
from services.documents.odf_files import OdfFile, Xml, xml
from services.regulation.items import Item
from tests.world import NOW, World

HEADERS = (
    *("序號", "使用機關", "使用單位", "使用者代號", "姓名", "查詢時間", "查詢項目", "作業別"),
    *("行政區", "地段", "地號/建號", "案件號/公文號", "查詢原因", "來源IP"),
)
GOOD = {
    "序號": "1",
    "使用機關": "臺北市稅捐稽徵處",
    "使用單位": "大安分處",
    "使用者代號": "u001",
    "姓名": "測試001",
    "查詢時間": "115/07/18 11:49:43",
    "查詢項目": "土地標示部",
    "作業別": "查詢",
    "行政區": "松山區",
    "地段": "延吉段一小段",
    "地號/建號": "18-1",
    "案件號/公文號": "府授地資字第1157554639號",
    "查詢原因": "",
    "來源IP": "10.6.29.141",
}
SAMPLE_SECTIONS = (
    ("大安區", "仁愛段一小段"),
    ("松山區", "西松段一小段"),
    ("士林區", "天母段一小段"),
    ("中山區", "長春段一小段"),
    ("信義區", "永吉段一小段"),
)
EXPECTED = {"read": 2034, "stored": 1990, "duplicates": 10, "rejected": 34}
SOURCE = "臺北市政府資料整合平臺"


def sample(suffix: str) -> Path:
    """The sample export of the issue."""
    return Path(__file__).parent.parent / "files" / f"platform-usage-export.{suffix}"


def sample_rows() -> list[list[str]]:
    """The sample's rows, the header first."""
    with sample("csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def add_sample_places(world: World) -> None:
    """Add the third agency of the sample and its sections; one section stays unknown."""
    with transaction() as db:
        agency = Agency(code="UDD", name="臺北市政府都市發展局")
        db.add(agency)
        db.flush()
        unit = Unit(agency_id=agency.id, code="UDD-SURVEY", name="都市測量科")
        db.add(unit)
        db.flush()
        for number, (district, name) in enumerate(SAMPLE_SECTIONS):
            db.add(Section(code=f"AF{number:04d}", office="AF", district=district, name=name))
    world.agencies["development"], world.units["survey"] = agency.id, unit.id


def csv_file(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    """A file of rows that differ from `GOOD` as given."""
    return table_csv([HEADERS, *[list((GOOD | row).values()) for row in rows]], encoding)


def table_csv(
    rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig", delimiter: str = ","
) -> bytes:
    """Rows as a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode(encoding)


def table_ods(
    rows: Iterable[Sequence[str]], hidden: bool = False, **more: Iterable[Sequence[str]]
) -> bytes:
    """Rows of text as an ODS file; ``more`` are further sheets by name, ``hidden`` hides the first."""
    file = OdfFile("spreadsheet")
    unseen = xml("style:table-properties", {"table:display": "false"})
    look = {"style:name": "unseen", "style:family": "table"}
    file.looks.append(xml("style:style", look, unseen))
    for name, lines in {"使用紀錄": rows, **more}.items():
        table = {"table:name": name}
        if hidden and name == "使用紀錄":
            table["table:style-name"] = "unseen"
        file.body.append(xml("table:table", table, *map(_line, lines)))
    return file.written("", NOW)


def _line(row: Sequence[str]) -> Xml:
    cell = {"office:value-type": "string"}
    return xml(
        "table:table-row",
        {},
        *(xml("table:table-cell", cell, xml("text:p", {}, text)) for text in row),
    )


def text_cell(text: str) -> str:
    """The element of a cell that holds ``text``."""
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def sheet_rows(rows: Iterable[Sequence[str]]) -> str:
    """The ``<row>`` elements of rows of text."""
    return "".join(
        f"<row r='{number}'>{''.join(map(text_cell, row))}</row>"
        for number, row in enumerate(rows, 1)
    )


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx_of(*sheets: str, hidden: Container[int] = ()) -> bytes:
    """An XLSX file whose sheets S1, S2… hold the given ``<row>`` elements; some can be hidden."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId99" Type="{_DOC}/styles" Target="styles.xml"/>'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_DOC}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>'
        + "".join(
            f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}" '
            f'state="{"hidden" if n in hidden else "visible"}"/>'
            for n in numbers
        )
        + "</sheets></workbook>",
        # Style 1 shows a number as a date with a time.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for n, rows in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return buffer.getvalue()


def write_large_csv(path: Path, rows: int, bad_every: int = 0) -> None:
    """Write ``rows`` different rows of the world's units; every ``bad_every``-th has no time."""
    dice = random.Random(2026)
    places = (("臺北市稅捐稽徵處", "大安分處"), ("臺北市政府工務局", "用地科"))
    items = [item.label for item in Item]
    actions = ("查詢", "查詢", "查詢", "列印", "下載")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for number in range(1, rows + 1):
            day = f"115/{dice.randint(7, 9):02d}/{dice.randint(1, 28):02d}"
            time = f"{dice.randint(8, 17):02d}:{dice.randint(0, 59):02d}:{dice.randint(0, 59):02d}"
            user = dice.randint(1, 400)
            writer.writerow(
                (
                    number,
                    *dice.choice(places),
                    f"u{user:04d}",
                    f"測試{user:04d}",
                    "" if bad_every and number % bad_every == 0 else f"{day} {time}",
                    dice.choice(items),
                    dice.choice(actions),
                    "松山區",
                    "延吉段一小段",
                    f"{dice.randint(1, 999)}-{dice.randint(0, 30)}",
                    f"府授地資字第115{dice.randint(0, 9_999_999):07d}號",
                    "",
                    f"10.{dice.randint(0, 9)}.{dice.randint(0, 255)}.{dice.randint(0, 255)}",
                )
            )
