"""An incident that no audit found: abnormal use that somebody noticed (clauses 6.3.5, 7.1.4)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, Incident, IncidentRecord, Unit, UsageRecord
from services.actor import Actor
from services.audits.store import load_unit
from services.errors import Invalid, Refused
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.incidents.store import number_incident, write_opening, write_step
from services.incidents.words import Mark
from services.regulation.incidents import Gravity
from services.regulation.purpose import tidy

TITLE_MIN, TITLE_MAX = 4, 100
TEXT_MIN, TEXT_MAX = 4, 500
MOST_RECORDS = 200


@dataclass(frozen=True)
class _Subject:
    """Whom an incident is about."""

    person_key: str
    label: str
    account_id: int | None


@guarded(Action.HANDLE_INCIDENT)
def report_abnormal(
    actor: Actor,
    unit_id: int,
    subject: str,
    title: str,
    text: str,
    records: Collection[int] = (),
) -> int:
    """Open an incident of abnormal use in a unit and return its id.

    ``subject`` is an account name, or the key of a person of another system; it may be left out where
    ``records``, all of one person, say who it is. Raises Invalid for an unknown person or record,
    Refused where it is the reporting person.
    """
    called = _checked(title, "標題", TITLE_MIN, TITLE_MAX)
    said = _checked(text, "發現情形", TEXT_MIN, TEXT_MAX)
    if len(records) > MOST_RECORDS:
        raise Invalid(f"一個事件最多 {MOST_RECORDS} 筆紀錄，目前 {len(records):,} 筆。")
    with transaction() as db:
        unit = load_unit(db, actor, unit_id, Action.HANDLE_INCIDENT)
        uses = _uses(db, unit, records)
        about = _subject(db, unit, tidy(subject), uses)
        if about.account_id is not None and about.account_id == actor.account_id:
            raise Refused("不能成立關於您本人的事件；請由其他人員辦理。")
        incident = Incident(
            agency_id=unit.agency_id,
            unit_id=unit.id,
            person_key=about.person_key,
            person=about.label,
            account_id=about.account_id,
            gravity=Gravity.ABNORMAL.value,
            title=called,
            opened_at=actor.now,
            opened_by=actor.account_id,
        )
        number_incident(db, actor, incident)
        db.add_all(
            IncidentRecord(
                incident_id=incident.id,
                record_id=use.id,
                gravity=Gravity.ABNORMAL.value,
                added_at=actor.now,
            )
            for use in uses
        )
        write_step(db, actor, incident, Mark.OPENED, note=said)
        write_opening(db, actor, incident, [use.id for use in uses])
        return incident.id


def _checked(typed: str, what: str, least: int, most: int) -> str:
    text = tidy(typed)
    if not least <= len(text) <= most:
        raise Invalid(f"{what}請寫 {least} 至 {most} 個字，目前 {len(text)} 個字。")
    return text


def _uses(db: Session, unit: Unit, records: Collection[int]) -> list[UsageRecord]:
    if not records:
        return []
    found = db.scalars(
        select(UsageRecord)
        .where(UsageRecord.id.in_(records), UsageRecord.unit_id == unit.id)
        .order_by(UsageRecord.id)
    ).all()
    if outside := set(records) - {use.id for use in found}:
        raise Invalid(f"{unit.name}沒有編號 {min(outside)} 的使用紀錄；請核對紀錄編號。")
    return list(found)


def _subject(db: Session, unit: Unit, typed: str, uses: list[UsageRecord]) -> _Subject:
    if not uses and not typed:
        raise Invalid("請輸入使用者的帳號，或填使用紀錄的編號。")
    if not uses:
        return _person_called(db, unit, typed)
    people = {use.person_key: use for use in uses}
    if len(people) > 1:
        raise Invalid("這些紀錄屬於不同的使用者；請一個人成立一個事件。")
    (use,) = people.values()
    if typed and typed.lower() not in (use.username.lower(), use.person_key.lower()):
        raise Invalid(f"紀錄 {use.id} 不是「{typed[:40]}」的使用紀錄；請核對帳號與紀錄編號。")
    return _Subject(use.person_key, f"{use.person_name}（{use.username}）", use.account_id)


def _person_called(db: Session, unit: Unit, typed: str) -> _Subject:
    """Return who is called so: an account of the unit, or anybody with a record in it."""
    account = db.scalar(select(Account).where(Account.username == typed.lower()))
    key = str(account.id) if account else typed
    use = db.scalar(
        select(UsageRecord)
        .where(UsageRecord.person_key == key, UsageRecord.unit_id == unit.id)
        .order_by(UsageRecord.occurred_at.desc())
        .limit(1)
    )
    if account and (use is not None or account.unit_id == unit.id):
        return _Subject(key, f"{account.name}（{account.username}）", account.id)
    if use is None:
        raise Invalid(
            f"{unit.name}沒有「{typed[:40]}」這個使用者；請輸入帳號，或填使用紀錄的編號。"
        )
    return _Subject(key, f"{use.person_name}（{use.username}）", use.account_id)
