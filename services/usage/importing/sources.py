"""The other systems whose usage is audited here (clause 9), found by name or code."""

import hashlib
import unicodedata
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import UsageSource
from services.actor import Actor
from services.errors import Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.usage.importing.text import fold
from services.usage.records import LOCAL_SOURCE

NAME_MAX = 60


@dataclass(frozen=True)
class SourceInfo:
    """Another system."""

    id: int
    code: str
    name: str


@guarded(Action.IMPORT_USAGE)
def list_sources(actor: Actor) -> list[SourceInfo]:
    """Return the other systems, by name."""
    permit(actor, Action.IMPORT_USAGE)
    with reading() as db:
        found = db.scalars(
            select(UsageSource).where(UsageSource.code != LOCAL_SOURCE).order_by(UsageSource.name)
        )
        return [SourceInfo(source.id, source.code, source.name) for source in found]


def checked_name(text: str) -> str:
    """Return the name of a source as it is stored, or raise Invalid."""
    name = fold(text)
    if any(unicodedata.category(ch) == "Cc" for ch in text.strip()):
        raise Invalid("來源系統的名稱不可含有控制字元。")
    if not 1 <= len(name) <= NAME_MAX:
        raise Invalid(f"來源系統的名稱請填 1 至 {NAME_MAX} 個字，目前 {len(name)} 個字。")
    return name


def find_source(db: Session, name: str) -> UsageSource | None:
    """Return the source with this name or code, or None when it is new; never this system itself."""
    checked = checked_name(name)
    source = db.scalar(
        select(UsageSource).where(
            or_(UsageSource.name == checked, UsageSource.code == func.lower(checked))
        )
    )
    if source is not None and source.code == LOCAL_SOURCE:
        raise Invalid(f"「{source.name}」是本系統自己的使用紀錄，不能匯入；請填其他系統的名稱。")
    return source


def new_source(actor: Actor, name: str) -> UsageSource:
    """Return a source not stored yet; its code is made of its name."""
    checked = checked_name(name)
    digest = hashlib.sha256(checked.encode()).hexdigest()[:8]
    return UsageSource(code=f"source-{digest}", name=checked, created_at=actor.now)
