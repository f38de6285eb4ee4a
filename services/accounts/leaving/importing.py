"""Importing personnel changes from a file: what would become of every row, then all good rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, PersonnelChange, Unit
from services import events
from services.accounts.leaving.file_rows import FileRow, read_rows
from services.accounts.leaving.recording import NOTE_MAX, OWN, problem_with, put_entry
from services.accounts.leaving.words import Settled, Source
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.leaving import Leaving
from services.usage.importing.readers import fingerprint
from services.usage.importing.text import short

UNKNOWN = "查無這個員工編號的帳號，或不在您的職責範圍內。"
_AT_ONCE = 500


class Fate(StrEnum):
    """What becomes of a row."""

    STORED = "stored"
    KNOWN = "known"
    REJECTED = "rejected"

    @property
    def label(self) -> str:
        return {"stored": "登錄", "known": "先前已登錄", "rejected": "不能匯入"}[self.value]


@dataclass(frozen=True)
class JudgedRow:
    """One row of the file and what becomes of it."""

    number: int
    staff_no: str
    person: str
    """姓名（帳號） of the account; empty where none is known to this person."""
    kind: str
    day: str
    effective_on: date | None
    note: str
    fate: Fate
    reason: str


@dataclass(frozen=True)
class Judged:
    """A file judged whole."""

    rows: tuple[JudgedRow, ...]

    def count(self, fate: Fate) -> int:
        """Return how many rows meet this fate."""
        return sum(row.fate is fate for row in self.rows)

    @property
    def to_store(self) -> tuple[int, ...]:
        """The numbers of the rows that are stored; storing asks for what was seen."""
        return tuple(row.number for row in self.rows if row.fate is Fate.STORED)


@guarded(Action.RECORD_LEAVING)
def preview_leavings(actor: Actor, data: bytes) -> Judged:
    """Return what would become of every row; stores nothing. Raises Invalid for another kind of file.

    Staff numbers out of reach get the same sentence as those that do not exist.
    """
    rows = read_rows(data)
    with reading() as db:
        accounts = _accounts(db, actor, rows)
        return _judge(db, actor, rows, accounts)


@guarded(Action.RECORD_LEAVING)
def store_leavings(actor: Actor, data: bytes, *, expected: Sequence[int]) -> Judged:
    """Store all good rows of the file in one transaction, and return what became of each row.

    ``expected`` are the rows that the preview said would be stored; if that has changed meanwhile,
    nothing is done. The same file again stores nothing.
    """
    rows = read_rows(data)
    with transaction() as db:
        accounts = _accounts(db, actor, rows, lock=True)
        judged = _judge(db, actor, rows, accounts)
        if judged.to_store != tuple(expected):
            raise Conflict("帳號或登錄的內容在檢查之後有變動；請重新檢查檔案再匯入。")
        if not judged.to_store:
            raise Invalid("檔案裡沒有可以登錄的列。")
        for row in rows:
            if row.number in set(judged.to_store) and row.kind and row.effective_on:
                account = accounts[row.staff_no.lower()]
                put_entry(db, actor, account, row.kind, row.effective_on, Source.IMPORT, row.note)
        events.write(
            db,
            actor,
            EventType.LEAVING_IMPORTED,
            about=("personnel_file", fingerprint(data)[:12]),
            file_sha256=fingerprint(data),
            read=len(rows),
            stored=judged.count(Fate.STORED),
            duplicates=judged.count(Fate.KNOWN),
            rejected=judged.count(Fate.REJECTED),
        )
        return judged


def _accounts(
    db: Session, actor: Actor, rows: Sequence[FileRow], lock: bool = False
) -> dict[str, Account]:
    """Return the accounts within reach that the file names, by staff number in small letters."""
    reached = reach(actor, Action.RECORD_LEAVING)
    numbers = sorted({row.staff_no.lower() for row in rows if row.staff_no})
    found: dict[str, Account] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        asked = (
            select(Account)
            .join(Unit, Unit.id == Account.unit_id)
            .where(
                func.lower(Account.staff_no).in_(numbers[start : start + _AT_ONCE]),
                within(reached, unit=Account.unit_id, agency=Unit.agency_id),
            )
            .order_by(Account.id)
        )
        if lock:
            asked = asked.with_for_update(key_share=True, of=Account)
        found |= {account.staff_no.lower(): account for account in db.scalars(asked)}
    return found


def _judge(
    db: Session, actor: Actor, rows: Sequence[FileRow], accounts: dict[str, Account]
) -> Judged:
    stored = _stored(db, [account.id for account in accounts.values()])
    seen: dict[tuple[int, Leaving, date], int] = {}
    judged = []
    for row in rows:
        account = accounts.get(row.staff_no.lower())
        fate, reason = Fate.REJECTED, row.problem or _problem(actor, row, account)
        if not reason and account and row.kind and row.effective_on:
            key = (account.id, row.kind, row.effective_on)
            if key in seen:
                fate, reason = Fate.KNOWN, f"與第 {seen[key]} 列相同。"
            elif key in stored:
                fate, reason = Fate.KNOWN, _known(stored[key])
            else:
                fate = Fate.STORED
            seen.setdefault(key, row.number)
        judged.append(
            JudgedRow(
                number=row.number,
                staff_no=short(row.staff_no),
                person=f"{account.name}（{account.username}）" if account else "",
                kind=row.kind.label if row.kind else short(row.kind_text),
                day=short(row.day_text),
                effective_on=row.effective_on,
                note=short(row.note),
                fate=fate,
                reason=reason,
            )
        )
    return Judged(tuple(judged))


def _problem(actor: Actor, row: FileRow, account: Account | None) -> str:
    if account is None:
        return UNKNOWN
    if account.id == actor.account_id:
        return OWN
    if len(row.note) > NOTE_MAX:
        return f"備註最多 {NOTE_MAX} 個字，目前 {len(row.note)} 個字。"
    assert row.effective_on is not None  # a row without a problem has its day
    return problem_with(account.status, row.effective_on, actor.today) or ""


def _known(settled_how: str) -> str:
    if settled_how == Settled.WITHDRAWN:
        return "先前登錄後已撤回；仍須登錄時請在帳號上逐筆辦理。"
    return f"已{Settled(settled_how).label}。" if settled_how else "已登錄，等待辦理。"


def _stored(db: Session, account_ids: Sequence[int]) -> dict[tuple[int, Leaving, date], str]:
    """Return how the entries of these accounts were settled; an empty text is an open one."""
    found: dict[tuple[int, Leaving, date], str] = {}
    for start in range(0, len(account_ids), _AT_ONCE):
        entries = db.scalars(
            select(PersonnelChange).where(
                PersonnelChange.account_id.in_(account_ids[start : start + _AT_ONCE])
            )
        )
        for entry in entries:
            found[entry.account_id, Leaving(entry.kind), entry.effective_on] = entry.settled_how
    return found
