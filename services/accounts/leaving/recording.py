"""Recording that somebody leaves or moves, and taking it back (clause 6.3.4)."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, PersonnelChange
from services import events
from services.accounts.leaving.settling import follow, open_entries, settle
from services.accounts.leaving.words import Settled, Source
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.managing import locked_account, place_of
from services.identity.permissions import Action, permit
from services.regulation.leaving import Leaving
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus
from services.rocdate import roc_date

NOTE_MAX = 200
REASON_MIN = 2
MOST_DAYS_PAST, MOST_DAYS_AHEAD = 366, 731
"""Beyond these a date is a slip of the pen, most often a year."""

OWN = "自己的離職或異動不由自己登錄；請到「申請」辦理註銷或權限異動。"
CLOSED = "已註銷的帳號不必登錄離職或異動。"


@guarded(Action.RECORD_LEAVING)
def record_leaving(
    actor: Actor,
    account_id: int,
    kind: Leaving,
    effective_on: date,
    note: str = "",
    *,
    expected_leaving_on: date | None,
) -> int:
    """Record the last day of an account's holder in the post, and return the entry's id (6.3.4).

    From the next day on the account is suspended unless the application that is due is completed.
    ``expected_leaving_on`` is the earliest date that was on screen. Raises Refused for the own
    account, Invalid for a date that cannot be meant, Conflict when it stands there already.
    """
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.RECORD_LEAVING, **place_of(found))
        account = _somebody_elses(actor, found)
        if problem := problem_with(account.status, effective_on, actor.today):
            raise Invalid(problem)
        if account.leaving_on != expected_leaving_on:
            raise Conflict("這個帳號的離職或異動日期已由其他人登錄或撤回；請重新檢視後再辦理。")
        known = recorded_before(db, account.id, kind, effective_on)
        if known is not None and known.settled_how != Settled.WITHDRAWN:
            raise Conflict(
                f"{roc_date(effective_on)}的{kind.label}先前已登錄"
                + (f"，並已{Settled(known.settled_how).label}。" if known.settled_how else "。")
            )
        entry = put_entry(
            db, actor, account, kind, effective_on, Source.MANUAL, checked_note(note), known
        )
        return entry.id


@guarded(Action.RECORD_LEAVING)
def withdraw_leaving(actor: Actor, account_id: int, entry_id: int, reason: str) -> None:
    """Take an entry back that was a mistake or no longer holds; raises Conflict once it is settled."""
    with transaction() as db:
        found = locked_account(db, account_id)
        permit(actor, Action.RECORD_LEAVING, **place_of(found))
        account = _somebody_elses(actor, found)
        why = checked_note(reason)
        if len(why) < REASON_MIN:
            raise Invalid(
                f"請敘明撤回的原因（{REASON_MIN} 至 {NOTE_MAX} 個字），例如「商調取消」。"
            )
        if entry_id not in {entry.id for entry in open_entries(db, account.id)}:
            raise Conflict("這一筆離職或異動已經辦結或撤回；請重新檢視。")
        settle(
            db,
            actor,
            account,
            Settled.WITHDRAWN,
            which=lambda entry: entry.id == entry_id,
            reason=why,
        )


def problem_with(status: str, effective_on: date, today: date) -> str | None:
    """Return why nothing can be recorded for an account in this state on that day, or None."""
    if status == AccountStatus.CANCELLED:
        return CLOSED
    first = today - timedelta(days=MOST_DAYS_PAST)
    last = today + timedelta(days=MOST_DAYS_AHEAD)
    if not first <= effective_on <= last:
        return (
            f"日期 {roc_date(effective_on)} 不合理；請填 {roc_date(first)} 至 {roc_date(last)} "
            "之間的日期。"
        )
    return None


def recorded_before(
    db: Session, account_id: int, kind: Leaving, effective_on: date
) -> PersonnelChange | None:
    """Return the entry with the same account, kind and day, settled or not."""
    return db.scalar(
        select(PersonnelChange).where(
            PersonnelChange.account_id == account_id,
            PersonnelChange.kind == kind.value,
            PersonnelChange.effective_on == effective_on,
        )
    )


def put_entry(
    db: Session,
    person: Actor,
    account: Account,
    kind: Leaving,
    effective_on: date,
    source: Source,
    note: str,
    withdrawn: PersonnelChange | None = None,
) -> PersonnelChange:
    """Store an entry in the caller's transaction, who has locked the account and checked the right.

    One that was taken back is opened again; the log of events keeps both.
    """
    entry = withdrawn or PersonnelChange(
        account_id=account.id, kind=kind.value, effective_on=effective_on
    )
    entry.source = source.value
    entry.recorded_at, entry.recorded_by = person.now, person.account_id
    entry.settled_at, entry.settled_how = None, ""
    db.add(entry)
    follow(db, account)
    events.write(
        db,
        person,
        EventType.LEAVING_RECORDED,
        about=("account", account.id),
        kind=kind.value,
        effective_on=effective_on.isoformat(),
        entered=source.value,
        note=note,
    )
    return entry


def checked_note(text: str) -> str:
    """Return a note as it is kept, or raise Invalid."""
    note = tidy(text)
    if len(note) > NOTE_MAX:
        raise Invalid(f"備註或原因最多 {NOTE_MAX} 個字，目前 {len(note)} 個字。")
    return note


def _somebody_elses(actor: Actor, account: Account | None) -> Account:
    if account is None:
        raise NotFound("查無此帳號。")
    if account.id == actor.account_id:
        raise Refused(OWN)
    return account
