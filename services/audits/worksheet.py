"""The worksheet: what is judged, verdicts that are only added to, picks by judgement (domain.md §4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Audit, JudgementPick, Verdict
from services import events
from services.actor import Actor
from services.audits import bulk, checks, store
from services.audits.checks import Check
from services.audits.frozen import unpack_frame
from services.audits.held import records_held
from services.audits.stakes import require_no_stake
from services.audits.words import CONDUCT, Ruling
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.incidents.following import follow_verdicts
from services.regulation.audit_states import AuditStatus
from services.regulation.purpose import tidy

NOTE_MAX = 500


@dataclass(frozen=True)
class Judged:
    """The verdict in force on a record; ``sequence`` 0 means none yet."""

    sequence: int = 0
    ruling: Ruling | None = None
    note: str = ""
    judge: str = ""
    change_reason: str = ""
    failed: tuple[Check, ...] = ()
    """The checks that the record did not pass."""
    together: int = 0
    """How many records were judged at once, this one among them; 0 where that was not kept."""

    @property
    def in_bulk(self) -> bool:
        """Whether the verdict was given in bulk."""
        return self.together > bulk.AT_ONCE

    @property
    def bulk_words(self) -> str:
        """What is said of a verdict given in bulk; empty for any other."""
        return f"整批判定（一次 {self.together:,} 筆）" if self.in_bulk else ""


NOT_JUDGED = Judged()


def latest_verdicts(db: Session, audit_id: int) -> dict[int, Judged]:
    """Return the verdict in force on every judged record of the audit."""
    newest = (
        select(Verdict.record_id, func.max(Verdict.sequence).label("sequence"))
        .where(Verdict.audit_id == audit_id)
        .group_by(Verdict.record_id)
        .subquery()
    )
    rows = db.execute(
        # Columns and no objects: screens ask for the verdicts of hundreds of records in every run.
        select(
            Verdict.record_id,
            Verdict.sequence,
            Verdict.verdict,
            Verdict.note,
            Verdict.judge_name,
            Verdict.change_reason,
            Verdict.failed_checks,
            Verdict.together,
        )
        .join(
            newest,
            (Verdict.record_id == newest.c.record_id) & (Verdict.sequence == newest.c.sequence),
        )
        .where(Verdict.audit_id == audit_id)
    )
    return {row.record_id: _judged(row) for row in rows}


def _judged(row: Any) -> Judged:
    """Return a verdict from its row, or from the columns of one."""
    failed = checks.read(row.failed_checks)
    ruling = Ruling(row.verdict)
    return Judged(
        row.sequence, ruling, row.note, row.judge_name, row.change_reason, failed, row.together
    )


def records_to_judge(db: Session, audit_id: int) -> list[int]:
    """Return the ids of the records of one audit, as `records_held`."""
    return records_held(db, (audit_id,))[audit_id]


def picked_records(db: Session, audit_id: int) -> Sequence[int]:
    """Return the ids of the records taken by judgement, the first one first."""
    return db.scalars(
        select(JudgementPick.record_id)
        .where(JudgementPick.audit_id == audit_id)
        .order_by(JudgementPick.id)
    ).all()


@guarded(Action.JUDGE_RECORD)
def judge(
    actor: Actor,
    audit_id: int,
    seen: Mapping[int, int],
    ruling: Ruling,
    note: str = "",
    change_reason: str = "",
    failed: Collection[Check] = (),
    *,
    flagged_too: Collection[int] | None = None,
) -> None:
    """Give one verdict to the records of ``seen``, all of them or none.

    ``seen`` maps each record id to the verdict's sequence that the judge had on screen (0: none);
    somebody else's newer verdict raises Conflict instead of being passed over. Anything but
    compliant needs a note, a change needs its reason; ``failed`` names the checks not passed, and
    compliant has none. Raises Refused for a record of the judge's own, and for one that falls to somebody
    else (`services.regulation.stake`): the agency manager judges the unit head's in the unit's audit.

    More than `bulk.AT_ONCE` records are judged in bulk, and their verdicts say so: that takes
    ``flagged_too``, the records that the machine has flagged and that were chosen one by one all the
    same. Without it, and for any other flagged record, Invalid is raised.
    """
    checks.require_fitting(ruling, failed)
    text, why = _checked_words(ruling, note, change_reason, any(seen.values()))
    if not seen:
        raise Invalid("請先選取要判定的紀錄。")
    try:
        with transaction() as db:
            audit = store.load_audit(db, actor, audit_id, Action.JUDGE_RECORD, lock=True)
            store.require_status(audit, AuditStatus.JUDGING)
            _check_records(db, actor, audit, seen)
            bulk.check(db, seen, flagged_too)
            db.add_all(
                Verdict(
                    audit_id=audit.id,
                    record_id=record,
                    sequence=sequence + 1,
                    verdict=ruling.value,
                    note=text,
                    change_reason=why,
                    failed_checks=checks.stored(failed),
                    judged_at=actor.now,
                    judged_by=actor.account_id,
                    judge_name=actor.name,
                    together=len(seen),
                )
                for record, sequence in seen.items()
            )
            events.write(
                db,
                actor,
                EventType.RECORD_JUDGED,
                about=("audit", audit.id),
                records=sorted(seen),
                ruling=ruling.value,
                changed=any(seen.values()),
            )
            follow_verdicts(db, actor, audit, seen)
    except IntegrityError:
        raise Conflict("他人剛剛判定了其中的紀錄；請重新整理，看過後再判定。") from None


def _checked_words(ruling: Ruling, note: str, change_reason: str, changes: bool) -> tuple[str, str]:
    text = tidy(note)
    if len(text) > NOTE_MAX:
        raise Invalid(f"說明最多 {NOTE_MAX} 個字，目前 {len(text)} 個字。")
    if ruling is not Ruling.COMPLIANT and len(text) < 2:
        raise Invalid(f"判定為「{ruling.label}」時請寫說明（至少 2 個字）。")
    return text, store.require_reason(change_reason, "更改判定的理由") if changes else ""


def _check_records(db: Session, actor: Actor, audit: Audit, seen: Mapping[int, int]) -> None:
    if outside := set(seen) - set(records_to_judge(db, audit.id)):
        raise Invalid(f"紀錄 {min(outside)} 不在這件稽核的樣本內。")
    require_no_stake(db, actor, audit, seen)
    verdicts = latest_verdicts(db, audit.id)
    for record, sequence in seen.items():
        now = verdicts.get(record, NOT_JUDGED)
        if now.sequence != sequence:
            what = f"「{now.ruling.label}」" if now.ruling else "未判定"
            raise Conflict(
                f"紀錄 {record} 剛剛已由 {now.judge} 判定為{what}；請重新整理，看過後再判定。"
            )


@guarded(*CONDUCT.values())
def pick(actor: Actor, audit_id: int, record_ids: Collection[int], reason: str) -> None:
    """Add records of the frame to the audit by judgement; they count for no floor and no claim."""
    why = store.require_reason(reason, "判斷抽查的理由")
    if not record_ids:
        raise Invalid("請輸入要加入判斷抽查的紀錄編號。")
    try:
        with transaction() as db:
            audit = store.load_audit(db, actor, audit_id, CONDUCT, lock=True)
            if actor.account_id is None:
                raise Refused("判斷抽查必須由有帳號的稽核人員辦理。")
            store.require_status(audit, AuditStatus.JUDGING)
            frame = unpack_frame(store.load_frame_row(db, audit.id))
            if outside := set(record_ids) - set(frame.ids.tolist()):
                raise Invalid(f"紀錄 {min(outside)} 不在凍結的母體內，不能加入。")
            if already := set(record_ids) & set(records_to_judge(db, audit.id)):
                raise Conflict(f"紀錄 {min(already)} 已經在樣本或判斷抽查內。")
            db.add_all(
                JudgementPick(
                    audit_id=audit.id,
                    record_id=record,
                    reason=why,
                    picked_at=actor.now,
                    picked_by=actor.account_id,
                )
                for record in sorted(set(record_ids))
            )
            events.write(
                db,
                actor,
                EventType.RECORD_PICKED,
                about=("audit", audit.id),
                records=sorted(set(record_ids)),
                reason=why,
            )
    except IntegrityError:
        raise Conflict("他人剛剛加入了其中的紀錄；請重新整理。") from None


def verdict_history(db: Session, audit_id: int, record_id: int) -> list[tuple[Verdict, Judged]]:
    """Return every verdict on a record, the first one first."""
    rows = db.scalars(
        select(Verdict)
        .where(Verdict.audit_id == audit_id, Verdict.record_id == record_id)
        .order_by(Verdict.sequence)
    )
    return [(row, _judged(row)) for row in rows]
