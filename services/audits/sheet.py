"""The rows of the worksheet: what was looked up, why the record is in the sample, its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import AuditDraw, JudgementPick, SampleItem, UsageRecord
from services import rocdate
from services.actor import Actor
from services.audits import store
from services.audits.sampling.draw import Basis
from services.audits.sharing import shares_of
from services.audits.words import DrawKind
from services.audits.worksheet import (
    NOT_JUDGED,
    Judged,
    latest_verdicts,
    records_to_judge,
    verdict_history,
)
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.items import Item, UsageAction
from services.usage.flags import noticed

JUDGEMENT, SUPERSEDED = "judgement", "superseded"
_LEFT_BEHIND = (
    SUPERSEDED,
    "前次抽樣",
    "前次抽樣的紀錄，重抽時已判定為缺失或請說明，因此保留；不列入推論。",
)


@dataclass(frozen=True)
class SheetRow:
    """One record of the worksheet."""

    record_id: int
    basis: str
    basis_label: str
    why: str
    occurred_at: datetime
    month: str
    person_key: str
    person: str
    item: str
    action: str
    target: str
    purpose: str
    address: str
    checks: tuple[str, ...]
    """What the machine noticed; empty when nothing."""
    own: bool
    judged: Judged
    assignee: str = ""
    """To whom the record is shared out; nobody's while empty."""
    mine: bool = False
    """Whether it is shared out to the person who looks."""


@guarded(Action.VIEW_AUDIT)
def worksheet_rows(actor: Actor, audit_id: int) -> list[SheetRow]:
    """Return the current sample in drawing order, the picks, and what a redraw left behind.

    They are other people's usage records: the look is recorded first.
    """
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        wanted = records_to_judge(db, audit.id)
        reasons = _reasons(db, audit.id)
        verdicts = latest_verdicts(db, audit.id)
        shares = shares_of(db, audit.id)
        records = {
            record.id: record
            for record in db.scalars(select(UsageRecord).where(UsageRecord.id.in_(wanted)))
        }
        rows = [
            _row(
                actor,
                records[key],
                *reasons.get(key, _LEFT_BEHIND),
                verdicts.get(key, NOT_JUDGED),
                shares.get(key),
            )
            for key in wanted
            if key in records
        ]
    looks.record_look(EventType.WORKSHEET_VIEWED, actor, ("audit", audit_id))
    return rows


def _reasons(db: Session, audit_id: int) -> dict[int, tuple[str, str, str]]:
    """Return basis, its label and the sentence that says why, of every record to judge."""
    frame = store.load_frame_row(db, audit_id)
    draws = {draw.id: draw for draw in store.current_draws(store.load_draws(db, audit_id))}
    sample = store.load_sample(db, list(draws.values()))
    cut_off = {
        draw_id: max(
            (item.ticket for item in sample if item.draw_id == draw_id and _by_lot(item)),
            default="",
        )
        for draw_id in draws
    }
    found = {
        pick.record_id: (JUDGEMENT, "判斷抽查", f"判斷抽查，不列入推論。理由：{pick.reason}")
        for pick in db.scalars(select(JudgementPick).where(JudgementPick.audit_id == audit_id))
    }
    for item in sample:
        why = why_drawn(item, draws[item.draw_id], cut_off[item.draw_id], frame.records)
        found[item.record_id] = (item.basis, Basis(item.basis).label, why)
    return found


def _by_lot(item: SampleItem) -> bool:
    return item.basis in (Basis.BASE, Basis.EXPANSION)


def why_drawn(item: SampleItem, draw: AuditDraw, cut_off: str, population: int) -> str:
    """Return the sentence that says why a record was drawn: ticket, rank, cut-off and part."""
    ticket = f"籤號 {short(item.ticket)}，母體 {population:,} 筆中第 {item.rank:,} 低"
    if draw.kind == DrawKind.EXPANSION:
        return (
            f"第 {draw.number} 次抽樣（加抽 {draw.size:,} 筆）：{ticket}，"
            f"在尚未抽出的紀錄中列於截止籤號 {short(cut_off)} 之內。"
        )
    if item.basis == Basis.BASE:
        return f"基本樣本：{ticket}；取最低的 {draw.base_records:,} 筆，截止籤號 {short(cut_off)}。"
    if item.basis == Basis.MONTH:
        month = rocdate.roc_month(item.local_month)
        return f"補足月份：基本樣本沒有 {month} 的紀錄，本筆是該月最低籤。{ticket}。"
    return f"補足人數：樣本尚無此人，依籤號順序取其第一筆，以達 {draw.users_floor:,} 人。{ticket}。"


def short(ticket: str) -> str:
    """Return the first decimals of a ticket; the whole one is in the exported draw."""
    return ticket[:11] + "…" if len(ticket) > 12 else ticket


def _row(
    actor: Actor,
    record: UsageRecord,
    basis: str,
    label: str,
    why: str,
    judged: Judged,
    share: tuple[int, str] | None,
) -> SheetRow:
    purpose = "／".join(
        part for part in (record.case_no, record.document_no, record.reason) if part
    )
    return SheetRow(
        record.id,
        basis,
        label,
        why,
        record.occurred_at,
        record.local_month,
        record.person_key,
        f"{record.person_name}（{record.username}）",
        Item(record.item).label,
        UsageAction(record.action).label,
        record.target,
        purpose,
        record.address,
        noticed(record),
        actor.account_id is not None and record.account_id == actor.account_id,
        judged,
        share[1] if share else "",
        share is not None and share[0] == actor.account_id,
    )


@dataclass(frozen=True)
class PastVerdict:
    """One verdict of a record's history."""

    at: datetime
    judge: str
    judged: Judged


@guarded(Action.VIEW_AUDIT)
def record_history(actor: Actor, audit_id: int, record_id: int) -> Sequence[PastVerdict]:
    """Return every verdict a record had in this audit, the first one first."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        return [
            PastVerdict(row.judged_at, row.judge_name, judged)
            for row, judged in verdict_history(db, audit.id, record_id)
        ]
