"""What a reviewer does with a package: takes it, hands it over, lets a failed check pass, 准予備查 (7.2.1)."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, AccountDuty, CheckOverruling, Finding, PackageReview
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.people import as_actor
from services.identity.permissions import Action
from services.identity.terms import held_at
from services.oversight.checks.all_checks import BY_CODE
from services.oversight.checks.result import Result
from services.oversight.store import (
    checked_letter,
    checked_reason,
    load_review,
    newest_run,
    require_holder,
    require_impartial,
    results_in,
    write_step,
)
from services.oversight.words import CheckState
from services.regulation.finding_states import OPEN, FindingState
from services.regulation.package_review import ReviewAct
from services.regulation.roles import AccountStatus, Duty
from services.rocdate import roc_time


@guarded(Action.REVIEW_PACKAGE)
def take_review(actor: Actor, review_id: int, revision: int) -> None:
    """Take a package in hand; of two at once the second is told."""
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        review.reviewer_id = actor.account_id
        write_step(db, actor, review, ReviewAct.TAKE)


@guarded(Action.REVIEW_PACKAGE)
def hand_over_review(
    actor: Actor, review_id: int, revision: int, username: str, reason: str
) -> None:
    """Give a package to another reviewer, or take it over from one by naming oneself.

    Raises Invalid for somebody who is no reviewer, or has the package already.
    """
    why = checked_reason(reason, "移交的理由")
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        successor = _reviewer(db, actor, username)
        if successor.id == review.reviewer_id:
            raise Invalid(f"這件複核已經由{successor.name}承辦。")
        try:
            require_impartial(db, as_actor(successor, actor.now), review)
        except Refused:
            raise Invalid(f"{successor.name}與受複核的機關有關，不能承辦；請選另一位。") from None
        review.reviewer_id = successor.id
        note = f"移交{successor.name}（{successor.username}）：{why}"
        write_step(db, actor, review, ReviewAct.HAND_OVER, note=note)


@guarded(Action.REVIEW_PACKAGE)
def overrule_check(
    actor: Actor, review_id: int, revision: int, code: str, reason: str, *, withdraw: bool = False
) -> None:
    """Let a check that failed pass, for a stated reason, as long as it finds what it finds now.

    ``withdraw`` takes a mistaken one back; both stay on record.
    """
    why = checked_reason(reason, "改認通過的理由")
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        require_holder(review, actor)
        results = {one.check: one for one in results_in(newest_run(db, review))}
        found = results.get(code)
        if found is None or found.state is not CheckState.FAILED:
            raise Invalid("這項檢核沒有不符，不必改認。")
        if (code in overruled(db, review, [found])) is not withdraw:
            stands = "還沒有改認，不必撤回" if withdraw else "已經改認通過"
            raise Conflict(f"「{found.label}」{stands}。")
        review.revision += 1
        db.add(
            CheckOverruling(
                review_id=review.id,
                check_code=code,
                result_sha256=found.sha256,
                withdrawn=withdraw,
                reason=why,
                at=actor.now,
                account_id=actor.account_id,
                actor_name=actor.name[:60],
            )
        )
        events.write(
            db,
            actor,
            EventType.CHECK_OVERRULED,
            about=("review", review.id),
            check=code,
            reason=why,
            withdrawn=withdraw,
        )


@guarded(Action.REVIEW_PACKAGE)
def accept_package(
    actor: Actor, review_id: int, revision: int, letter_no: str, letter_date: date | None
) -> None:
    """准予備查 with the reply letter (7.2.1).

    Raises Conflict, naming them, while a check has failed that was neither overruled nor followed up by a
    finding that is settled, and while a finding is open.
    """
    number, day = checked_letter(letter_no, letter_date, actor.today)
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        require_holder(review, actor)
        if left := left_to_settle(db, review):
            raise Conflict(f"還不能准予備查：{''.join(left)}")
        write_step(db, actor, review, ReviewAct.ACCEPT, letter_no=number, letter_date=day)


@guarded(Action.REVIEW_PACKAGE)
def take_acceptance_back(actor: Actor, review_id: int, revision: int, reason: str) -> None:
    """Take a mistaken 備查 back; both stay on record."""
    why = checked_reason(reason, "撤銷備查的理由")
    with transaction() as db:
        review = load_review(db, actor, review_id, revision=revision)
        require_holder(review, actor)
        write_step(db, actor, review, ReviewAct.TAKE_BACK, note=why)


def left_to_settle(db: Session, review: PackageReview) -> list[str]:
    """Return, in sentences, what stands in the way of 備查."""
    run = newest_run(db, review)
    if run is None:
        return ["系統檢核尚未完成。"]
    results = results_in(run)
    passed = overruled(db, review, results)
    findings = db.execute(
        select(Finding.number, Finding.result_sha256, Finding.state).where(
            Finding.review_id == review.id
        )
    ).all()
    settled = (FindingState.CLEARED, FindingState.CLOSED)
    about = {found for _, found, state in findings if state in settled}
    followed = {one.check for one in results if one.sha256 in about}
    said = [
        f"「{BY_CODE[one.check].label}」不符，尚未處理。"
        for one in results
        if one.state is CheckState.FAILED and one.check not in {*passed, *followed}
    ]
    said += [f"缺失 {number} 尚未結案。" for number, _, state in findings if state in set(OPEN)]
    return said


def overruled(db: Session, review: PackageReview, results: list[Result]) -> dict[str, str]:
    """Return the checks that a person let pass as they stand now, each with the reason and by whom."""
    rows = db.scalars(
        select(CheckOverruling)
        .where(CheckOverruling.review_id == review.id)
        .order_by(CheckOverruling.id)
    )
    kept: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row.check_code, row.result_sha256)
        kept.pop(key, None)
        if not row.withdrawn:
            kept[key] = f"{row.reason}（{row.actor_name}，{roc_time(row.at)}）"
    return {
        one.check: kept[one.check, one.sha256] for one in results if (one.check, one.sha256) in kept
    }


def reviewers(db: Session, actor: Actor) -> list[Account]:
    """Return the active reviewers, by account name."""
    return list(
        db.scalars(
            select(Account)
            .join(AccountDuty, AccountDuty.account_id == Account.id)
            .where(
                AccountDuty.duty == Duty.BUREAU_REVIEWER.value,
                held_at(actor.now),
                Account.status == AccountStatus.ACTIVE.value,
            )
            .order_by(Account.username)
        ).unique()
    )


def _reviewer(db: Session, actor: Actor, username: str) -> Account:
    found = next((one for one in reviewers(db, actor) if one.username == username), None)
    if found is None:
        raise Invalid("接手的人不是現任的複核人員；請由名單中選一位。")
    return found
