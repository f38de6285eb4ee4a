"""The agency audits of the newest half-year whose unit audits are history, at every stage that there is.

The agency of the published sign-ins has not begun, so that each of them finds something to do, and the one
that is behind cannot; one is being judged, one was sent, the others are approved. Seeds are invented public figures, named before the freeze, so that the same load
draws the same samples.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from data.engine import reading
from data.models import (
    Account,
    AccountDuty,
    Agency,
    Audit,
    AuditFrame,
    Signature,
    Unit,
)
from services.actor import Actor
from services.audits.agency.approving import approve
from services.audits.agency.audited import audited_in
from services.audits.agency.freezing import freeze_agency
from services.audits.agency.receiving import receive
from services.audits.drawing import draw_first
from services.audits.overview import view_audit
from services.audits.signing import sign
from services.audits.words import FrameScope, SeedSource
from services.demo.acting import acting, content_of
from services.demo.half_verdicts import judge_half
from services.demo.stories import BEHIND_AGENCY, JUDGING_AGENCY, LATE_AGENCY, SENT_AGENCIES
from services.errors import Conflict, Invalid
from services.ledger.sealing import seal_aside
from services.oversight.receiving import deliver
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.periods import HalfYear, last_finished_half, last_finished_quarter
from services.regulation.roles import AccountStatus, Duty, Role
from services.rocdate import local_date, midnight

LEFT_TO_VISITORS = "TAX"
_LATE = "承辦人異動，業務銜接延誤，已改進作業時程。"
"""What an agency says of what the bureau's checks will find wrong, where they find anything."""
_MISSING = "單位人員異動，經催辦仍未完成"
_FIGURE = "統一發票特別獎號碼（示範）"
_LETTER = "北市都秘字第{year}3012388號"


@dataclass(frozen=True)
class _Task:
    """One agency audit to make: by whom, and when it began."""

    agency_id: int
    code: str
    half: HalfYear
    begins: datetime
    manager: int
    ethics: int
    head: int
    sends: datetime | None
    """When the package goes to the bureau; None where it does not."""

    @property
    def is_left_open(self) -> bool:
        """Whether its records are still being judged."""
        return self.code == JUDGING_AGENCY


def audit_half_years(now: datetime, progress: Callable[[float, str], None] | None = None) -> None:
    """Make the agency audits that are still missing, each from where an interrupted load left it."""
    half = half_of(local_date(now))
    tasks = list(_tasks(half, now))
    for number, task in enumerate(tasks):
        if progress:
            progress(number / len(tasks), f"機關稽核 {half.label}")
        _make(task)
    sending = [task for task in tasks if task.sends is not None]
    if sending:
        # What a package proves has to be sealed, and that seals all that is there by then.
        seal_aside(now)
    for task in sending:
        _send(task)


def half_of(today: date) -> HalfYear:
    """Return the newest half-year both of whose quarters lie before the one that units audit now."""
    half = last_finished_half(today)
    return half.previous() if last_finished_quarter(today) in half.quarters else half


def _tasks(half: HalfYear, now: datetime) -> Iterator[_Task]:
    with reading() as db:
        agencies = db.execute(select(Agency.id, Agency.code).order_by(Agency.code)).all()
        held = db.execute(
            select(AccountDuty.agency_id, AccountDuty.duty, AccountDuty.account_id).order_by(
                AccountDuty.account_id.desc()
            )
        )
        holders = {(agency, duty): account for agency, duty, account in held}
        managers: dict[int, int] = dict(
            db.execute(
                select(Unit.agency_id, Account.id)
                .join(Account, Account.unit_id == Unit.id)
                .where(Account.role == Role.AGENCY_MANAGER, Account.status == AccountStatus.ACTIVE)
                .order_by(Account.id.desc())
            ).all()
        )
    for number, (agency, code) in enumerate(agencies):
        manager = managers.get(agency)
        ethics = holders.get((agency, Duty.ETHICS_OFFICER.value))
        head = holders.get((agency, Duty.AGENCY_HEAD.value))
        if code in (BEHIND_AGENCY, LEFT_TO_VISITORS):
            continue
        if manager is None or ethics is None or head is None:
            continue
        begins = midnight(half.next().first_day) + timedelta(days=20, hours=9, minutes=number)
        if code == JUDGING_AGENCY:
            begins = midnight(local_date(now) - timedelta(days=5)) + timedelta(hours=9)
        sends = None
        if code in SENT_AGENCIES:
            sends = midnight(half.send_due) - timedelta(days=11 - number % 7, hours=-10)
        if code == LATE_AGENCY:
            sends = midnight(half.send_due) + timedelta(days=10, hours=14)
        yield _Task(agency, code, half, begins, manager, ethics, head, sends)


