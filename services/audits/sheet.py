"""The rows of the worksheet: what was looked up, why the record is in the sample, its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Audit, AuditDraw, UsageRecord
from services import rocdate
from services.actor import Actor
from services.audits import store
from services.audits.holdings import Holdings, holdings_of
from services.audits.sampling.draw import Basis
from services.audits.sharing import shares_of
from services.audits.stakes import Stakes, stakes_of
from services.audits.store import Sampled
from services.audits.words import DrawKind
from services.audits.worksheet import NOT_JUDGED, Judged, verdict_history
from services.events import EventType
from services.identity import looks
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.items import Item, UsageAction
from services.usage.flags import noticed

JUDGEMENT, SUPERSEDED = "judgement", "superseded"
_SHOWN = (
    UsageRecord.id,
    UsageRecord.occurred_at,
    UsageRecord.local_month,
    UsageRecord.person_key,
    UsageRecord.person_name,
    UsageRecord.username,
    UsageRecord.item,
    UsageRecord.item_authorised,
    UsageRecord.action,
    UsageRecord.target,
    UsageRecord.case_no,
    UsageRecord.document_no,
    UsageRecord.reason,
    UsageRecord.flags,
    UsageRecord.address,
)
_ITEMS = {one.value: one.label for one in Item}
_ACTIONS = {one.value: one.label for one in UsageAction}
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
    may_judge: bool
    """Whether the person who looks may judge it, if they judge anything here."""
    goes_to: str
    """Who judges it instead of those who conduct the audit, in words; empty where they do."""
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
        rows = rows_of(db, actor, audit, holdings_of(db, audit.id), shares_of(db, audit.id))
    looks.record_look(EventType.WORKSHEET_VIEWED, actor, ("audit", audit_id))
    return rows


def rows_of(
    db: Session,
    actor: Actor,
    audit: Audit,
    held: Holdings,
    shares: Mapping[int, tuple[int, str]],
) -> list[SheetRow]:
    """Return the rows of what an audit holds; whoever hands them out records the look."""
    reasons, stakes = _reasons(held), stakes_of(db, audit, actor.now, actor)
    records = {
        record.id: record
        for record in db.execute(select(*_SHOWN).where(UsageRecord.id.in_(held.to_judge)))
    }
    return [
        _row(
            actor,
            stakes,
            records[key],
            *reasons.get(key, _LEFT_BEHIND),
            held.verdicts.get(key, NOT_JUDGED),
            shares.get(key),
        )
        for key in held.to_judge
        if key in records
    ]


def _reasons(held: Holdings) -> dict[int, tuple[str, str, str]]:
    """Return basis, its label and the sentence that says why, of every record to judge."""
    draws = {draw.id: draw for draw in store.current_draws(held.draws)}
    cut_off = {
        draw_id: max(
            (item.ticket for item in held.sample if item.draw_id == draw_id and _by_lot(item)),
            default="",
        )
        for draw_id in draws
    }
    found = {
        record: (JUDGEMENT, "判斷抽查", f"判斷抽查，不列入推論。理由：{reason}")
        for record, reason in held.picks.items()
    }
    for item in held.sample:
        why = why_drawn(item, draws[item.draw_id], cut_off[item.draw_id], held.frame.records)
        found[item.record_id] = (item.basis, Basis(item.basis).label, why)
    return found


def _by_lot(item: Sampled) -> bool:
    return item.basis in (Basis.BASE, Basis.EXPANSION)


def why_drawn(item: Sampled, draw: AuditDraw, cut_off: str, population: int) -> str:
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
    stakes: Stakes,
    record: Any,
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
        _ITEMS[record.item],
        _ACTIONS[record.action],
        record.target,
        purpose,
        record.address,
        noticed(record),
        stakes.own(actor.account_id, record.person_key),
        stakes.may(actor.account_id, record.person_key),
        stakes.goes_to(record.person_key),
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
