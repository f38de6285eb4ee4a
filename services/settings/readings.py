"""Which reading of the rule this installation has chosen; changed by the operator, recorded."""

from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Setting
from services import events
from services.actor import Actor
from services.errors import Invalid
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.regulation.readings import ALL_READINGS, Reading


def chosen(db: Session, reading_: Reading) -> str:
    """Return the value in force for a reading: the setting, or its default."""
    setting = db.get(Setting, reading_.key)
    return setting.value if setting else reading_.default


@guarded(Action.CHANGE_SETTINGS)
def choose(actor: Actor, key: str, value: str) -> None:
    """Set a reading; raise Invalid for an unknown key or value."""
    permit(actor, Action.CHANGE_SETTINGS)
    found = next((known for known in ALL_READINGS if known.key == key), None)
    if found is None:
        raise Invalid(f"沒有「{key}」這項解讀；可設定：{'、'.join(r.key for r in ALL_READINGS)}。")
    if value not in found.options:
        raise Invalid(
            f"「{found.question}」沒有「{value}」這個選項；可用：{'、'.join(found.options)}。"
        )
    with transaction() as db:
        before = chosen(db, found)
        db.merge(Setting(key=key, value=value, changed_at=actor.now, changed_by=actor.account_id))
        events.write(
            db, actor, EventType.SETTING_CHANGED, about=("setting", key), before=before, after=value
        )
