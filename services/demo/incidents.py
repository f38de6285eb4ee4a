"""Incidents of the demo city (6.3.5, 7.1.3): those that the audits found are handled, one was reported.

Made by the services, in the past in which it would have happened; a load that was cut off goes on.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from data.engine import reading
from data.models import Account, AccountDuty, Incident, IncidentStep, UsageRecord
from services.actor import Actor
from services.demo.acting import acting
from services.incidents.acting import close_incident, take_step
from services.incidents.reporting import report_abnormal
from services.regulation.incidents import Step
from services.regulation.roles import Duty
from services.rocdate import local_date

_REMEDIED, _OUTCOME, _CLOSED = timedelta(days=9), timedelta(days=16), timedelta(days=18)
_STILL_OPEN = timedelta(days=150)
"""Of the newer ones only the remedy is recorded."""
_REPORTED, _TOLD = timedelta(days=12), timedelta(days=10)
_LETTER = "府稅政字第{year}0001234號"
_SHOWN = 4


def write_incidents(shared_account: str, now: datetime) -> None:
    """Handle what the audits found, and report the account that several people share."""
    with reading() as db:
        found = db.execute(
            select(Incident.id, Incident.opened_at, AccountDuty.account_id)
            .join(
                AccountDuty,
                (AccountDuty.unit_id == Incident.unit_id)
                & (AccountDuty.duty == Duty.UNIT_HEAD.value),
            )
            .where(
                Incident.audit_id.is_not(None),
                Incident.account_id.is_distinct_from(AccountDuty.account_id),
            )
            .order_by(Incident.id, AccountDuty.account_id)
        ).all()
    for incident_id, opened_at, head in found:
        if not _taken(incident_id) and opened_at + _REMEDIED <= now:
            _handle(incident_id, opened_at, head, now)
    _report(shared_account, now)


def _handle(incident_id: int, opened_at: datetime, head: int, now: datetime) -> None:
    person = acting(head, opened_at + _REMEDIED)
    letter = _letter(opened_at + _REMEDIED)
    _step(person, incident_id, Step.REMEDIED, "已補正查詢原因，並重申案件號應據實填寫。", letter)
    if opened_at > now - _STILL_OPEN:
        return
    person = acting(head, opened_at + _OUTCOME)
    _step(person, incident_id, Step.OUTCOME, "情節輕微，予以口頭告誡並列管一季。", letter)
    close_incident(acting(head, opened_at + _CLOSED), incident_id, 3, "補救與處理均已完成。")


def _report(username: str, now: datetime) -> None:
    with reading() as db:
        account = db.scalars(select(Account).where(Account.username == username)).one()
        known = select(Incident.id).where(
            Incident.audit_id.is_(None), Incident.account_id == account.id
        )
        incident_id = db.scalar(known)
        ethics = db.scalar(
            select(AccountDuty.account_id).where(
                AccountDuty.agency_id == account.unit.agency_id,
                AccountDuty.duty == Duty.ETHICS_OFFICER.value,
            )
        )
        records = db.scalars(
            select(UsageRecord.id)
            .where(UsageRecord.account_id == account.id, UsageRecord.stored_at < now - _REPORTED)
            .order_by(UsageRecord.id.desc())
            .limit(_SHOWN)
        ).all()
    assert ethics is not None  # every agency of the demo city has one
    if incident_id is None:
        incident_id = report_abnormal(
            acting(ethics, now - _REPORTED),
            account.unit_id,
            username,
            "同一帳號同時由兩處位址查詢",
            "同一時段出現兩個來源位址，疑似共用帳號，請單位查明。",
            records,
        )
    if not _taken(incident_id):
        person = acting(ethics, now - _TOLD)
        note = "已簽陳首長，並請單位提出說明。"
        _step(person, incident_id, Step.REPORTED, note, _letter(person.now))


def _step(person: Actor, incident_id: int, step: Step, note: str, letter: str) -> None:
    revision = 1 + _taken(incident_id)
    take_step(person, incident_id, revision, step, person.today, note, letter)


def _taken(incident_id: int) -> int:
    """Return how many steps followed the opening."""
    with reading() as db:
        steps = db.scalars(
            select(IncidentStep.id).where(IncidentStep.incident_id == incident_id)
        ).all()
    return len(steps) - 1


def _letter(when: datetime) -> str:
    return _LETTER.format(year=local_date(when).year - 1911)
