"""An application's own papers: the form and the pledge, made of what is stored (clauses 5 and 6.1)."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.models import Application, KeptDocument
from services.actor import Actor
from services.applications.parties import deed_of, workflow_of
from services.applications.steps import belongs_to, corrected_at, submitted_on
from services.documents.application_form import FormData, Given, application_form
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.documents.odt import odt_bytes
from services.documents.paper import Paper as Sheet
from services.documents.pdf import pdf_bytes
from services.documents.pledge import pledge
from services.errors import Conflict, Invalid
from services.papers.keeping import PaperKind, keep
from services.regulation.application_states import Act
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import Kind
from services.rocdate import local_date

_WRITERS: dict[FileFormat, Callable[[Sheet, datetime], bytes]] = {
    FileFormat.PDF: pdf_bytes,
    FileFormat.ODT: odt_bytes,
}


def form_paper(application: Application, now: datetime, kind: FileFormat = FileFormat.PDF) -> Paper:
    """Return the application form as it stands at this moment, to print."""
    content = _WRITERS[kind](application_form(form_data(application)), now)
    return Paper(f"申請表_{application.number}.{kind.value}", kind.mime, content)


def pledge_paper(
    application: Application, now: datetime, kind: FileFormat = FileFormat.PDF
) -> Paper:
    """Return the confidentiality pledge to print and sign; raises Conflict where none is asked for."""
    if not workflow_of(application).needs_pledge:
        raise Conflict("這一類申請不需要保密切結書。")
    content = _WRITERS[kind](pledge(form_data(application)), now)
    return Paper(f"保密切結書_{application.number}.{kind.value}", kind.mime, content)


def keep_form(db: Session, actor: Actor, application: Application) -> None:
    """Keep the form with all that was decided online, unless a signed one is kept already (6.1).

    A form that was signed before the application was put right is not the form of what it says now.
    """
    signed = _signed_forms(application)
    if (since := corrected_at(application)) is not None:
        signed = signed.where(KeptDocument.stored_at > since)
    if db.scalar(signed.limit(1)) is None:
        keep(
            db,
            actor,
            form_paper(application, actor.now),
            PaperKind.FORM,
            belongs_to(application),
            signed=False,
            custodian_id=actor.account_id,
        )


def require_new_scan(db: Session, application: Application, scan: Paper) -> None:
    """Raise Invalid for the scan of a form that was signed before the application was put right."""
    if (since := corrected_at(application)) is None:
        return
    before = _signed_forms(application).where(
        KeptDocument.stored_at <= since, KeptDocument.sha256 == scan.sha256
    )
    if db.scalar(before.limit(1)) is not None:
        raise Invalid(
            "這份掃描檔是補正前核章的申請表；請由申請人重新列印補正後的申請表，核章後再掃描上傳。"
        )


def _signed_forms(application: Application) -> Select[int]:
    return select(KeptDocument.id).where(
        KeptDocument.application_id == application.id,
        KeptDocument.kind == PaperKind.FORM.value,
        KeptDocument.signed,
    )


def form_data(application: Application) -> FormData:
    """Return what the form and the pledge say."""
    account = application.account
    return FormData(
        number=application.number,
        role=Role(application.role),
        kind=Kind(application.kind),
        agency=application.unit.agency.name,
        unit=application.unit.name,
        name=application.name,
        staff_no=application.staff_no,
        reason=application.reason,
        submitted_on=submitted_on(application),
        title=application.title,
        username=application.username,
        email=application.email,
        phone=application.phone,
        items=tuple(item for item in Item if item.value in application.items),
        items_before=tuple(
            item for item in Item if account and item.value in {row.item for row in account.items}
        ),
        to_unit=application.to_unit.name if application.to_unit else "",
        given=tuple(_given(application)),
    )


def _given(application: Application) -> list[Given]:
    """Return the steps taken online since the application last went in."""
    found: list[Given] = []
    for act in application.acts:
        deed = deed_of(application, act)
        if act.act == Act.CORRECTED:
            found.clear()
        elif deed is not None and not act.on_paper:  # the stamp on paper stands in an empty box
            found.append(Given(deed, act.actor_name, local_date(act.at), act.letter_no))
    return found
