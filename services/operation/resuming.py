"""The way out of a hold: a probe that really writes; when it succeeds, the service resumes by itself."""

import threading
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, UsageSource
from services import events
from services.actor import Actor
from services.errors import Busy, Held
from services.events import EventType
from services.identity.people import load_account
from services.installation import holding
from services.installation.alerts import alert
from services.installation.holding import Hold
from services.regulation.items import Item, UsageAction
from services.rocdate import local_month
from services.usage.records import LOCAL_SOURCE, add_records

PROBE_EVERY = 5.0
"""Seconds: however many screens wait, a database in trouble is asked no oftener."""

_probing = threading.Lock()


def still_held(now: datetime) -> Hold | None:
    """Return the hold that stands, or None; asked on every run before anything else is done.

    While held, this is the probe: an event of the hold and of its end, and a usage record that is
    taken back, in one transaction. When they commit, the service resumes and the operator is told.
    """
    hold = holding.current(now)
    if hold is None or not _probing.acquire(blocking=False):
        return hold
    try:
        return _probe(hold, now)
    finally:
        _probing.release()


def _probe(hold: Hold, now: datetime) -> Hold | None:
    if hold.next_probe is not None and holding.ticks() < hold.next_probe:
        return hold
    holding.postpone_probe(holding.ticks() + PROBE_EVERY)
    service = Actor(now=now, account_id=None, username="service", name="系統", role=None)
    try:
        with transaction() as db:
            _try_usage_record(db, now)
            since = service.at(hold.since or now)
            about = ("hold", hold.number)
            events.write(db, since, EventType.SERVICE_HELD, about=about, what=hold.what)
            events.write(db, service, EventType.SERVICE_RESUMED, about=about)
    except (Busy, Held):
        return hold
    except Exception as error:
        # Whatever keeps the probe from writing, the service stays held.
        holding.held("試寫", error)
        return hold
    holding.release(holding.ticks() + PROBE_EVERY)
    alert(f"地籍資料使用管理系統已恢復服務，編號 {hold.number}。")
    return None


def _try_usage_record(db: Session, now: datetime) -> None:
    """Write one usage record and take it back; nothing to try where nobody could query yet."""
    source_id = db.scalar(select(UsageSource.id).where(UsageSource.code == LOCAL_SOURCE))
    account_id = db.scalar(select(Account.id).order_by(Account.id).limit(1))
    account = load_account(db, account_id) if account_id is not None else None
    if source_id is None or account is None:
        return
    row = {
        "source_id": source_id,
        "source_key": None,
        "import_id": None,
        "occurred_at": now,
        "local_month": local_month(now),
        "stored_at": now,
        "account_id": account.id,
        "person_key": str(account.id),
        "username": account.username,
        "person_name": account.name,
        "unit_id": account.unit_id,
        "unit_name": account.unit.name,
        "agency_id": account.unit.agency_id,
        "agency_name": account.unit.agency.name,
        "item": Item.LAND_DESCRIPTION.value,
        "item_authorised": True,
        "action": UsageAction.QUERY.value,
        "section_code": None,
        "number": None,
        "target": "",
        "case_no": "",
        "document_no": "",
        "reason": "",
        "flags": "",
        "address": "",
        "session_id": "",
    }
    trial = db.begin_nested()
    add_records(db, [row])
    trial.rollback()
