"""The draw as a ZIP that a stranger can repeat without this system (domain.md §4, step 3)."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Audit, AuditDraw, AuditFrame
from services import events
from services.actor import Actor
from services.audits import ledger_proofs, store
from services.audits.frozen import unpack_frame
from services.audits.sampling.frame import Frame, FrameRow
from services.audits.worksheet import picked_records
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.ledger.checkpoints import LedgerFault
from services.ledger.sealing import report_fault, seal_aside

VERIFIER = Path(__file__).with_name("verify_draw.py")
FORMAT = 3
"""Of draw.json: 1 came without proofs, 2 without the records picked by judgement."""
FRAME_COLUMNS = ("record_id", "account_id", "month")
SAMPLE_COLUMNS = (
    "draw",
    "position",
    "record_id",
    "account_id",
    "month",
    "ticket",
    "rank",
    "basis",
)


@guarded(Action.VIEW_AUDIT)
def export_draw(actor: Actor, audit_id: int) -> bytes:
    """Return a ZIP that a stranger can repeat the draw from; the export is recorded.

    The files hold ids, months and hashes only, nothing of the register and no name. Every record that
    was drawn or picked by judgement comes with the proof that it is in the sealed log; the ledger is
    sealed first if need be.
    Raises LedgerFault, after an event and an alert, when a record is not what was sealed.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        sealed = ledger_proofs.are_sealed(db, audit.id)
    if not sealed:
        seal_aside(actor.now)
    try:
        return _export(actor, audit_id)
    except LedgerFault as fault:
        report_fault(fault, EventType.LEDGER_VERIFIED, actor)
        raise LedgerFault(f"不能匯出抽樣：{fault}請立即通知系統管理者。") from None


def _export(actor: Actor, audit_id: int) -> bytes:
    with transaction() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        content = draw_zip(db, audit)
        events.write(db, actor, EventType.DRAW_EXPORTED, about=("audit", audit.id))
    return content


def draw_zip(db: Session, audit: Audit) -> bytes:
    """Return the ZIP of an audit's draws, the same bytes for the same draws, picks and checkpoint.

    Raises LedgerFault when a drawn or picked record is not what was sealed.
    """
    draws = store.load_draws(db, audit.id)
    if not draws:
        raise Conflict("這件稽核還沒有抽樣，沒有可匯出的抽樣。")
    row = store.load_frame_row(db, audit.id)
    frame = unpack_frame(row)
    return _zip(
        {
            "frame.csv": _csv(FRAME_COLUMNS, _frame_rows(frame)),
            "draw.json": _about(db, audit, row, draws),
            "sample.csv": _csv(SAMPLE_COLUMNS, _sample_rows(db, draws)),
            "picks.csv": _csv(FRAME_COLUMNS, _pick_rows(frame, picked_records(db, audit.id))),
            "verify_draw.py": VERIFIER.read_bytes(),
        }
        | ledger_proofs.files(db, audit.id)
    )


def _about(db: Session, audit: Audit, row: AuditFrame, draws: Sequence[AuditDraw]) -> bytes:
    about = {
        "format": FORMAT,
        "audit_id": audit.id,
        "kind": audit.kind,
        "unit": audit.unit.code if audit.unit else audit.agency.code,
        "quarter": audit.period,
        "frame_hash": row.frame_hash,
        "frame_records": row.records,
        "frame_people": row.people,
        "frame_months": row.months,
        "frozen_at": row.frozen_at.isoformat(),
        "seed_plan": row.seed_plan,
        "public_figure": row.public_figure,
        "published_on": row.published_on.isoformat() if row.published_on else None,
        "draws": [
            {
                "number": draw.number,
                "kind": draw.kind,
                "reason": draw.reason,
                "seed": draw.seed,
                "seed_source": draw.seed_source,
                "frame_hash": draw.frame_hash,
                "base_records": draw.base_records,
                "users_floor": draw.users_floor,
                "months_floor": draw.months_floor,
                "drawn_at": draw.drawn_at.isoformat(),
            }
            for draw in draws
        ],
    }
    return json.dumps(about, ensure_ascii=False, indent=2).encode()


def _frame_rows(frame: Frame) -> Iterable[Sequence[Any]]:
    return (frame.row(index) for index in range(len(frame)))


def _sample_rows(db: Session, draws: Sequence[AuditDraw]) -> Iterable[Sequence[Any]]:
    numbers = {draw.id: draw.number for draw in draws}
    return (
        (
            numbers[item.draw_id],
            item.position,
            item.record_id,
            item.person_key,
            item.local_month,
            item.ticket,
            item.rank,
            item.basis,
        )
        for item in store.load_sample(db, draws)
    )


def _pick_rows(frame: Frame, picked: Iterable[int]) -> Iterator[FrameRow]:
    """Yield the rows of the frame that judgement took; their reasons are people's words and stay here."""
    for record in sorted(picked):
        place = int(frame.ids.searchsorted(record))
        if place == len(frame) or frame.ids[place] != record:
            raise LedgerFault(f"判斷抽查的紀錄 {record} 不在凍結的母體內，資料可能遭更動。")
        yield frame.row(place)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed date, so that the same draw makes the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2024, 7, 1, 0, 0, 0)), content)
    return buffer.getvalue()
