"""Applications of the demo city: one in every state that people want to see, and people who leave.

Written in the transaction of the load. Every step goes through the engine, which refuses whoever may not
take it; so nobody has done here what they could not do on the page.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, AccountDuty, Application, Unit
from services.accounts.leaving.recording import put_entry
from services.accounts.leaving.words import Source
from services.actor import Actor
from services.applications.steps import pass_step, take
from services.applications.store import close, write_act
from services.demo.people import Person
from services.demo.posts import PROFILES
from services.identity.people import as_actor
from services.regulation.application_states import Act, State
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.roles import Duty, Role
from services.regulation.workflows import Deed, Kind
from services.rocdate import local_date, midnight

_UNIT, _AGENCY, _SEAT = "TAX-DAAN", "TAX", "TAX-LEGAL"
_OTHER = "UDD"
"""Another agency, whose application has come as far as the system manager."""
_WANTED = PROFILES[1]


def write_applications(db: Session, people: Sequence[Person], now: datetime) -> int:
    """Store the applications and the leavings and return how many applications there are."""
    return _Desk(db, people, now).write()


class _Desk:
    """Takes applications in and passes them on, at mornings before ``now``."""

    def __init__(self, db: Session, people: Sequence[Person], now: datetime) -> None:
        self.db, self.now, self.people = db, now, people
        self.accounts = {one.id: one for one in db.scalars(select(Account).order_by(Account.id))}
        self.named = {one.username: one for one in self.accounts.values()}
        self.units = {one.code: one for one in db.scalars(select(Unit))}
        self.made = 0

    def write(self) -> int:
        """Store everything."""
        self._of_general_users()
        self._of_agency_managers()
        self._reinstatement()
        self._completed()
        self._leavings()
        return self.made

    # --- the stories ----------------------------------------------------------------------------

    def _of_general_users(self) -> None:
        unit, users = self.units[_UNIT], self._users(_UNIT)
        new = (Role.GENERAL_USER, Kind.CREATE, unit)
        waiting = self._new("林佳穎", "TAX90001", *new, 3, "新進人員，辦理房屋稅籍釐正")
        self._pass(waiting, Deed.PRINT, None, 3)
        refused = self._new("張育誠", "TAX90002", *new, 20, "支援短期專案")
        self._pass(refused, Deed.PRINT, None, 19)
        head = self._at("head", 17)
        write_act(self.db, head, refused, Act.REFUSED, note="專案期間由現有同仁查詢，不另開帳號。")
        close(refused, State.REFUSED, head)
        clerk = self._own("clerk", Kind.CHANGE, 6, "新增土地增值稅業務", _with_holdings())
        self._pass(clerk, Deed.PRINT, "clerk", 6)
        note = "請敘明需要歸戶查詢的業務項目。"
        write_act(self.db, self._at("head", 4), clerk, Act.RETURNED, note=note)
        clerk.state = State.RETURNED.value
        change = self._own(users[0].username, Kind.CHANGE, 8, "業務調整，減少項目", _WANTED[:1])
        self._pass(change, Deed.PRINT, users[0].username, 8)
        self._pass(change, Deed.APPROVE, "head", 5)

    def _of_agency_managers(self) -> None:
        new = (Role.AGENCY_MANAGER, Kind.CREATE)
        seat = self.units[_SEAT]
        sent = self._new("黃詩涵", "TAX90003", *new, seat, 18, "增設一名機關管理者互為代理")
        self._pass(sent, Deed.PRINT, None, 18)
        self._pass(sent, Deed.APPROVE, "agency_head", 14)
        self._letter(sent, Deed.LETTER, "agency_manager", 12, "北市稽企字第")
        fresh = self._new("吳承翰", "TAX90004", *new, seat, 2, "機關管理者預定調任，接任人選")
        self._pass(fresh, Deed.PRINT, None, 2)
        there = next(
            one for one in self.people if one.unit.agency.code == _OTHER and one.unit.is_seat
        )
        head = self._holder(Duty.AGENCY_HEAD, there.unit.agency_id)
        other = self._new(
            "許雅雯", "UDD90005", *new, self.units[there.unit.spec.code], 30, "機關管理者異動"
        )
        self._pass(other, Deed.PRINT, None, 30)
        self._pass(other, Deed.APPROVE, head, 27)
        self._letter(other, Deed.LETTER, head, 25, "北市都企字第")
        self._pass(other, Deed.REVIEW, "reviewer", 20)
        self._letter(other, Deed.REPLY, "reviewer", 18, "北市地資字第")

    def _reinstatement(self) -> None:
        """Somebody of the agency whose account is suspended has applied, and not telephoned yet."""
        suspended = self._kind("suspended")
        if suspended is not None:
            held = tuple(one.item for one in self.accounts[suspended.account_id].items)
            items = tuple(item for item in Item if item.value in held)
            self._own(suspended.username, Kind.REINSTATE, 1, "職務調整完成，恢復原業務", items)

    def _completed(self) -> None:
        """The application by which a newcomer of the agency came to their account."""
        person = self._kind("newcomer") or self._users(_UNIT)[-1]
        account = self.accounts[person.account_id]
        days = (local_date(self.now) - local_date(account.created_at)).days
        unit = self.units[person.unit.spec.code]
        done = self._new(
            account.name,
            account.staff_no,
            Role.GENERAL_USER,
            Kind.CREATE,
            unit,
            days + 5,
            "新進人員",
        )
        done.username, done.email, done.title = account.username, account.email, account.title
        self._pass(done, Deed.PRINT, None, days + 5)
        self._pass(done, Deed.APPROVE, self._head_of(unit.id), days + 2)
        self._pass(done, Deed.COMPLETE, "agency_manager", days)
        done.account_id = account.id
        close(done, State.COMPLETED, self._at("agency_manager", days))

    def _leavings(self) -> None:
        """One leaves in ten days, one moves in forty, and of one the day is past; none has applied."""
        users, today = self._users(_UNIT), local_date(self.now)
        for username, kind, days, by in (
            (users[1].username, Leaving.LEAVE, 10, "head"),
            ("ethics", Leaving.MOVE, 40, "agency_manager"),
            (users[2].username, Leaving.LEAVE, -3, "head"),
        ):
            day = today + timedelta(days)
            person = self._at(by, 15)
            account = self.named[username]
            put_entry(self.db, person, account, kind, day, Source.MANUAL, "人事通知")
        self.db.flush()

    # --- taking in and passing on -----------------------------------------------------------------

    def _new(
        self, name: str, staff_no: str, role: Role, kind: Kind, unit: Unit, days: int, reason: str
    ) -> Application:
        general = role is Role.GENERAL_USER
        stranger = Actor(self._when(days), None, "", name, None)
        return self._store(
            stranger,
            Application(
                role=role.value,
                kind=kind.value,
                username=f"{staff_no.lower()}",
                staff_no=staff_no,
                name=name,
                title="科員",
                email=f"{staff_no.lower()}@{unit.agency.code.lower()}.taipei.example",
                phone="02-5550-1000 轉 200",
                unit=unit,
                items=[item.value for item in _WANTED] if general else [],
                reason=reason,
                follow_hash=hashlib.sha256(f"demo:{staff_no}".encode()).hexdigest(),
            ),
        )

    def _own(
        self, username: str, kind: Kind, days: int, reason: str, items: Sequence[Item]
    ) -> Application:
        account, person = self.named[username], self._at(username, days)
        return self._store(
            person,
            Application(
                role=account.role,
                kind=kind.value,
                account=account,
                username=account.username,
                staff_no=account.staff_no,
                name=account.name,
                title=account.title,
                email=account.email,
                phone=account.phone,
                unit=account.unit,
                items=[item.value for item in items],
                reason=reason,
                email_confirmed_at=person.now,
            ),
        )

    def _store(self, person: Actor, application: Application) -> Application:
        application.number, application.revision = f"demo-{self.made}", 1
        application.state, application.step = State.OPEN.value, 1
        application.submitted_at, self.made = person.now, self.made + 1
        self.db.add(application)
        self.db.flush()
        year = local_date(person.now).year - 1911
        application.number = f"申{year}-{application.id:06d}"
        write_act(self.db, person, application, Act.SUBMITTED)
        return application

    def _pass(self, application: Application, deed: Deed, who: str | None, days: int) -> None:
        """Pass a step as that person, or as the applicant, who has no account."""
        if who is None:
            person = Actor(self._when(days, 11), None, "", application.name, None)
        else:
            person = self._at(who, days, 11)
            take(person, application, deed)
        pass_step(self.db, person, application)
        self.db.flush()

    def _letter(
        self, application: Application, deed: Deed, who: str, days: int, begins: str
    ) -> None:
        person = self._at(who, days, 14)
        take(person, application, deed)
        day = local_date(person.now)
        number = f"{begins}{day.year - 1911}{3000 + application.id:07d}號"
        pass_step(self.db, person, application, letter=(number, day))
        self.db.flush()

    # --- who and when ------------------------------------------------------------------------------

    def _when(self, days: int, hour: int = 10) -> datetime:
        return midnight(local_date(self.now) - timedelta(days)) + timedelta(hours=hour)

    def _at(self, username: str, days: int, hour: int = 10) -> Actor:
        return as_actor(self.named[username], self._when(days, hour))

    def _users(self, unit: str) -> list[Person]:
        return [one for one in self.people if one.unit.spec.code == unit and one.post == "user"]

    def _kind(self, kind: str) -> Person | None:
        return next(
            (o for o in self.people if o.unit.agency.code == _AGENCY and o.life.kind == kind), None
        )

    def _head_of(self, unit_id: int) -> str:
        return self._held_by(
            AccountDuty.duty == Duty.UNIT_HEAD.value, AccountDuty.unit_id == unit_id
        )

    def _holder(self, duty: Duty, agency_id: int) -> str:
        return self._held_by(AccountDuty.duty == duty.value, AccountDuty.agency_id == agency_id)

    def _held_by(self, *where: object) -> str:
        account_id = self.db.scalars(select(AccountDuty.account_id).where(*where)).first()  # type: ignore[arg-type]
        assert account_id is not None  # every unit and agency has its posts
        return self.accounts[account_id].username


def _with_holdings() -> tuple[Item, ...]:
    return tuple(item for item in Item if item in {*PROFILES[0], Item.OWNER_HOLDINGS})
