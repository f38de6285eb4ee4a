"""Papers and hostile texts for the tests of the writers."""

from dataclasses import replace
from datetime import UTC, date, datetime

from services.documents.application_form import FormData, Given
from services.documents.paper import (
    Align,
    Box,
    Choice,
    Column,
    Facts,
    Field,
    Line,
    Paper,
    Points,
    QrCode,
    Signatures,
    Table,
)
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Deed, Kind
from tests.reading_pdf import squeezed

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LINK = "https://cadastre.example.gov.tw/?application=" + "aB3_" * 11

HOSTILE = [
    '#read("/etc/passwd")',
    "#{panic()} $x^2$ *粗* _斜_ `碼` <標> @引 = 標題",
    '\\u{41}"; "#sys.inputs',
    "</text:p><text:p>&lt;&amp;",
    "<script>alert(1)</script>",
    "]]><!--",
    '=HYPERLINK("http://x","y")',
    "@SUM(A1:A9)",
    "{{7*7}} {% raw %} %s %(x)s",
    "陳" * 60,
    "W" * 60,
    "a@" + "verylongaddress" * 8 + ".tw",
    "אברהם إبراهيم",
    "𠀋 O’Brien “引號” ’s --- ...",
]
"""Texts that come out letter for letter (but for the formulas of spreadsheets)."""

UNFIT = {
    "陳\u202e玉\u202c蘭": "陳玉蘭",
    "a\x00b\x1bc\x7fd": "abcd",
    "甲\ud800乙\uffff丙": "甲乙丙",
    "一\r\n二\u2028三": "一\n二\n三",
    "\u2066x\u2069\u200b\ufeff": "x",
    "\t名\xa0字 ": "名 字",
}
"""What has no place on paper, and what is left of it."""


def form(
    role: Role = Role.GENERAL_USER, kind: Kind = Kind.CREATE, /, **changes: object
) -> FormData:
    """Return an application filled in, changed where the test wants it."""
    filled = FormData(
        number="A115-000123",
        role=role,
        kind=kind,
        agency="臺北市稅捐稽徵處",
        unit="大安分處",
        name="陳怡伶",
        staff_no="A0012",
        reason="辦理房屋稅籍釐正，需查對土地及建物所有權人。",
        submitted_on=date(2026, 11, 24),
        title="稅務員",
        username="chen.yl",
        email="chen.yl@tax.example.tw",
        phone="02-23587979 分機 123",
        items=(Item.LAND_DESCRIPTION, Item.LAND_OWNERSHIP),
        items_before=(Item.CADASTRAL_MAP,) if kind is Kind.CHANGE else (),
        given=(Given(Deed.APPROVE, "林志明", date(2026, 11, 25)),),
        link=LINK,
    )
    return replace(filled, **changes)  # type: ignore[arg-type]


def paper_of(words: str) -> Paper:
    """Return a paper with every kind of part, ``words`` at every place that can hold a text."""
    return Paper(
        title=words,
        above=words,
        number=words,
        corner=(words,),
        footer=words,
        watermark=words,
        qr_code=QrCode("A115-000123", words),
        parts=(
            Facts((Field(words, words), Field("甲", choices=(Choice(words, True),), wide=True))),
            Table((Column(words), Column("乙", 2, Align.RIGHT)), ((words, "1"), ("2", words))),
            Line(words, Align.CENTER, large=True, strong=True),
            Points((words,), title=words),
            Signatures(words, (Box(words, words, words, words), Box("丙"))),
        ),
    )


TIMES = 18
"""How often `paper_of` shows its words on one page, the watermark apart."""


def drawn(words: str) -> list[str]:
    """Return what a reader of drawn text finds of ``words``: those from right to left, word by word."""
    if any("\u0590" <= letter <= "\u06ff" for letter in words):
        return [word[::-1] for word in words.split()]
    return [squeezed(words)]
