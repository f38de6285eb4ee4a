"""The first system manager of a new installation; everybody else comes through applications."""

from sqlalchemy import func, select

from data.engine import reading, transaction
from data.models import Account, Agency, Unit, UsageSource
from services import events
from services.accounts.person import checked_login, checked_name
from services.actor import Actor
from services.errors import Conflict
from services.events import EventType
from services.identity.guard import guarded
from services.identity.passwords import hash_password, judge
from services.identity.permissions import Action, permit
from services.identity.policy import policy_of
from services.identity.signin import typed_password
from services.regulation.roles import AccountStatus, Role
from services.usage.records import LOCAL_SOURCE


@guarded(Action.CHANGE_SETTINGS)
def create_first_system_manager(
    actor: Actor, username: str, name: str, staff_no: str, password: str
) -> int:
    """Create the land bureau, if missing, and its first system manager (clauses 3 and 4.4).

    The operator has typed the password, so its owner chooses another at the first sign-in. Raises
    Conflict when a system manager exists, Invalid for a malformed name or a weak password.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    password = typed_password(password)
    login = checked_login(username)
    name, staff_no = checked_name(name, staff_no)
    with reading() as db:
        judge(policy_of(db), password, (login, name, staff_no))
    hashed = hash_password(password)
    with transaction() as db:
        active = select(func.count()).where(
            Account.role == Role.SYSTEM_MANAGER.value, Account.status == AccountStatus.ACTIVE.value
        )
        if db.scalar(active):
            raise Conflict("已有系統管理者；其他帳號請走申請流程。")
        bureau = db.scalar(select(Agency).where(Agency.is_bureau))
        if bureau is None:
            bureau = Agency(code="LAND", name="臺北市政府地政局", is_bureau=True)
            db.add(bureau)
            db.flush()
        unit = db.scalar(select(Unit).where(Unit.agency_id == bureau.id).order_by(Unit.id))
        if unit is None:
            unit = Unit(agency_id=bureau.id, code="LAND", name="臺北市政府地政局")
            db.add(unit)
        if db.scalar(select(UsageSource).where(UsageSource.code == LOCAL_SOURCE)) is None:
            db.add(UsageSource(code=LOCAL_SOURCE, name="臺北地政雲", created_at=actor.now))
        db.flush()
        account = Account(
            username=login,
            staff_no=staff_no,
            name=name,
            unit_id=unit.id,
            role=Role.SYSTEM_MANAGER.value,
            password_hash=hashed,
            password_set_at=actor.now,
            must_change_password=True,
            created_at=actor.now,
        )
        db.add(account)
        db.flush()
        events.write(
            db, actor, EventType.ACCOUNT_CREATED, about=("account", account.id), role=account.role
        )
        return account.id
