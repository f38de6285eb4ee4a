"""Past handovers and their lists, for those who had a part in them and the managers concerned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from data.engine import reading
from data.models import Account, Handover, Unit
from services.actor import Actor
from services.errors import NotFound
from services.identity.guard import guarded
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.papers.keeping import PaperKind
from services.papers.listing import label_of
from services.regulation.roles import MANAGES
from services.rocdate import roc_time

COLUMNS = (
    "文件編號", "種類", "帳號或申請人", "單位", "申請案", "檔名", "雜湊值", "移交人", "接手人", "辦理人", "移交時間", "原因",
)  # fmt: skip
_GIVER, _TAKER, _DOER = aliased(Account), aliased(Account), aliased(Account)


@dataclass(frozen=True)
class PastHandover:
    """One handover with its list as it was."""

    id: int
    at: datetime
    giver: str
    taker: str
    doer: str
    reason: str
    documents: tuple[dict[str, Any], ...]


@guarded(Action.KEEP_DOCUMENTS)
def list_handovers(actor: Actor, limit: int) -> tuple[PastHandover, ...]:
    """Return the latest handovers that ``actor`` had a part in or whose documents are in their charge."""
    return _read(actor, limit)


@guarded(Action.KEEP_DOCUMENTS)
def handover(actor: Actor, handover_id: int) -> PastHandover:
    """Return one handover; one that is not there and one of other people get the same answer."""
    return load_handover(actor, handover_id)


def load_handover(person: Actor, handover_id: int) -> PastHandover:
    """Return one handover within the person's reach, or raise NotFound."""
    past = _read(person, 1, handover_id)
    if not past:
        raise NotFound("查無此移交紀錄。")
    return past[0]


def list_rows(past: PastHandover) -> list[tuple[str, ...]]:
    """Return the list of a handover as rows of `COLUMNS`."""
    return [
        (
            str(one["id"]),
            PaperKind(one["kind"]).label,
            one["about"],
            one["unit"],
            one["application"],
            one["file_name"],
            one["sha256"],
            past.giver,
            past.taker,
            past.doer,
            roc_time(past.at),
            past.reason,
        )
        for one in past.documents
    ]


def _read(person: Actor, limit: int, only: int | None = None) -> tuple[PastHandover, ...]:
    reached = reach(person, Action.KEEP_DOCUMENTS)
    had_a_part = or_(
        *(
            column == person.account_id
            for column in (Handover.from_id, Handover.to_id, Handover.by_id)
        )
    )
    statement = (
        select(Handover, _GIVER, _TAKER, _DOER)
        .join(_GIVER, _GIVER.id == Handover.from_id)
        .join(_TAKER, _TAKER.id == Handover.to_id)
        .join(_DOER, _DOER.id == Handover.by_id)
        .join(Unit, Unit.id == _GIVER.unit_id)
        .where(or_(had_a_part, within(reached, unit=Unit.id, agency=Unit.agency_id)))
        .order_by(Handover.id.desc())
    )
    if only is not None:
        statement = statement.where(Handover.id == only)
    with reading() as db:
        past: list[PastHandover] = []
        for row, giver, taker, doer in db.execute(statement.execution_options(yield_per=50)):
            took_part = person.account_id in (row.from_id, row.to_id, row.by_id)
            if not took_part and not _in_charge(person, row.documents):
                continue
            past.append(
                PastHandover(
                    row.id,
                    row.at,
                    label_of(giver),
                    label_of(taker),
                    label_of(doer),
                    row.reason,
                    tuple(row.documents),
                )
            )
            if len(past) == limit:
                break
    return tuple(past)


def _in_charge(person: Actor, documents: list[dict[str, Any]]) -> bool:
    """Whether every document of the list was one the person looks after, and none about themselves."""
    reached = reach(person, Action.KEEP_DOCUMENTS)
    managed = MANAGES[person.role] if person.role else frozenset()
    return all(
        one["role"] in managed
        and one["account_id"] != person.account_id
        and reached.covers(one["unit_id"], one["agency_id"])
        for one in documents
    )
