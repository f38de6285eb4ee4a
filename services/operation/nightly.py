"""The nightly job: everything that has to happen every night, in order; safe to run twice, on any day."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from services.accounts.leaving.suspending import FAULT, suspend_past
from services.actor import Actor
from services.applications.expiring import expire_applications
from services.errors import Refused, UserError
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.ledger.checkpoints import LedgerFault
from services.ledger.sealing import seal
from services.operation.sweeping import sweep_files
from services.oversight.receiving import receive_waiting
from services.reviews.opening import open_due_reviews
from services.schedule.reminders import send_reminders

log = logging.getLogger("cadastre.nightly")
Outcome = tuple[dict[str, Any], str]
"""What a step came to, and what went wrong in it: empty when nothing did."""


@dataclass(frozen=True)
class Step:
    """One step of a night."""

    step: str
    ok: bool
    result: dict[str, Any]
    error: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as ``nightly --json`` prints it."""
        return asdict(self)


@guarded(Action.CHANGE_SETTINGS)
def run_night(actor: Actor) -> tuple[Step, ...]:
    """Seal, receive, open reviews, suspend leavers, end applications, remind, sweep; a failure stops no other.

    Only for the operator's nightly job. Each step is the service that has its own command.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    return tuple(_run(name, job, actor) for name, job in _STEPS)


def _run(name: str, job: Callable[[Actor], Outcome], actor: Actor) -> Step:
    try:
        result, error = job(actor)
    except (UserError, LedgerFault) as said:
        result, error = {}, str(said)
    except Exception:
        # Held included: the steps that follow say for themselves whether they could be done.
        log.exception("%s failed", name)
        result, error = {}, FAULT
    return Step(name, not error, result, error)


def _seal(actor: Actor) -> Outcome:
    return asdict(seal(actor)), ""


def _receive_packages(actor: Actor) -> Outcome:
    night = receive_waiting(actor)
    left = "、".join(str(one) for one in night["failed"])
    return night, f"函送資料未能檢核：稽核 {left}" if left else ""


def _open_reviews(actor: Actor) -> Outcome:
    return {"opened": [asdict(one) for one in open_due_reviews(actor)]}, ""


def _suspend_leavers(actor: Actor) -> Outcome:
    night = suspend_past(actor)
    left = [f"{one.name}（{one.username}）：{one.sentence}" for one in night.left_alone]
    return night.as_dict(), f"未能停權：{'；'.join(left)}" if left else ""


def _expire_applications(actor: Actor) -> Outcome:
    return expire_applications(actor).as_dict(), ""


def _remind(actor: Actor) -> Outcome:
    night = send_reminders(actor)
    left = f"無法整理待辦事項：{'、'.join(night.failed)}" if night.failed else ""
    return night.as_dict(), left


def _sweep(actor: Actor) -> Outcome:
    sweep = sweep_files(actor)
    return sweep.as_dict(), sweep.sentence


_STEPS: tuple[tuple[str, Callable[[Actor], Outcome]], ...] = (
    ("seal", _seal),
    ("receive-packages", _receive_packages),
    ("open-due-reviews", _open_reviews),
    ("suspend-leavers", _suspend_leavers),
    ("expire-applications", _expire_applications),
    ("send-reminders", _remind),
    ("sweep-files", _sweep),
)
