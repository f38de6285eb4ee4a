"""Documents to keep: tiny files that are what they say, kept with accounts and applications."""

import io
from datetime import datetime
from typing import Any

from PIL import Image
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import (
    Account,
    Application,
    Destruction,
    Event,
    Handover,
    KeptDocument,
)
from services.documents.files import Paper
from services.papers.keeping import Belongs, PaperKind, keep
from services.regulation.application_states import State
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from tests.kept_files import sealed
from tests.world import CREATED, World

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def image(kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, kind)
    return content.getvalue()


def pdf(mark: str = "") -> bytes:
    """Return a PDF of its own: another mark, another hash."""
    return PDF + f"% {mark}\n".encode()


def kept(
    world: World,
    about: str,
    *,
    custodian: str | None = None,
    mark: str = "",
    kind: PaperKind = PaperKind.PLEDGE,
    application_id: int | None = None,
    content: bytes | None = None,
) -> int:
    """Keep a document about an account of the world; return its id."""
    with transaction() as db:
        account = db.get_one(Account, world.accounts[about])
        document = keep(
            db,
            world.actor("system_manager", CREATED),
            Paper(f"切結書{mark}.pdf", "application/pdf", content or pdf(mark or about)),
            kind,
            Belongs(account.unit_id, application_id, account.id),
            signed=True,
            custodian_id=world.accounts[custodian] if custodian else None,
        )
        return document.id


def application(
    world: World,
    unit: str,
    state: State,
    closed_at: datetime | None = None,
    *,
    role: Role = Role.GENERAL_USER,
    account: str | None = None,
) -> int:
    with transaction() as db:
        made = Application(
            number=f"A{len(list(db.scalars(select(Application.id)))) + 1:06d}",
            role=role.value,
            kind=(Kind.CHANGE if account else Kind.CREATE).value,
            state=state.value,
            step=1,
            staff_no="N0001",
            name="新進人員",
            account_id=world.accounts[account] if account else None,
            unit_id=world.units[unit],
            items=[],
            reason="新進",
            submitted_at=CREATED,
            closed_at=closed_at,
        )
        db.add(made)
        db.flush()
        return made.id


def kept_for(world: World, application_id: int, unit: str) -> int:
    """Keep a document about an application that has not led to an account."""
    with transaction() as db:
        return keep(
            db,
            world.actor("system_manager", CREATED),
            Paper("申請表.pdf", "application/pdf", pdf(f"application {application_id}")),
            PaperKind.FORM,
            Belongs(world.units[unit], application_id),
            signed=True,
        ).id


def cancel(world: World, who: str, when: datetime) -> None:
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.id == world.accounts[who])
            .values(status="cancelled", cancelled_at=when)
        )


def entry(document_id: int) -> KeptDocument:
    with reading() as db:
        return db.get_one(KeptDocument, document_id)


def stored(document_id: int) -> bytes | None:
    return sealed(KeptDocument, document_id)


def steps(document_id: int) -> list[Destruction]:
    with reading() as db:
        wanted = select(Destruction).where(Destruction.document_id == document_id)
        return list(db.scalars(wanted.order_by(Destruction.id)))


def handovers() -> list[Handover]:
    with reading() as db:
        return list(db.scalars(select(Handover).order_by(Handover.id)))


def events_of(*types: str) -> list[Any]:
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.type.in_(types)).order_by(Event.id)))
