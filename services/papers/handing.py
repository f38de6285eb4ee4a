"""Handing one custodian's documents to a successor, in one step and with a list (clause 6.1)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from data.engine import reading, transaction
from data.models import Account, Handover, KeptDocument, Unit
from services import events
from services.actor import Actor
from services.errors import Conflict, Invalid, NotFound
from services.events import EventType
from services.identity.guard import guarded
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action
from services.papers.concerned import Found, concerned, found, joined, whole
from services.papers.destroying import checked_reason
from services.papers.listing import Keeper, PaperRow, label_of, row_of
from services.regulation.roles import MANAGES, AccountStatus, Role

NOT_ALL = "所選的文件有一部分已不由這位保管人保管，或不在您保管的範圍內；請重新檢視後再辦理。"
UNFIT = "接手的人必須是使用中的帳號，而且是每一份所選文件的管理者；請改選，或減少文件。"


@dataclass(frozen=True)
class Keeping:
    """What one custodian keeps, as far as the asking person is concerned with it."""

    custodian: Keeper
    papers: tuple[PaperRow, ...]
    elsewhere: int
    """How many more the custodian keeps with which this person is not concerned."""


@guarded(Action.KEEP_DOCUMENTS)
def papers_of(actor: Actor, custodian_id: int) -> Keeping:
    """Return the documents of a custodian that ``actor`` may hand over; destroyed ones are none.

    Raises NotFound when there is none, so that nobody learns what other people keep.
    """
    with reading() as db:
        held = _held(custodian_id)
        rows = db.execute(
            whole()
            .where(held, concerned(actor))
            .order_by(KeptDocument.id)
            .options(joinedload(KeptDocument.custodian))
        )
        papers = tuple(row_of(found(row), actor.today) for row in rows)
        custodian = db.get(Account, custodian_id)
        if not papers or custodian is None:
            raise NotFound("這位保管人沒有您可以移交的文件。")
        all_of_it = db.scalar(select(func.count(KeptDocument.id)).where(held)) or 0
    return Keeping(Keeper(custodian_id, label_of(custodian)), papers, all_of_it - len(papers))


@guarded(Action.KEEP_DOCUMENTS)
def successors(
    actor: Actor, custodian_id: int, document_ids: Collection[int]
) -> tuple[Keeper, ...]:
    """Return who could take all these documents over: managers concerned with each of them."""
    with reading() as db:
        papers = _mine_to_hand(db, actor, custodian_id, document_ids)
        roles = {one.role for one in papers}
        fit = [role.value for role, managed in MANAGES.items() if roles <= managed]
        people = db.scalars(
            select(Account)
            .join(Unit, Unit.id == Account.unit_id)
            .where(
                Account.role.in_(fit),
                Account.status == AccountStatus.ACTIVE.value,
                Account.id != custodian_id,
            )
            .options(contains_eager(Account.unit))
            .order_by(Account.username)
        ).all()
        # A city has a few hundred managers; those of other places fall out before any is asked about.
        places = {(one.unit.id, one.agency.id) for one in papers}
        near = [person for person in people if _is_near(person, places)]
        return tuple(
            Keeper(person.id, label_of(person))
            for person in near
            if _is_fit(db, as_actor(person, actor.now), document_ids)
        )


@guarded(Action.KEEP_DOCUMENTS)
def hand_over(
    actor: Actor,
    custodian_id: int,
    successor_id: int,
    document_ids: Collection[int],
    reason: str,
) -> int:
    """Hand the named documents of one custodian to another; return the handover's id (clause 6.1).

    All or none: raises Conflict when one is no longer that custodian's or ``actor`` is not concerned
    with it, Invalid when the successor is not a manager concerned with each.
    """
    with transaction() as db:
        # One after the other, in one order: two handovers at once never wait for each other in a ring.
        wanted = sorted(set(document_ids))
        db.execute(
            select(KeptDocument.id)
            .where(KeptDocument.id.in_(wanted))
            .order_by(KeptDocument.id)
            .with_for_update(key_share=True)
        )
        papers = _mine_to_hand(db, actor, custodian_id, wanted)
        why = checked_reason(reason)
        account = load_account(db, successor_id)
        if (
            account is None
            or account.status != AccountStatus.ACTIVE
            or account.id == custodian_id
            or not _is_fit(db, as_actor(account, actor.now), wanted)
        ):
            raise Invalid(UNFIT)
        assert actor.account_id is not None  # only people with an account keep documents
        handover = Handover(
            at=actor.now,
            from_id=custodian_id,
            to_id=successor_id,
            by_id=actor.account_id,
            reason=why,
            documents=[_entry(one) for one in papers],
        )
        db.add(handover)
        for one in papers:
            one.document.custodian_id = successor_id
        db.flush()
        events.write(
            db,
            actor,
            EventType.DOCUMENTS_HANDED_OVER,
            about=("handover", handover.id),
            given_by=custodian_id,
            taken_by=successor_id,
            documents=len(papers),
            reason=why,
        )
        return handover.id


def _held(custodian_id: int) -> ColumnElement[bool]:
    return (KeptDocument.custodian_id == custodian_id) & KeptDocument.destroyed_at.is_(None)


def _mine_to_hand(
    db: Session, person: Actor, custodian_id: int, document_ids: Collection[int]
) -> list[Found]:
    wanted = set(document_ids)
    if not wanted:
        raise Invalid("請先選擇要移交的文件。")
    rows = db.execute(
        whole()
        .where(KeptDocument.id.in_(wanted), _held(custodian_id), concerned(person))
        .order_by(KeptDocument.id)
    )
    papers = [found(row) for row in rows]
    if not papers:
        raise NotFound("這位保管人沒有您可以移交的文件。")
    if len(papers) != len(wanted):
        raise Conflict(NOT_ALL)
    return papers


def _is_near(person: Account, places: set[tuple[int, int]]) -> bool:
    """Whether a manager's unit, agency or office of system managers can cover all the places."""
    if person.role == Role.UNIT_MANAGER:
        return {unit for unit, _ in places} == {person.unit_id}
    if person.role == Role.AGENCY_MANAGER:
        return {agency for _, agency in places} == {person.unit.agency_id}
    return True


def _is_fit(db: Session, person: Actor, document_ids: Collection[int]) -> bool:
    covered = joined(select(func.count(KeptDocument.id))).where(
        KeptDocument.id.in_(set(document_ids)), concerned(person)
    )
    return bool(db.scalar(covered) == len(set(document_ids)))


def _entry(one: Found) -> dict[str, Any]:
    """Return a document as the list of the handover keeps it, whatever becomes of it later."""
    document = one.document
    return {
        "id": document.id,
        "kind": document.kind,
        "about": one.about,
        "role": one.role,
        "account_id": one.subject.id if one.subject else None,
        "unit_id": one.unit.id,
        "unit": one.unit.name,
        "agency_id": one.agency.id,
        "application": one.application.number if one.application else "",
        "file_name": document.file_name,
        "sha256": document.sha256,
    }
