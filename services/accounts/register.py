"""The list of users (使用者清冊) as it leaves: what the rule needs of every account (clauses 6.1, 7.2.1).

Telephone and e-mail stay out: the rule asks who may use what, and each look at those is recorded.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import aliased

from data.engine import reading
from data.models import Account, AccountItem
from services.accounts.directory import AccountFilters, AccountRow, list_accounts
from services.actor import Actor
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.regulation.items import Item
from services.regulation.roles import AccountStatus
from services.rocdate import local_date, roc_date, roc_time

COLUMNS = (
    *("姓名（帳號）", "員工編號", "職稱", "機關", "單位", "角色", "職務"),
    *("狀態", "狀態日期", "授權項目", "授權日期", "授權者", "建立日期", "最近使用", "預定離職"),
)
_CHUNK = 500


@guarded(Action.VIEW_ACCOUNTS)
def register_of_users(actor: Actor, filters: AccountFilters) -> list[tuple[str, ...]]:
    """Return every account within reach that matches, one row of `COLUMNS` each."""
    rows: list[tuple[str, ...]] = []
    after: int | None = None
    while True:
        page = list_accounts(actor, filters, after, _CHUNK)
        grants, since = _grants(page.rows), _since(page.rows)
        rows += [_cells(row, since[row.id], grants[row.id]) for row in page.rows]
        after = page.next_after
        if after is None:
            return rows


def _cells(
    row: AccountRow, since: datetime, grants: Sequence[tuple[Item, str, str]]
) -> tuple[str, ...]:
    return (
        row.label,
        row.staff_no,
        row.title,
        row.agency,
        row.unit,
        row.role.label,
        "、".join(duty.label for duty in row.duties),
        row.status.label,
        _day(since),
        "、".join(item.label for item, _, _ in grants),
        "、".join(dict.fromkeys(day for _, day, _ in grants)),
        "、".join(dict.fromkeys(by for _, _, by in grants)),
        _day(row.created_at),
        roc_time(row.last_used_at) if row.last_used_at else "從未使用",
        roc_date(row.leaving_on) if row.leaving_on else "",
    )


def _since(rows: Sequence[AccountRow]) -> dict[int, datetime]:
    """Return since when each account stands as it does; one in use since it was made or restored."""
    moment = case(
        (Account.status == AccountStatus.SUSPENDED.value, Account.suspended_at),
        (Account.status == AccountStatus.CANCELLED.value, Account.cancelled_at),
        else_=Account.restored_at,
    )
    since = {row.id: row.created_at for row in rows}
    with reading() as db:
        found = db.execute(select(Account.id, moment).where(Account.id.in_(since)))
        return since | {id_: at for id_, at in found if at is not None}


def _grants(rows: Sequence[AccountRow]) -> defaultdict[int, list[tuple[Item, str, str]]]:
    """Return each account's items in the order of the rule, with the day and who granted it."""
    granter = aliased(Account)
    asked = (
        select(
            AccountItem.account_id,
            AccountItem.item,
            AccountItem.granted_at,
            granter.name,
            granter.username,
        )
        .outerjoin(granter, granter.id == AccountItem.granted_by)
        .where(AccountItem.account_id.in_([row.id for row in rows]))
    )
    found: defaultdict[int, list[tuple[Item, str, str]]] = defaultdict(list)
    with reading() as db:
        for account_id, item, at, name, username in db.execute(asked):
            by = f"{name}（{username}）" if username else "（未留存）"
            found[account_id].append((Item(item), _day(at), by))
    order = list(Item)
    for grants in found.values():
        grants.sort(key=lambda grant: order.index(grant[0]))
    return found


def _day(moment: datetime) -> str:
    return roc_date(local_date(moment))
