"""The signed record of an access review (權限清查紀錄, clause 6.2) as a file: PDF, ODT, ODS or CSV."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from data.engine import transaction
from services import events
from services.actor import Actor
from services.documents.application_form import BY_HAND, FOOTER, SYSTEM
from services.documents.formats import FileFormat
from services.documents.ods import Sheet, ods_bytes
from services.documents.odt import odt_bytes
from services.documents.paper import (
    Box,
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
from services.documents.pdf import pdf_bytes
from services.documents.tables import csv_bytes
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.access_review import Choice
from services.regulation.clauses import clause_words
from services.reviews.record import COLUMNS, EXPORT_NAME, SignedRecord, load_record
from services.rocdate import local_date, roc_date, roc_time

_CLAUSE = "6.2"
_SYSTEM_OPENED = "系統（期限將屆，自動發起）"
_SHARES = (
    Column("姓名\n帳號\n員工編號", 5),
    Column("單位\n角色\n清查時狀態", 6),
    Column("授權項目", 7),
    Column("建立\n最近使用\n期間內筆數", 6),
    Column("註記\n預定離職", 6),
    Column("建議與理由", 8),
    Column("初核", 6),
    Column("核定", 6),
    Column("核定原因", 6),
    Column("辦理結果", 5),
)


@guarded(Action.VIEW_REVIEWS)
def export_record(actor: Actor, campaign_id: int, kind: FileFormat = FileFormat.CSV) -> bytes:
    """Return the signed record as a file of ``kind``, after the export is recorded.

    Raises what `record.signed_record` raises, and Conflict for a PDF on a machine without a Chinese font.
    """
    record = load_record(actor, campaign_id)
    permit(actor, Action.EXPORT_TABLE, account_id=actor.account_id)
    content = record_file(record, kind, actor.now)
    total = len(record.rows)
    with transaction() as db:
        events.write(
            db,
            actor,
            EventType.TABLE_EXPORTED,
            about=("campaign", campaign_id),
            rows=total,
            total=total,
            format=kind.value,
        )
    return content


def record_file(record: SignedRecord, kind: FileFormat, moment: datetime) -> bytes:
    """Return the record in one format; the same bytes for the same record and ``moment``."""
    match kind:
        case FileFormat.PDF:
            return pdf_bytes(record_paper(record), moment)
        case FileFormat.ODT:
            return odt_bytes(record_paper(record), moment)
        case FileFormat.ODS:
            return ods_bytes(_sheets(record), EXPORT_NAME, moment)
        case FileFormat.CSV:
            return csv_bytes(COLUMNS, record.rows, len(record.rows))


def record_paper(record: SignedRecord) -> Paper:
    """Return the record as a paper, with places for those who sign it by hand."""
    content = record.content
    opened, closed = _day(content["opened_at"]), _day(content["closed_at"])
    return Paper(
        title=EXPORT_NAME,
        above=f"{content['agency']['name']}　{SYSTEM}",
        number=f"清查-{content['campaign']}",
        corner=(f"清查編號：{content['campaign']}", f"結案日期：{roc_date(closed)}"),
        qr_code=QrCode(record.content_hash, "簽核內容 SHA-256"),
        footer=f"{FOOTER}{clause_words(_CLAUSE)}",
        landscape=True,
        parts=(
            Facts(
                (
                    *(Field(label, words) for label, words in _facts(record)),
                    Field("核定結果", _counts(record), wide=True),
                    Field("SHA-256", record.content_hash, wide=True),
                )
            ),
            Line(f"清查結果（{len(record.rows):,} 個帳號）", strong=True),
            Table(_SHARES, tuple(_rows(record)), small=True),
            Signatures(
                "簽章欄",
                tuple(Box(who, act, note=BY_HAND) for who, act in _SIGNERS),
                in_a_row=len(_SIGNERS),
            ),
            Points(
                (
                    f"本紀錄依{clause_words(_CLAUSE)}辦理：自 {roc_date(opened)} 發起，"
                    "每一帳號均經核定，未核定者不視為同意。",
                    "內容於結案時以雜湊值簽核，姓名、單位及授權項目均為清查時所載；"
                    "首頁 QR Code 為該雜湊值，可與系統所示核對。",
                ),
                title="說明",
                small=True,
            ),
        ),
    )


_SIGNERS = (("承辦人", "機關管理者"), ("單位主管", "審核"), ("機關首長", "核定"))


def _facts(record: SignedRecord) -> Iterable[tuple[str, str]]:
    content = record.content
    yield "機關", f"{content['agency']['name']}（{content['agency']['code']}）"
    yield "完成期限", roc_date(date.fromisoformat(content["due_on"]))
    yield "使用期間", _period(content)
    yield "清查帳號", f"{len(record.rows):,} 個"
    yield "發起", _who(content["opened_at"], content["opened_by"] or _SYSTEM_OPENED)
    yield "結案", _who(content["closed_at"], content["closed_by"])


def _counts(record: SignedRecord) -> str:
    counts = record.content["counts"]
    return "、".join(f"{one.label} {counts[one.value]:,} 個" for one in Choice)


def _period(content: dict[str, Any]) -> str:
    since, until = date.fromisoformat(content["since"]), _day(content["opened_at"])
    return f"{roc_date(since)} 至 {roc_date(until - timedelta(days=1))}"


def _who(moment: str, who: str) -> str:
    return f"{roc_time(datetime.fromisoformat(moment))}\n{who}"


def _day(moment: str) -> date:
    return local_date(datetime.fromisoformat(moment))


def _rows(record: SignedRecord) -> Iterable[tuple[str, ...]]:
    for line, row in zip(record.content["lines"], record.rows, strict=True):
        yield _cells(line["seen"], dict(zip(COLUMNS, row, strict=True)))


def _cells(seen: dict[str, Any], line: dict[str, str]) -> tuple[str, ...]:
    """Return a line of the record in the ten cells that fit on paper; nothing of it is left out."""
    decided = f"{line['核定']}（留下{line['留下項目']}）" if line["留下項目"] else line["核定"]
    leaving = f"預定離職 {line['預定離職']}" if line["預定離職"] else ""
    return (
        _lines(seen["name"], seen["username"], line["員工編號"]),
        _lines(line["單位"], line["角色"], line["清查時狀態"]),
        line["授權項目"],
        _lines(line["建立"], line["最近使用"], f"{line['期間內筆數']} 筆"),
        _lines(line["註記"], leaving),
        _lines(line["建議"], line["建議理由"]),
        _lines(line["初核"], line["初核人"]),
        _lines(decided, line["核定人"]),
        line["核定原因"],
        line["辦理結果"],
    )


def _lines(*words: str) -> str:
    return "\n".join(word for word in words if word)


def _sheets(record: SignedRecord) -> tuple[Sheet, ...]:
    """Return the table of lines, and beside it what the paper says above it."""
    number = str(record.content["campaign"])
    about = (
        ("清查編號", number),
        *_facts(record),
        ("核定結果", _counts(record)),
        ("簽核內容 SHA-256", record.content_hash),
    )
    count = len(record.rows)
    return (
        Sheet("清查結果", COLUMNS, record.rows, count),
        Sheet("清查資料", ("欄位", "內容"), about, len(about)),
    )
