"""請說明: the reviewer names findings, one or many at once, to be explained by a day (7.2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Finding, PackageReview, Unit
from services.actor import Actor
from services.errors import Conflict, Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.oversight.checks.all_checks import BY_CODE
from services.oversight.findings.store import checked_note, number_finding, write_step
from services.oversight.store import load_review, newest_run, require_holder, results_in
from services.regulation.finding_states import FindingAct, FindingState
from services.regulation.findings import due_problem
from services.regulation.package_review import ReviewState
from services.regulation.purpose import tidy
from services.rocdate import roc_date

TITLE_MIN, TITLE_MAX = 4, 200
MOST = 20


@dataclass(frozen=True)
class Draft:
    """What one finding is about."""

    title: str
    note: str
    """What has to be explained, in the reviewer's words."""
    check: str = ""
    """The check that it comes of; empty where the reviewer found it without one."""
    unit_code: str = ""
    """The unit it is about; empty where it is about the agency."""


@guarded(Action.REVIEW_PACKAGE)
def ask(
    actor: Actor, review_id: int, revision: int, drafts: Sequence[Draft], due_on: date | None
) -> list[int]:
    """Ask the agency to explain, by a day, what ``drafts`` name; return the findings' ids, all or none.

    Raises Invalid for words, days and units that cannot be, Conflict once the package is 備查.
    """
    if not 1 <= len(drafts) <= MOST:
        raise Invalid(f"請選 1 至 {MOST} 項請機關說明的事項。")
    day = checked_due(due_on, actor.today)
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        require_holder(review, actor)
        if review.state != ReviewState.REVIEWING:
            raise Conflict(
                f"這件複核目前是「{ReviewState(review.state).label}」；複核中才能請機關說明。"
            )
        review.revision += 1
        return [_ask(db, actor, review, draft, day) for draft in drafts]


def checked_due(day: date | None, today: date) -> date:
    """Return the day that is set; raise Invalid for none, one that is past, and one too far away."""
    if day is None:
        raise Invalid("請填期限，例如 115年12月31日。")
    problem = due_problem(day, today)
    if problem == "past":
        raise Invalid(f"期限須晚於今天（{roc_date(today)}）。")
    if problem:
        raise Invalid("期限最長一年；請核對年份。")
    return day


def _ask(db: Session, actor: Actor, review: PackageReview, draft: Draft, due_on: date) -> int:
    title = tidy(draft.title)
    if not TITLE_MIN <= len(title) <= TITLE_MAX:
        raise Invalid(f"事由請寫 {TITLE_MIN} 至 {TITLE_MAX} 個字，目前 {len(title)} 個字。")
    if draft.check and draft.check not in BY_CODE:
        raise Invalid(f"沒有「{draft.check}」這項檢核。")
    finding = Finding(
        review_id=review.id,
        agency_id=review.agency_id,
        unit_id=_unit(db, review, draft.unit_code),
        check_code=draft.check,
        result_sha256=_found(db, review, draft.check),
        title=title,
        state=FindingState.ASKED.value,
        due_on=due_on,
        first_due_on=due_on,
        opened_at=actor.now,
        revision=0,
    )
    number_finding(db, actor, finding)
    note = checked_note(draft.note, f"「{title}」的請說明內容")
    write_step(db, actor, finding, FindingAct.ASK, note, due_on=due_on)
    return finding.id


def _found(db: Session, review: PackageReview, code: str) -> str:
    """Return what a check has found by now, which the finding is about; empty without a check."""
    results = results_in(newest_run(db, review))
    return next((one.sha256 for one in results if one.check == code), "")


def _unit(db: Session, review: PackageReview, code: str) -> int | None:
    if not code:
        return None
    unit = db.scalar(select(Unit).where(Unit.code == code, Unit.agency_id == review.agency_id))
    if unit is None:
        raise Invalid(f"{review.agency.name}沒有代碼為「{tidy(code)[:40]}」的單位。")
    return unit.id
