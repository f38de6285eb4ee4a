"""The verdicts of the demo city's agency audits: as the units judged, but for one (7.1.2)."""

from datetime import datetime
from itertools import islice

from sqlalchemy import select

from data.engine import reading
from data.models import Audit, Verdict
from services.audits.stakes import stakes_of, users_of
from services.audits.words import Ruling
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.demo.acting import acting, rule
from services.regulation.audit_states import AuditStatus

_NOTE = "單位稽核已判定缺失，本次複查結果相同。"
_OTHERWISE = "調閱案卷，案件號所載標的與查詢標的不符；單位原判定符合，本次改列缺失。"


def judge_half(
    audit_id: int, manager: int, ethics: int, at: datetime, *, is_left_open: bool
) -> None:
    """Judge as the units did; nobody judges a record in which they have a stake.

    ``manager`` and ``ethics`` are the accounts of the two who audit. Where it is left open: half of the
    records, and one otherwise than its unit.
    """
    with reading() as db:
        audit = db.get_one(Audit, audit_id)
        if audit.status != AuditStatus.JUDGING:
            return
        sample = records_to_judge(db, audit_id)
        judged = set(latest_verdicts(db, audit_id))
        wanting = set(
            db.scalars(
                select(Verdict.record_id).where(
                    Verdict.record_id.in_(sample),
                    Verdict.verdict == Ruling.DEFICIENT,
                    Verdict.audit_id != audit_id,
                )
            )
        )
        stakes = stakes_of(db, audit, at)
        users = users_of(db, sample)
        theirs = {record for record in sample if stakes.may(manager, users[record])}
    otherwise: set[int] = set()
    if is_left_open:
        sample = sample[: max(1, len(sample) // 2)]
        otherwise = set(islice((r for r in sample if r in theirs - wanting), 1))
    left = [record for record in sample if record not in judged]
    for who, manages in ((manager, True), (ethics, False)):
        records = [record for record in left if (record in theirs) is manages]
        person = acting(who, at)
        rule(
            person, audit_id, [r for r in records if r not in wanting | otherwise], Ruling.COMPLIANT
        )
        for found, note in ((wanting, _NOTE), (otherwise, _OTHERWISE)):
            rule(person, audit_id, [r for r in records if r in found], Ruling.DEFICIENT, note)
