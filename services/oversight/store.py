"""Reading a review for an act, and writing down what was done."""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.models import (
    Audit,
    AuditAct,
    AuditPackage,
    CheckRun,
    Finding,
    FindingStep,
    PackageReview,
    ReviewStep,
    Signature,
    UsageRecord,
    Verdict,
)
from services import events
from services.actor import Actor
from services.audits.held import records_held
from services.audits.words import REASON_MAX, REASON_MIN
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity.permissions import Action, permit, reach
from services.oversight.checks.result import Result, read
from services.regulation.findings import BY_AGENCY
from services.regulation.package_review import ReviewAct, ReviewState, after
from services.regulation.purpose import document_number_problem, tidy
from services.rocdate import roc_date

_GONE = "找不到這件複核，或您沒有它的權限。"
_AT_ONCE = 10_000


def load_review(
    db: Session, actor: Actor, review_id: int, *, revision: int | None = None
) -> PackageReview:
    """Return a review; with ``revision``, what was on screen, locked and not acted on since.

    Raises Refused for a reviewer with a stake in it (`require_impartial`) where it is to be acted on.
    """
    query = select(PackageReview).where(PackageReview.id == review_id)
    review = db.scalar(query if revision is None else query.with_for_update())
    permit(actor, Action.REVIEW_PACKAGE, agency_id=review.agency_id if review else None)
    if review is None:
        raise NotFound(_GONE)
    if revision is not None:
        require_impartial(db, actor, review)
        if review.revision != revision:
            raise Conflict("這件複核剛剛已由他人辦理；請重新整理，看過後再辦理。")
    return review


def require_holder(review: PackageReview, person: Actor) -> None:
    """Raise Refused unless the person has taken the review: whoever decides has it in hand."""
    if review.reviewer_id != person.account_id:
        raise Refused("這件複核不是由您承辦；請先承辦，再作決定。")


def require_impartial(db: Session, actor: Actor, review: PackageReview) -> None:
    """Raise Refused for somebody of the reviewed agency, or who had a part in its audits (domain.md §7, 3).

    The bureau reviews its own half-year too: there whoever took part in it, or stands in it, keeps out.
    """
    if actor.agency_id == review.agency_id and not review.agency.is_bureau:
        raise Refused("您任職於受複核的機關，不能複核它的稽核；請由其他複核人員辦理。")
    if actor.account_id is None:
        raise Refused("複核必須由有帳號的複核人員辦理。")
    for action in (Action.SEND_AUDIT, Action.ANSWER_FINDING):
        if reach(actor, action).covers(agency_id=review.agency_id):
            raise Refused("您是受複核機關的管理者，不能複核它的稽核；請由其他複核人員辦理。")
    audits = packaged(db, review)
    took_part = or_(
        *(
            select(column).where(of.in_(audits), column == actor.account_id).exists()
            for of, column in (
                (Signature.audit_id, Signature.signed_by),
                (Verdict.audit_id, Verdict.judged_by),
                (AuditAct.audit_id, AuditAct.account_id),
            )
        )
    )
    answered = (
        select(FindingStep.id)
        .join(Finding, Finding.id == FindingStep.finding_id)
        .where(
            Finding.review_id == review.id,
            FindingStep.account_id == actor.account_id,
            FindingStep.act.in_([one.value for one in BY_AGENCY]),
        )
        .exists()
    )
    part = select(Audit.id).where(Audit.id == review.audit_id, or_(took_part, answered))
    if db.scalar(part) is not None:
        raise Refused("您辦理過這個機關這半年的稽核，不能複核；請由其他複核人員辦理。")
    held = sorted({one for ids in records_held(db, audits).values() for one in ids})
    for start in range(0, len(held), _AT_ONCE):
        own = select(UsageRecord.id).where(
            UsageRecord.id.in_(held[start : start + _AT_ONCE]),
            UsageRecord.account_id == actor.account_id,
        )
        if db.scalar(own.limit(1)) is not None:
            raise Refused("受稽核的紀錄中有您本人的，不能由您複核；請由其他複核人員辦理。")


def newest_package(db: Session, audit_id: int) -> AuditPackage | None:
    """Return the package in force of an audit."""
    return db.scalar(
        select(AuditPackage)
        .where(AuditPackage.audit_id == audit_id)
        .order_by(AuditPackage.number.desc())
        .limit(1)
    )


def packaged(db: Session, review: PackageReview) -> list[int]:
    """Return the audits in the package in force."""
    package = newest_package(db, review.audit_id)
    return [one["audit_id"] for one in package.manifest["audits"]] if package else [review.audit_id]


def newest_run(db: Session, review: PackageReview) -> CheckRun | None:
    """Return the run of the checks that counts: the newest one over the package in force."""
    package = newest_package(db, review.audit_id)
    return db.scalar(
        select(CheckRun)
        .where(
            CheckRun.review_id == review.id,
            CheckRun.package_id == (package.id if package else None),
        )
        .order_by(CheckRun.id.desc())
        .limit(1)
    )


def results_in(run: CheckRun | None) -> list[Result]:
    """Return what a run found."""
    return [read(kept) for kept in run.results] if run else []


def write_step(
    db: Session,
    actor: Actor,
    review: PackageReview,
    act: ReviewAct,
    *,
    note: str = "",
    letter_no: str = "",
    letter_date: date | None = None,
) -> None:
    """Make one move of a review, with its step and its event, in the caller's transaction.

    Raises Conflict where the table has no such move.
    """
    state = ReviewState(review.state) if review.state else None
    try:
        review.state = after(state, act).value
    except ValueError:
        label = state.label if state else ""
        raise Conflict(f"這件複核目前是「{label}」，不能「{act.label}」。") from None
    review.revision = (review.revision or 0) + 1
    db.add(review)
    db.flush()
    db.add(
        ReviewStep(
            review_id=review.id,
            act=act.value,
            at=actor.now,
            account_id=actor.account_id,
            actor_name=actor.name[:60],
            note=note,
            letter_no=letter_no,
            letter_date=letter_date,
        )
    )
    events.write(
        db,
        actor,
        EventType.PACKAGE_REVIEWED,
        about=("review", review.id),
        act=act.value,
        period=review.period,
        **({"letter_no": letter_no} if letter_no else {}),
        **({"reason": note} if note else {}),
    )


def checked_reason(text: str, what: str) -> str:
    """Return a tidied reason; raise Invalid when it is too short or too long."""
    reason = tidy(text)
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise Invalid(f"{what}請寫 {REASON_MIN} 至 {REASON_MAX} 個字，目前 {len(reason)} 個字。")
    return reason


def checked_letter(letter_no: str, day: date | None, today: date) -> tuple[str, date]:
    """Return a letter's number and date; raise Invalid for what cannot be."""
    number = tidy(letter_no)
    if problem := document_number_problem(number, today):
        raise Invalid(f"公文字號：{problem}")
    if day is None or day > today:
        raise Invalid(f"請填公文日期，不晚於今天（{roc_date(today)}）。")
    return number, day
