"""Access reviews of the demo city (clause 6.2): closed in most agencies, open in two, one is behind.

Written in the transaction of the load, with the same functions that make lines and sign records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, Agency, ReviewCampaign, ReviewLine
from services import events
from services.actor import Actor, operator
from services.demo.people import Person
from services.demo.stories import BEHIND_AGENCY
from services.events import EventType
from services.identity.people import as_actor
from services.regulation.access_review import Choice, first_day_of_use, review_due
from services.regulation.roles import AccountStatus, Role
from services.reviews.facts import as_day, lines_for, put_forward
from services.reviews.record import record_of
from services.reviews.store import digest
from services.rocdate import local_date, midnight

_TAX, _WAITING = "TAX", "UDD"
"""Half decided, and opened by the system with nothing decided yet."""
_OPEN_FOR = 9
"""Days since these two were opened."""
_DAYS_AGO = {_TAX: 172, _WAITING: 177, BEHIND_AGENCY: 224}
"""When the last review was opened: six months are nearly up, and of one agency long over."""
_FIRST, _APART, _TAKES = 60, 6, 6
"""Of the other agencies: from 60 days ago on, six days apart; each took six days."""
_DUE_IN = 14
"""Days from the opening of a review that is over to the day it was due, as when the system opens it."""
_SUSPENDED, _KEPT = "職務調整期間停權", "業務仍有需要，保留；下次清查再檢視使用情形"
_MANAGERS = (Role.AGENCY_MANAGER.value, Role.SYSTEM_MANAGER.value)


@dataclass(frozen=True)
class _Staff:
    """Who has a part in the reviews of one agency."""

    manager: Account
    above: Account
    unit_managers: dict[int, Account]

    def decider(self, account_id: int, role: str) -> Account:
        """Nobody decides their own, and a manager's line is a system manager's."""
        theirs = role in _MANAGERS and account_id != self.above.id
        return self.above if theirs else self.manager


def write_reviews(db: Session, people: Sequence[Person], now: datetime) -> int:
    """Write the reviews and return how many there are; usage and last uses stand already."""
    accounts = {one.id: one for one in db.scalars(select(Account))}
    above = next(accounts[one.account_id] for one in people if one.post == "system_manager")
    agencies = db.scalars(select(Agency).order_by(Agency.id)).all()
    made = 0
    for number, agency in enumerate(agencies):
        here = [one for one in people if one.unit.agency_id == agency.id]
        staff = _Staff(
            next(accounts[one.account_id] for one in here if one.post == "agency_manager"),
            above,
            {o.unit.unit_id: accounts[o.account_id] for o in here if o.post == "unit_manager"},
        )
        _past_review(db, agency, staff, _opened_at(agency, number, here, accounts, now))
        made += 1
        if agency.code in (_TAX, _WAITING):
            _open_review(db, agency, staff, now)
            made += 1
    return made


def _opened_at(
    agency: Agency,
    number: int,
    here: Sequence[Person],
    accounts: dict[int, Account],
    now: datetime,
) -> datetime:
    """Return when the agency's last review was opened: six days before it suspended somebody."""
    if agency.code in _DAYS_AGO:
        return _morning(now, _DAYS_AGO[agency.code])
    ended = [accounts[one.account_id].suspended_at for one in here]
    suspended = next((moment for moment in ended if moment), None)
    return suspended - timedelta(_TAKES) if suspended else _morning(now, _FIRST + _APART * number)


def _morning(now: datetime, days_ago: int) -> datetime:
    return midnight(local_date(now) - timedelta(days_ago)) + timedelta(hours=9, minutes=20)


# --- reviews that are over -------------------------------------------------------------------------


def _past_review(db: Session, agency: Agency, staff: _Staff, opened_at: datetime) -> None:
    due_on = local_date(opened_at) + timedelta(_DUE_IN)
    campaign = _campaign(db, agency, as_actor(staff.manager, opened_at), opened_at, due_on)
    campaign.closed_at, campaign.closed_by = opened_at + timedelta(_TAKES), staff.manager.id
    accounts = {line.account_id: line for line in lines_for(db, campaign)}
    lines = []
    for account in db.scalars(select(Account).where(Account.id.in_(accounts))):
        if account.created_at < opened_at:
            line = accounts[account.id]
            _as_it_was(line, account, opened_at)
            _decide_past(line, account, staff, campaign)
            lines.append(line)
    lines.sort(key=lambda line: line.account_id)
    _store(db, as_actor(staff.manager, opened_at), campaign, lines)
    campaign.record = record_of(db, campaign, lines)
    campaign.content_hash = digest(campaign.record)
    events.write(
        db,
        as_actor(staff.manager, campaign.closed_at),
        EventType.REVIEW_CLOSED,
        about=("campaign", campaign.id),
        content_hash=campaign.content_hash,
        **campaign.record["counts"],
    )


