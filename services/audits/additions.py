"""What an audit has beyond its first draw, with the reasons: seen wherever the audit is shown."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from data.engine import reading
from data.models import Account, Audit, AuditDraw, JudgementPick
from services.actor import Actor
from services.audits import store
from services.audits.words import DrawKind
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within


@dataclass(frozen=True)
class PickView:
    """Records taken by judgement at one time, for one reason."""

    records: tuple[int, ...]
    reason: str
    at: datetime
    by: str


@guarded(Action.VIEW_AUDIT)
def list_picks(actor: Actor, audit_id: int) -> list[PickView]:
    """Return the picks by judgement of an audit, those made together as one, the first one first."""
    with reading() as db:
        audit = store.load_audit(db, actor, audit_id, Action.VIEW_AUDIT)
        rows = db.execute(
            select(JudgementPick, Account)
            .outerjoin(Account, Account.id == JudgementPick.picked_by)
            .where(JudgementPick.audit_id == audit.id)
            .order_by(JudgementPick.id)
        ).all()
    together: dict[tuple[datetime, str, str], list[int]] = defaultdict(list)
    for pick, account in rows:
        who = f"{account.name}（{account.username}）" if account else ""
        together[pick.picked_at, who, pick.reason].append(pick.record_id)
    return [
        PickView(tuple(records), reason, at, who) for (at, who, reason), records in together.items()
    ]


@guarded(Action.VIEW_AUDIT)
def addition_marks(actor: Actor, audit_ids: Collection[int]) -> dict[int, str]:
    """Return, of the audits named that are within reach, what a list says of further draws and picks.

    An audit with one draw and no pick is left out.
    """
    mine = within(reach(actor, Action.VIEW_AUDIT), unit=Audit.unit_id, agency=Audit.agency_id)
    with reading() as db:
        draws = db.execute(
            select(AuditDraw.audit_id, AuditDraw.kind, func.count())
            .join(Audit, Audit.id == AuditDraw.audit_id)
            .where(AuditDraw.audit_id.in_(audit_ids), AuditDraw.kind != DrawKind.FIRST, mine)
            .group_by(AuditDraw.audit_id, AuditDraw.kind)
        ).all()
        picks = db.execute(
            select(JudgementPick.audit_id, func.count())
            .join(Audit, Audit.id == JudgementPick.audit_id)
            .where(JudgementPick.audit_id.in_(audit_ids), mine)
            .group_by(JudgementPick.audit_id)
        ).all()
    parts: dict[int, Counter[str]] = defaultdict(Counter)
    for audit_id, kind, count in draws:
        parts[audit_id][DrawKind(kind).label] = count
    marks = {
        audit_id: [
            f"{kind.label} {counts[kind.label]:,} 次" for kind in _FURTHER if counts[kind.label]
        ]
        for audit_id, counts in parts.items()
    }
    for audit_id, count in picks:
        marks.setdefault(audit_id, []).append(f"判斷抽查 {count:,} 筆")
    return {audit_id: "、".join(said) for audit_id, said in marks.items()}


_FURTHER = (DrawKind.REDRAW, DrawKind.EXPANSION)
