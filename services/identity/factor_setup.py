"""Setting up a second factor: the first one, another one in its place, new recovery codes.

A new secret is shown to whoever had it made, and to nobody afterwards: it is never read from the
database to be shown. What confirms it is a code that only an app with this secret can show.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import SecondFactor
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.events import EventType
from services.identity import recovery, totp
from services.identity.entering import Entering, Step, step_left
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.second_factor import (
    USED,
    check_code,
    confirmed_factor,
    own_account,
    read_code,
    seal,
    unseal,
    use_step,
)
from services.identity.totp import Enrolment

SLIP = (
    "驗證器的驗證碼不正確；請確認已掃描畫面上的 QR 碼、手機時間正確，"
    "並輸入 App 目前顯示的 6 個數字。"
)


def begin_enrolment(entering: Entering, now: datetime) -> Enrolment:
    """Make a secret for somebody on the way in and store it unconfirmed.

    An unconfirmed one of before is void from now on. Raises Conflict when this person is not asked
    to set up a second factor.
    """
    with transaction() as db:
        return _store_unconfirmed(db, _entering_actor(db, entering, "", now))


def confirm_enrolment(
    entering: Entering, enrolment: Enrolment, typed: str, address: str, now: datetime
) -> tuple[str, ...]:
    """Take the first right code of the new app; return the recovery codes, for the only time.

    Raises Invalid for a wrong code, Conflict when the set-up was begun anew elsewhere.
    """
    with transaction() as db:
        return _confirm(db, _entering_actor(db, entering, address, now), enrolment, typed)


@guarded(Action.MANAGE_OWN_SIGN_IN)
def begin_own_enrolment(actor: Actor) -> Enrolment:
    """Make a secret for a signed-in person without a second factor; as `begin_enrolment`."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    with transaction() as db:
        return _store_unconfirmed(db, actor)


@guarded(Action.MANAGE_OWN_SIGN_IN)
def confirm_own_enrolment(actor: Actor, enrolment: Enrolment, typed: str) -> tuple[str, ...]:
    """Take the first right code of a signed-in person's new app; as `confirm_enrolment`."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    with transaction() as db:
        return _confirm(db, actor, enrolment, typed)


@guarded(Action.MANAGE_OWN_SIGN_IN)
def offer_replacement(actor: Actor) -> Enrolment:
    """Return a secret for another app; the present one stays in force until `replace_factor`."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    with reading() as db:
        _present_factor(db, actor)
    return totp.new_enrolment(own_account(actor), actor.username)


@guarded(Action.MANAGE_OWN_SIGN_IN)
def replace_factor(
    actor: Actor, enrolment: Enrolment, present_code: str, new_code: str
) -> tuple[str, ...]:
    """Put another app in the place of the present one; return new recovery codes.

    ``present_code`` is of the present app, or a recovery code; ``new_code`` of the new app. The new
    one is looked at first, so that a slip there uses up no recovery code.
    """
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    _require_own(actor, enrolment)
    step = _first_step(enrolment, new_code, actor.now)
    check_code(actor, present_code)
    with transaction() as db:
        factor = _present_factor(db, actor)
        factor.secret, factor.confirmed_at, factor.last_step = (
            seal(enrolment.secret),
            actor.now,
            step,
        )
        return _set(db, actor, "replaced")


@guarded(Action.MANAGE_OWN_SIGN_IN)
def new_recovery_codes(actor: Actor, present_code: str) -> tuple[str, ...]:
    """Return a new set of recovery codes, for the only time; those of before are void."""
    permit(actor, Action.MANAGE_OWN_SIGN_IN, account_id=actor.account_id)
    check_code(actor, present_code)
    with transaction() as db:
        _present_factor(db, actor)
        return _set(db, actor, "recovery_codes")


def _entering_actor(db: Session, entering: Entering, address: str, now: datetime) -> Actor:
    if step_left(db, entering, now) is not Step.ENROL:
        raise Conflict("這個帳號目前不需要設定雙因子驗證；請從頭再登入一次。")
    account = load_account(db, entering.account_id)
    assert account is not None  # step_left has just read it
    return as_actor(account, now, address=address)


def _store_unconfirmed(db: Session, actor: Actor) -> Enrolment:
    account_id = own_account(actor)
    factor = db.get(SecondFactor, account_id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise Conflict("這個帳號已設定雙因子驗證；要換手機或 App，請用「更換驗證器」。")
    enrolment = totp.new_enrolment(account_id, actor.username)
    if factor is None:
        db.add(SecondFactor(account_id=account_id, secret=seal(enrolment.secret)))
    else:
        factor.secret = seal(enrolment.secret)
    return enrolment


def _confirm(db: Session, actor: Actor, enrolment: Enrolment, typed: str) -> tuple[str, ...]:
    _require_own(actor, enrolment)
    code = read_code(typed, of_app_only=True)
    factor = db.get(SecondFactor, own_account(actor), with_for_update=True)
    if (
        factor is None
        or factor.confirmed_at is not None
        or unseal(factor.secret) != enrolment.secret
    ):
        raise Conflict("這次的設定已失效（可能已在其他視窗重新設定）；請重新開始設定。")
    # Not counted: whoever gets here saw the secret and has nothing to guess.
    if problem := use_step(db, factor, code, actor.now):
        raise Invalid(problem if problem == USED else SLIP)
    factor.confirmed_at = actor.now
    return _set(db, actor, "enrolled")


def _first_step(enrolment: Enrolment, typed: str, now: datetime) -> int:
    step = totp.matching_step(enrolment.secret, read_code(typed, of_app_only=True), now)
    if step is None:
        raise Invalid(f"新{SLIP}")
    return step


def _require_own(actor: Actor, enrolment: Enrolment) -> None:
    if enrolment.account_id != actor.account_id:
        raise Conflict("這次的設定屬於另一個帳號；請重新開始設定。")


def _present_factor(db: Session, actor: Actor) -> SecondFactor:
    factor = confirmed_factor(db, own_account(actor))
    if factor is None:
        raise Conflict("這個帳號還沒有設定雙因子驗證；請先設定。")
    return factor


def _set(db: Session, actor: Actor, what: str) -> tuple[str, ...]:
    """Give new recovery codes and write down that the second factor was set."""
    account_id = own_account(actor)
    codes = recovery.new_codes(db, account_id)
    events.write(db, actor, EventType.SECOND_FACTOR_SET, about=("account", account_id), what=what)
    return codes