def _make(task: _Task) -> None:
    manager = acting(task.manager, task.begins)
    _receive_units(task, manager)
    audit_id = _found(task) or _freeze(task, manager)
    if audit_id is None:
        return
    if view_audit(manager, audit_id).status is AuditStatus.FROZEN and _has_records(audit_id):
        published = acting(task.manager, task.begins + timedelta(days=2))
        draw_first(published, audit_id, published=_number(task))
    judge_half(
        audit_id,
        task.manager,
        task.ethics,
        task.begins + timedelta(days=3),
        is_left_open=task.is_left_open,
    )
    if not task.is_left_open:
        _sign_and_approve(task, audit_id)


def _sign_and_approve(task: _Task, audit_id: int) -> None:
    for who, days in ((task.manager, 4), (task.ethics, 5)):
        signer = acting(who, task.begins + timedelta(days=days))
        if who not in _signed_by(audit_id):
            sign(signer, audit_id, content_of(audit_id))
    head = acting(task.head, task.begins + timedelta(days=6))
    view = view_audit(head, audit_id)
    if view.status is AuditStatus.SIGNED:
        approve(head, audit_id, view.content_hash)


def _send(task: _Task) -> None:
    audit_id = _found(task)
    assert task.sends is not None  # as of everybody who is asked to
    manager = acting(task.manager, task.sends)
    if audit_id is None or view_audit(manager, audit_id).status is not AuditStatus.APPROVED:
        return
    try:
        number = _LETTER.format(year=manager.today.year - 1911)
        deliver(manager, audit_id, number, manager.today, explanation=_LATE, seen=True)
    except Conflict:
        return  # without the font of the papers or a key to seal with it stays approved


def _receive_units(task: _Task, manager: Actor) -> None:
    """The manager receives what the agency's units signed for both quarters."""
    with reading() as db:
        signed = db.scalars(
            select(Audit.id)
            .where(
                Audit.kind == AuditKind.UNIT,
                Audit.agency_id == task.agency_id,
                Audit.period.in_([str(quarter) for quarter in task.half.quarters]),
                Audit.status == AuditStatus.SIGNED,
            )
            .order_by(Audit.id)
        ).all()
    if signed:
        receive(manager, {one: content_of(one) for one in signed})


def _found(task: _Task) -> int | None:
    with reading() as db:
        return db.scalar(
            select(Audit.id).where(
                Audit.kind == AuditKind.AGENCY,
                Audit.agency_id == task.agency_id,
                Audit.period == str(task.half),
            )
        )


def _freeze(task: _Task, manager: Actor) -> int | None:
    half, scope = task.half, FrameScope.AUDITED
    with reading() as db:
        missing = audited_in(db, db.get_one(Agency, task.agency_id), half).missing
    try:
        return freeze_agency(
            manager,
            task.agency_id,
            half,
            scope,
            seal=False,
            missing={one.key: _MISSING for one in missing},
            seed_plan=SeedSource.PUBLIC,
            public_figure=_FIGURE,
            published_on=manager.today + timedelta(days=1),
        )
    except Invalid:
        return None  # its units audited nothing: the agency still owes the half-year


def _number(task: _Task) -> str:
    digest = hashlib.sha256(f"{task.code}:{task.half}".encode()).hexdigest()
    return f"{int(digest, 16) % 10**8:08d}"


def _has_records(audit_id: int) -> bool:
    with reading() as db:
        return bool(db.scalar(select(AuditFrame.records).where(AuditFrame.audit_id == audit_id)))


def _signed_by(audit_id: int) -> set[int]:
    with reading() as db:
        return set(db.scalars(select(Signature.signed_by).where(Signature.audit_id == audit_id)))
