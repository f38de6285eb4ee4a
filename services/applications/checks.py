"""What is asked of an application before it is stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, not_, or_, select
from sqlalchemy.orm import Session

from data.models import Account, Agency, Application, Unit
from services.accounts.person import Person
from services.applications.expiring import is_moot
from services.errors import Conflict, Invalid
from services.regulation.application_states import LIVE, State
from services.regulation.items import Item
from services.regulation.purpose import tidy
from services.regulation.roles import AccountStatus, Role

REASON_MIN, REASON_MAX = 2, 200
TAKEN = "這個員工編號、帳號或電子郵件已有帳號或辦理中的申請；請更正，或洽您單位的管理者。"


def checked_reason(reason: str) -> str:
    """Return a reason as it is stored, or raise Invalid."""
    why = tidy(reason)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise Invalid(f"請敘明原因（{REASON_MIN} 至 {REASON_MAX} 個字），例如業務需要或職務異動。")
    return why


def checked_items(role: Role, items: Collection[Item]) -> tuple[Item, ...]:
    """Return the items in the order of the rule; a general user asks for one at least."""
    wanted = tuple(item for item in Item if item in set(items))
    if role is Role.GENERAL_USER and not wanted:
        raise Invalid("請至少勾選一個授權項目；只申請職務必要的項目。")
    return wanted


def moved_to(db: Session, account: Account, unit_id: int | None) -> Unit | None:
    """Return the unit a person moves to, None when it is the same; raise Invalid for another agency's."""
    if unit_id is None or unit_id == account.unit_id:
        return None
    unit = db.get(Unit, unit_id)
    if unit is None or not unit.active or unit.agency_id != account.unit.agency_id:
        raise Invalid(
            "只能異動到同一機關使用中的單位；調到其他機關時，請註銷這個帳號，到新機關再申請。"
        )
    return unit


def open_unit(db: Session, unit_id: int, role: Role) -> Unit:
    """Return the unit of a new account, or raise Invalid."""
    unit = db.get(Unit, unit_id)
    if unit is None or not (unit.active and unit.agency.active):
        raise Invalid("查無此單位；請從清單選擇您的單位。")
    if role is Role.SYSTEM_MANAGER and not unit.agency.is_bureau:
        raise Invalid("系統管理者由地政局的人員擔任；請選擇地政局的單位。")
    return unit


def one_at_a_time(db: Session) -> None:
    """Let applications for new accounts come in one after the other, until the transaction ends.

    So that of two at once for the same person the second finds the first. The bureau's row stands
    for all of them: agencies would not do, as a person can name two.
    """
    bureau = select(Agency.id).where(Agency.is_bureau.is_(True))
    db.scalars(bureau.with_for_update(key_share=True)).all()


@dataclass(frozen=True)
class Hindrance:
    """Why nobody can apply as this person: what of theirs is taken, and by what."""

    what: str
    by_account: bool
    """By an account; else by an application that is not over."""


def not_taken(db: Session, person: Person, now: datetime, but: Collection[int] = ()) -> None:
    """Raise Conflict when somebody has the number, name or address, or asks for it already.

    ``but`` are applications that count as the person's own.
    """
    if hindrances(db, [person], now, but)[0] is not None:
        raise Conflict(TAKEN)


def hindrances(
    db: Session, people: Sequence[Person], now: datetime, but: Collection[int] = ()
) -> list[Hindrance | None]:
    """Return for each of the people what hinders a new account; two queries for all of them.

    A cancelled account is no hindrance: its holder comes back by a new application. Its name is
    still its own. Nor is an application that can come to nothing any more (`is_moot`). One that is
    not confirmed holds its address only, and not against `repeating`: whoever mistyped theirs applies
    again at once, and nobody keeps another's number by naming it. The first that is confirmed has
    number and name.
    """
    live = Application.state.in_([state.value for state in LIVE])
    accounts = _Taken(db.execute(_same(Account, Account.status, people)))
    asked = _Taken(
        db.execute(
            _same(Application, Application.state, people).where(
                live, not_(is_moot(now)), Application.id.not_in(but)
            )
        )
    )
    found: list[Hindrance | None] = []
    for person in people:
        what = accounts.of(person)
        by_account = what is not None
        what = what or asked.of(person)
        found.append(None if what is None else Hindrance(what, by_account))
    return found


def _same(
    table: type[Account] | type[Application], state: Any, people: Sequence[Person]
) -> Select[Any]:
    staff_no, email = func.lower(table.staff_no), func.lower(table.email)
    return select(staff_no, table.username, email, state).where(
        or_(
            staff_no.in_({person.staff_no.lower() for person in people}),
            table.username.in_({person.username for person in people}),
            email.in_({person.email for person in people}),
        )
    )


class _Taken:
    """Numbers, names and addresses that are in use."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._staff: set[str] = set()
        self._email: set[str] = set()
        self._names: dict[str, str | None] = {}
        for staff_no, username, email, state in rows:
            if state == AccountStatus.CANCELLED.value:
                self._names[username] = staff_no  # its holder may have it again
            elif state == State.UNCONFIRMED.value:
                self._email.add(email)
            else:
                self._staff.add(staff_no)
                self._email.add(email)
                self._names[username] = None

    def of(self, person: Person) -> str | None:
        """Return what of the person is taken, as people call it."""
        if person.staff_no.lower() in self._staff:
            return "員工編號"
        whose = self._names.get(person.username, person.staff_no.lower())
        if whose != person.staff_no.lower():
            return "帳號"
        return "電子郵件" if person.email in self._email else None
