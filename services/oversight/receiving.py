"""The bureau receives what an agency sent: a review stands, and the machine has looked at it (7.2.1)."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError

from data.engine import reading, transaction
from data.models import Audit, AuditPackage, CheckRun, PackageReview
from services import events
from services.actor import Actor
from services.audits.package.correcting import Correction
from services.audits.package.sending import correct_package, send_audit
from services.audits.store import load_audit
from services.errors import Conflict, Refused
from services.events import EventType
from services.identity.guard import guarded
from services.identity.permissions import Action, permit
from services.installation.alerts import alert
from services.oversight.checks.all_checks import VERSION
from services.oversight.checks.result import Result
from services.oversight.reviewing import check_before_sending, results_of
from services.oversight.store import (
    checked_reason,
    load_review,
    newest_package,
    require_impartial,
    write_step,
)
from services.oversight.words import CheckState
from services.regulation.package_review import ReviewAct
from services.regulation.purpose import tidy

log = logging.getLogger("cadastre.oversight")


@guarded(Action.SEND_AUDIT)
def deliver(
    actor: Actor,
    audit_id: int,
    letter_no: str,
    letter_date: date,
    correction: Correction | None = None,
    *,
    explanation: str = "",
    seen: bool = False,
) -> None:
    """Send an agency audit to the bureau, or correct what was sent, and have the bureau receive it.

    The bureau's checks are run before: what one of them finds wrong takes an ``explanation``, which the
    bureau reads beside it, and what a person has to look at has to be ``seen``. Raises Conflict that names
    what is, and as `send_audit` and `correct_package` do. Once those have stored the package it is sent: a
    receipt that is cut off after that is made up for at night.
    """
    with reading() as db:
        load_audit(db, actor, audit_id, Action.SEND_AUDIT)
    said = _answered(check_before_sending(actor, audit_id), explanation, seen)
    if correction is None:
        send_audit(actor, audit_id, letter_no, letter_date, said)
    else:
        correct_package(actor, audit_id, correction, letter_no, letter_date, said)
    _check(actor, _receive(actor, audit_id))


def _answered(results: Sequence[Result], explanation: str, seen: bool) -> str:
    """Return what the agency says about what the checks find; raise Conflict where it has to say more."""
    wrong = [one.label for one in results if one.state is CheckState.FAILED]
    look = [one.label for one in results if one.state is CheckState.LOOK]
    if look and not seen:
        raise Conflict(f"請先看過系統檢核「{'、'.join(look)}」請檢視的事項，勾選後再函送。")
    if not wrong:
        return ""
    if not tidy(explanation):
        raise Conflict(f"系統檢核「{'、'.join(wrong)}」不符；請先補正，或說明後再函送。")
    return checked_reason(explanation, "檢核不符的說明")


@guarded(Action.REVIEW_PACKAGE)
def check_again(actor: Actor, review_id: int) -> None:
    """Have the machine look at a package again; the runs before stay on record."""
    with reading() as db:
        require_impartial(db, actor, load_review(db, actor, review_id))
    _check(actor, review_id)


@guarded(Action.CHANGE_SETTINGS)
def receive_waiting(actor: Actor) -> dict[str, Any]:
    """Receive every package in force that nobody has looked at yet; for the nightly job alone.

    One that cannot be looked at stops no other; ``failed`` names the audits of those.
    """
    permit(actor, Action.CHANGE_SETTINGS)
    if not actor.is_operator:
        raise Refused("這項作業只能由系統維運人員以 manage.py 辦理。")
    with reading() as db:
        in_force = select(func.max(AuditPackage.id)).group_by(AuditPackage.audit_id)
        looked_at = exists().where(CheckRun.package_id == AuditPackage.id)
        waiting = db.scalars(
            select(AuditPackage.audit_id)
            .where(AuditPackage.id.in_(in_force), ~looked_at)
            .order_by(AuditPackage.audit_id)
        ).all()
    failed = []
    for audit_id in waiting:
        try:
            _check(actor, _receive(actor, audit_id))
        except Exception:
            log.exception("package of audit %s", audit_id)
            alert("a package that was sent cannot be checked", audit=audit_id)
            failed.append(audit_id)
    return {"received": len(waiting) - len(failed), "failed": failed}


def _receive(actor: Actor, audit_id: int) -> int:
    """Open the review of an audit's package, or note on it that a corrected one came; return its id."""
    try:
        with transaction() as db:
            audit = db.get_one(Audit, audit_id)
            review = db.scalar(
                select(PackageReview).where(PackageReview.audit_id == audit_id).with_for_update()
            )
            package = newest_package(db, audit_id)
            assert package is not None  # it was sent just now, or waits
            act = ReviewAct.RECEIVE_AGAIN
            if review is None:
                act = ReviewAct.RECEIVE
                review = PackageReview(
                    agency_id=audit.agency_id,
                    period=audit.period,
                    audit_id=audit.id,
                    received_at=package.sent_at,
                    state="",
                    revision=0,
                )
            elif review.package_number >= package.number:
                return review.id
            review.package_number = package.number
            write_step(
                db,
                actor,
                review,
                act,
                note=package.explanation,
                letter_no=package.letter_no,
                letter_date=package.letter_date,
            )
            return review.id
    except IntegrityError:  # received by somebody else at the same moment
        with reading() as db:
            return db.scalars(
                select(PackageReview.id).where(PackageReview.audit_id == audit_id)
            ).one()


def _check(actor: Actor, review_id: int) -> None:
    """Run every check over the package in force and keep what they say."""
    with reading() as db:
        review = db.get_one(PackageReview, review_id)
        package = newest_package(db, review.audit_id)
        assert package is not None  # as every review's
        package_id = package.id
        results = results_of(db, package)
    failed = sum(one.state is CheckState.FAILED for one in results)
    to_look = sum(one.state is CheckState.LOOK for one in results)
    with transaction() as db:
        db.scalar(select(PackageReview).where(PackageReview.id == review_id).with_for_update())
        now = newest_package(db, review.audit_id)
        if now is None or now.id != package_id:
            return  # a corrected one came meanwhile, and is looked at by itself
        db.add(
            CheckRun(
                review_id=review_id,
                package_id=package_id,
                version=VERSION,
                at=actor.now,
                account_id=actor.account_id,
                failed=failed,
                to_look=to_look,
                results=[one.stored() for one in results],
            )
        )
        events.write(
            db,
            actor,
            EventType.PACKAGE_CHECKED,
            about=("review", review_id),
            version=VERSION,
            failed=failed,
            to_look=to_look,
        )
