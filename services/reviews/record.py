"""The signed record of a closed review: what it holds, its hash held against it, and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import reading
from data.models import Account, ReviewCampaign, ReviewLine
from services.actor import Actor
from services.errors import Conflict
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation import alerts
from services.regulation.access_review import Choice, Flag, flags_of, item_words
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Role
from services.reviews.facts import as_day, facts_of
from services.reviews.store import digest, load_campaign
from services.rocdate import local_date, roc_date

EXPORT_NAME = "權限清查紀錄"
COLUMNS = (
    "姓名（帳號）", "員工編號", "單位", "角色", "清查時狀態", "授權項目", "建立", "最近使用", "期間內筆數",
    "預定離職", "註記", "建議", "建議理由", "初核", "初核人", "核定", "留下項目", "核定原因", "核定人",
    "辦理結果",
)  # fmt: skip


@dataclass(frozen=True)
class SignedRecord:
    """The record as it was signed, its hash, and its lines as plain rows of text (`COLUMNS`)."""

    content: dict[str, Any]
    content_hash: str
    rows: tuple[tuple[str, ...], ...]


def record_of(db: Session, campaign: ReviewCampaign, lines: Sequence[ReviewLine]) -> dict[str, Any]:
    """Return everything that closing signs, as JSON: names stand as they were on that day."""
    ids = {campaign.opened_by, campaign.closed_by}
    ids |= {line.prepared_by for line in lines} | {line.decided_by for line in lines}
    people = select(Account.id, Account.name, Account.username).where(Account.id.in_(ids - {None}))
    names = {id_: f"{name}（{username}）" for id_, name, username in db.execute(people)}
    assert campaign.closed_at is not None
    return {
        "campaign": campaign.id,
        "agency": {"code": campaign.agency.code, "name": campaign.agency.name},
        "opened_at": campaign.opened_at.isoformat(),
        "opened_by": names.get(campaign.opened_by or 0, ""),
        "since": campaign.since.isoformat(),
        "due_on": campaign.due_on.isoformat(),
        "closed_at": campaign.closed_at.isoformat(),
        "closed_by": names.get(campaign.closed_by or 0, ""),
        "counts": {
            choice.value: sum(line.decided == choice.value for line in lines) for choice in Choice
        },
        "lines": [_line(line, campaign, names) for line in lines],
    }


def _line(line: ReviewLine, campaign: ReviewCampaign, names: dict[int, str]) -> dict[str, Any]:
    opened = local_date(campaign.opened_at)
    return {
        "account_id": line.account_id,
        "seen": line.seen,
        "flags": [flag.value for flag in flags_of(facts_of(line.seen), opened)],
        "suggested": line.suggested,
        "because": line.because,
        "prepared": line.prepared,
        "prepared_items": line.prepared_items,
        "prepared_note": line.prepared_note,
        "prepared_by": names.get(line.prepared_by or 0, ""),
        "prepared_at": line.prepared_at.isoformat() if line.prepared_at else None,
        "decided": line.decided,
        "decided_items": line.decided_items,
        "decided_note": line.decided_note,
        "decided_by": names.get(line.decided_by or 0, ""),
        "decided_at": line.decided_at.isoformat() if line.decided_at else None,
        "outcome": line.outcome,
    }


def record_rows(content: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the lines of a record as rows of text under `COLUMNS`, for every kind of paper."""
    return tuple(_cells(line) for line in content["lines"])


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    seen = line["seen"]
    return (
        f"{seen['name']}（{seen['username']}）",
        seen["staff_no"],
        seen["unit"],
        Role(seen["role"]).label,
        AccountStatus(seen["status"]).label,
        item_words(Item(item) for item in seen["items"]),
        _day(seen["created_on"]),
        _day(seen["last_used_on"]) or "從未使用",
        f"{seen['uses']:,}",
        _day(seen["leaving_on"]),
        "、".join(Flag(flag).label for flag in line["flags"]),
        Choice(line["suggested"]).label,
        line["because"],
        Choice(line["prepared"]).label if line["prepared"] else "",
        line["prepared_by"],
        Choice(line["decided"]).label,
        item_words(Item(item) for item in line["decided_items"] or ()),
        line["decided_note"],
        line["decided_by"],
        line["outcome"],
    )


def _day(text: str | None) -> str:
    day = as_day(text)
    return roc_date(day) if day else ""


@guarded(Action.VIEW_REVIEWS)
def signed_record(actor: Actor, campaign_id: int) -> SignedRecord:
    """Return the signed record of the agency's review, after holding its hash against it.

    Raises Conflict while the review is open, and, with an alert, when the record is not what was
    signed.
    """
    return load_record(actor, campaign_id)


def load_record(person: Actor, campaign_id: int) -> SignedRecord:
    """Return the record within the person's reach, or raise as `signed_record` does."""
    with reading() as db:
        campaign = load_campaign(db, person, campaign_id, Action.VIEW_REVIEWS)
        permit(person, Action.VIEW_REVIEWS, agency_id=campaign.agency_id)
    if campaign.record is None:
        raise Conflict("這次清查尚未結案，還沒有清查紀錄。")
    if digest(campaign.record) != campaign.content_hash:
        sentence = "權限清查紀錄與簽核時的雜湊值不符"
        alerts.alert(sentence, campaign=campaign_id)
        raise Conflict(f"{sentence}，內容可能遭更動；請告知系統維運人員。")
    return SignedRecord(campaign.record, campaign.content_hash, record_rows(campaign.record))