def _as_it_was(line: ReviewLine, account: Account, opened_at: datetime) -> None:
    """Take out of what is seen of the account what came after the review was opened."""
    opened = local_date(opened_at)
    seen = dict(line.seen)
    if account.suspended_at and account.suspended_at > opened_at:
        seen["status"] = AccountStatus.ACTIVE.value
    last = as_day(seen["last_used_on"])
    if last and last >= opened:
        seen["last_used_on"] = (opened - timedelta(1 + account.id % 4)).isoformat()
    seen["leaving_on"] = None  # all of these were recorded later
    put_forward(line, seen, opened)


def _decide_past(
    line: ReviewLine, account: Account, staff: _Staff, campaign: ReviewCampaign
) -> None:
    """Decide what became of the account: suspended on the day of closing, or kept."""
    assert campaign.closed_at is not None
    ended = account.suspended_at
    suspended = ended is not None and campaign.opened_at < ended <= campaign.closed_at
    choice = Choice.SUSPEND if suspended else Choice.KEEP
    note = _SUSPENDED if suspended else "" if line.suggested == Choice.KEEP else _KEPT
    _decide(line, account, staff, choice, note, campaign.closed_at - timedelta(hours=2))
    if suspended:
        line.outcome = "已停權"
        account.status_reason = f"權限清查第 {campaign.id} 號：{note}"
    else:
        was = line.seen["status"] == AccountStatus.SUSPENDED.value
        line.outcome = "維持停權" if was else "保留"


def _decide(
    line: ReviewLine,
    account: Account,
    staff: _Staff,
    choice: Choice,
    note: str,
    at: datetime,
) -> None:
    _prepare(line, account, staff, choice, note, at - timedelta(days=2))
    line.decided, line.decided_note = choice.value, note
    line.decided_at, line.decided_by = at, staff.decider(account.id, account.role).id


def _prepare(
    line: ReviewLine, account: Account, staff: _Staff, choice: Choice, note: str, at: datetime
) -> None:
    unit_manager = staff.unit_managers.get(account.unit_id)
    if unit_manager and account.role == Role.GENERAL_USER:
        line.prepared, line.prepared_note = choice.value, note
        line.prepared_at, line.prepared_by = at, unit_manager.id


# --- reviews under way ------------------------------------------------------------------------------


def _open_review(db: Session, agency: Agency, staff: _Staff, now: datetime) -> None:
    """Open the agency's review; of one agency decide what nobody doubts, but for the sign-ins' unit."""
    opened_at = _morning(now, _OPEN_FOR)
    tax = agency.code == _TAX
    person = as_actor(staff.manager, opened_at) if tax else operator(opened_at)
    last = _morning(now, _DAYS_AGO[agency.code])
    campaign = _campaign(db, agency, person, opened_at, review_due(local_date(last)))
    lines = lines_for(db, campaign)
    accounts = {one.id: one for one in db.scalars(select(Account))}
    for line in lines:
        account = accounts[line.account_id]
        clear = line.suggested == Choice.KEEP and account.role not in _MANAGERS
        if tax and clear and account.unit.code != "TAX-DAAN":
            _decide(line, account, staff, Choice.KEEP, "", _morning(now, 2))
        elif tax and clear and account.id % 2:
            _prepare(line, account, staff, Choice.KEEP, "", _morning(now, 3))
    _store(db, person, campaign, lines)


def _campaign(
    db: Session, agency: Agency, person: Actor, opened_at: datetime, due_on: date
) -> ReviewCampaign:
    campaign = ReviewCampaign(
        agency_id=agency.id,
        agency=agency,
        opened_at=opened_at,
        opened_by=person.account_id,
        since=first_day_of_use(local_date(opened_at)),
        due_on=due_on,
    )
    db.add(campaign)
    db.flush()
    return campaign


def _store(
    db: Session, person: Actor, campaign: ReviewCampaign, lines: Sequence[ReviewLine]
) -> None:
    db.add_all(lines)
    db.flush()
    events.write(
        db,
        person,
        EventType.REVIEW_OPENED,
        about=("campaign", campaign.id),
        accounts=len(lines),
        due_on=campaign.due_on.isoformat(),
    )
