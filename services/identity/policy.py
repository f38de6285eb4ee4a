"""The sign-in policy: how long, how often, how strong. Settings, each with the bounds of 附表十."""

from dataclasses import asdict, dataclass, fields

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Setting
from services import events
from services.actor import Actor
from services.errors import Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import facts
from services.regulation.roles import Duty, Role

PREFIX = "policy."


@dataclass(frozen=True)
class Policy:
    """The values in force; the defaults are those of a new installation."""

    lock_failures: int = 5
    address_failures: int = 20
    lock_minutes: int = 15
    idle_minutes: int = 15
    session_hours: int = 10
    password_length: int = 12
    password_days: int = 90
    password_min_hours: int = 24
    password_history: int = 3
    reset_minutes: int = 30
    second_factor: int = 1

    def needs_second_factor(self, role: Role, duties: frozenset[Duty]) -> bool:
        """Whether somebody with this role and these duties must have a second factor."""
        privileged = role is not Role.GENERAL_USER or bool(duties)
        return self.second_factor == 2 or (self.second_factor == 1 and privileged)


@dataclass(frozen=True)
class Rule:
    """One value of the policy: what it says, and the least and most that is accepted."""

    key: str
    label: str
    least: int
    most: int


RULES: tuple[Rule, ...] = (
    Rule("lock_failures", "同一帳號連續登入失敗幾次即鎖定", 3, 5),
    Rule("address_failures", "同一來源位址登入失敗幾次即鎖定", 5, 200),
    Rule("lock_minutes", "鎖定幾分鐘", 15, 1440),
    Rule("idle_minutes", "閒置幾分鐘自動登出", 3, 30),
    Rule("session_hours", "登入後最長幾小時須重新登入", 1, 12),
    Rule("password_length", "密碼最少字元數", 12, 64),
    Rule("password_days", "密碼最長使用日數", 30, 365),
    Rule("password_min_hours", "密碼變更後幾小時內不得再變更", 0, 168),
    Rule("password_history", "不得與最近幾次密碼相同", 3, 24),
    Rule("reset_minutes", "重設密碼連結幾分鐘內有效", 5, 30),
    Rule("second_factor", "雙因子驗證：0 不要求、1 管理者及稽核複核人員、2 所有人", 0, 2),
)
"""The bounds keep every choice at least as strict as 附表十 asks."""


_DEMO = {"second_factor": 0, "password_days": 0}  # nosec B105  # a number of the policy, no password
"""While demo data is loaded a newcomer can look round with the published password."""


def policy_of(db: Session) -> Policy:
    """Return the policy in force: what was set, else the defaults (of the demo, where it is)."""
    stored = dict(
        db.execute(select(Setting.key, Setting.value).where(Setting.key.startswith(PREFIX))).all()
    )
    chosen = {key.removeprefix(PREFIX): int(value) for key, value in stored.items()}
    if db.get(Setting, facts.DEMO_KEY) is not None:
        chosen = _DEMO | chosen
    known = {field.name for field in fields(Policy)}
    return Policy(**{key: value for key, value in chosen.items() if key in known})


def stored_value(key: str) -> ScalarSelect[str]:
    """Return one stored value as a part of a larger statement, for `value_or_default`."""
    return select(Setting.value).where(Setting.key == PREFIX + key).scalar_subquery()


def demo_marker() -> ScalarSelect[str]:
    """Return what stands while demo data is loaded, as `stored_value` does."""
    return select(Setting.value).where(Setting.key == facts.DEMO_KEY).scalar_subquery()


def value_or_default(key: str, stored: str | None, demo: str | None = None) -> int:
    """Return the value in force, given what is stored and `demo_marker`.

    Without the marker the key has to be one that the demo does not change.
    """
    if stored is not None:
        return int(stored)
    default: int = getattr(Policy, key)
    return default if demo is None else _DEMO.get(key, default)


@guarded(Action.CHANGE_SETTINGS)
def set_policy(actor: Actor, key: str, value: str) -> None:
    """Set one value of the policy; raise Invalid for an unknown key or a value out of bounds."""
    permit(actor, Action.CHANGE_SETTINGS)
    rule = next((known for known in RULES if known.key == key), None)
    if rule is None:
        raise Invalid(f"沒有「{key}」這項設定；可設定：{'、'.join(known.key for known in RULES)}。")
    if not value.isascii() or not value.isdigit() or not rule.least <= int(value) <= rule.most:
        raise Invalid(f"「{rule.label}」請填 {rule.least} 至 {rule.most} 的整數，不是「{value}」。")
    with transaction() as db:
        before = asdict(policy_of(db))[key]
        db.merge(
            Setting(
                key=PREFIX + key,
                value=str(int(value)),
                changed_at=actor.now,
                changed_by=actor.account_id,
            )
        )
        events.write(
            db,
            actor,
            EventType.SETTING_CHANGED,
            about=("setting", PREFIX + key),
            before=before,
            after=int(value),
        )
