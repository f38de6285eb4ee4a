"""Reminders by mail: what became due within a fortnight, or overdue, since the person was last told."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import Account, AccountDuty, PersonnelChange, Reminder
from services import events
from services.actor import Actor
from services.errors import Held, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.links import can_mail
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, permit
from services.identity.terms import held_at
from services.mail import outgoing
from services.regulation.roles import AccountStatus, Role
from services.rocdate import midnight
from services.schedule.folding import folded
from services.schedule.tasks import tasks_of
from services.schedule.words import Task, TaskState, due_words

DAYS_BEFORE = 14
"""So many days before something is due its holder is reminded (our figure, not the rule's)."""
log = logging.getLogger("cadastre.reminders")


@dataclass(frozen=True)
class Reminded:
    """What one night came to."""

    sent: int
    tasks: int
    failed: tuple[str, ...] = ()
    """Whose tasks could not be worked out; the log has why."""
    mail: bool = True
    """Whether mail can be sent at all."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``nightly --json`` prints it."""
        return {
            "sent": self.sent,
            "tasks": self.tasks,
            "failed": list(self.failed),
            "mail": self.mail,
        }


@guarded(Action.CHANGE_SETTINGS)
def send_reminders(actor: Actor) -> Reminded:
    """Queue one mail to everybody of whom something became due or overdue since they were last told.

    Only for the operator's nightly job. Nobody gets two in a night, nor hears twice of the same thing at
    the same stage; who has no address, or is suspended, hears nothing. Without a mail server nothing is
    counted as told.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    if not can_mail():
        return Reminded(0, 0, mail=False)
    pressing, failed = _pressing(actor)
    told = 0
    with transaction() as db:
        # Of two jobs at once the second waits here, and then finds what the first one told.
        locked = select(Account.id).where(Account.id.in_(pressing)).order_by(Account.id)
        db.scalars(locked.with_for_update(key_share=True)).all()
        new = {
            id_: left for id_, tasks in pressing.items() if (left := _untold(db, actor, id_, tasks))
        }
        for id_, tasks in new.items():
            account = db.get_one(Account, id_)
            outgoing.queue(
                db, account.email, _subject(tasks), _body(account.name, tasks), actor.now
            )
            told += len(tasks)
            for task in tasks:
                row = Reminder(
                    account_id=id_, task=task.key, stage=task.state.value, sent_at=actor.now
                )
                db.add(row)
        if new:
            about = ("reminders", actor.today.isoformat())
            events.write(db, actor, EventType.REMINDERS_SENT, about=about, sent=len(new))
    return Reminded(len(new), told, tuple(failed))


def _pressing(actor: Actor) -> tuple[dict[int, list[Task]], list[str]]:
    """Return what presses by account, and the accounts for which it could not be worked out."""
    found, failed = {}, []
    for id_, username in _candidates(actor):
        try:
            with reading() as db:
                account = load_account(db, id_)
                person = as_actor(account, actor.now) if account else None
            tasks = tasks_of(person) if person else []
        except Held:
            raise
        except Exception:
            # What is wrong with one person's things keeps nobody else from being reminded.
            log.exception("the tasks of account %s cannot be worked out", id_)
            failed.append(username)
            continue
        if near := [task for task in tasks if _presses(actor, task)]:
            found[id_] = near
    return found, failed


def _presses(actor: Actor, task: Task) -> bool:
    if not task.is_owed or task.due is None:
        return False
    return actor.today >= task.due.effective - timedelta(days=DAYS_BEFORE)


def _candidates(actor: Actor) -> list[Any]:
    """Return id and name of the accounts in use that can be told, and can owe anything with a day."""
    holds = select(AccountDuty.account_id).where(held_at(actor.now))
    leaves = select(PersonnelChange.account_id).where(PersonnelChange.settled_at.is_(None))
    asked = (
        select(Account.id, Account.username)
        .where(
            Account.status == AccountStatus.ACTIVE.value,
            Account.email != "",
            or_(
                Account.role != Role.GENERAL_USER.value,
                Account.id.in_(holds),
                Account.id.in_(leaves),
            ),
        )
        .order_by(Account.id)
    )
    with reading() as db:
        return list(db.execute(asked).all())


def _untold(db: Session, actor: Actor, account_id: int, tasks: Sequence[Task]) -> list[Task]:
    """Return what the person was not told at this stage; nothing where they were told today already."""
    tonight = and_(Reminder.account_id == account_id, Reminder.sent_at >= midnight(actor.today))
    if db.scalar(select(Reminder.task).where(tonight).limit(1)) is not None:
        return []
    told = set(
        db.execute(
            select(Reminder.task, Reminder.stage).where(
                Reminder.account_id == account_id, Reminder.task.in_([task.key for task in tasks])
            )
        ).all()
    )
    return [task for task in tasks if (task.key, task.state.value) not in told]


def _subject(tasks: Sequence[Task]) -> str:
    late = sum(task.state is TaskState.OVERDUE for task in tasks)
    return f"提醒：{len(tasks):,} 件待辦事項" + (f"，其中 {late:,} 件已逾期" if late else "")


def _body(name: str, tasks: Sequence[Task]) -> str:
    site = os.environ.get("PUBLIC_URL", "").rstrip("/")
    lines = []
    for task in folded(tasks):
        day = f"\n　{due_words(task.due)}" if task.due else ""
        way = f"{site}/{task.page}" + (f"?{urlencode(task.fields)}" if task.fields else "")
        lines.append(f"【{task.state.label}】{task.words}{day}\n　{way}")
    return (
        f"{name} 您好：\n\n以下事項即將到期或已逾期：\n\n"
        + "\n\n".join(lines)
        + f"\n\n全部待辦事項：{site}/\n同一事項於到期前及逾期後各提醒一次。\n\n地籍資料使用管理系統"
    )
