"""Kept documents of the demo city: the forms and pledges of one agency, and those of one refusal.

Only 臺北市稅捐稽徵處, where the published sign-ins are, has any; the other agencies start empty.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Account, Application, Unit
from services.actor import Actor
from services.demo.people import Person
from services.documents.files import Paper
from services.identity.people import as_actor
from services.papers.keeping import Belongs, PaperKind, keep
from services.regulation.application_states import State
from services.regulation.roles import MANAGES, Role
from services.regulation.workflows import Kind
from services.rocdate import local_date

AGENCY = "TAX"
_REFUSED_UNIT = "TAX-DAAN"
_REFUSED_BEFORE = timedelta(days=500)
"""Long enough ago that its papers may be destroyed."""


def write_papers(db: Session, people: Sequence[Person], now: datetime) -> int:
    """Keep a form and a pledge of every account of the agency; return how many documents there are."""
    here = [person for person in people if person.unit.agency.code == AGENCY]
    accounts = {one.id: one for one in db.scalars(select(Account).order_by(Account.id))}
    unit_managers = {one.unit.unit_id: one for one in here if one.post == "unit_manager"}
    above = next(one for one in here if one.post == "agency_manager")
    top = next(one for one in people if one.post == "system_manager")
    kept = 0
    for person in sorted(
        here, key=lambda one: (accounts[one.account_id].created_at, one.account_id)
    ):
        account = accounts[person.account_id]
        keepers = (unit_managers.get(account.unit_id, above), above, top)
        keeper = next(
            accounts[one.account_id]
            for one in keepers
            if Role(account.role) in MANAGES[Role(accounts[one.account_id].role)]
        )
        kinds = [PaperKind.FORM, PaperKind.PLEDGE]
        if account.role == Role.AGENCY_MANAGER:
            kinds += [PaperKind.LETTER, PaperKind.REPLY]
        for kind in kinds:
            belongs = Belongs(account.unit_id, None, account.id)
            _keep(db, as_actor(keeper, account.created_at), kind, belongs, account.staff_no)
            kept += 1
    return kept + _refusal(db, now, accounts, unit_managers)


def _refusal(
    db: Session, now: datetime, accounts: dict[int, Account], managers: dict[int, Person]
) -> int:
    """Store an application that was refused long ago: its papers may be destroyed."""
    unit = db.scalars(select(Unit).where(Unit.code == _REFUSED_UNIT)).one()
    submitted = now - _REFUSED_BEFORE
    keeper = accounts[managers[unit.id].account_id]
    application = Application(
        number="",
        role=Role.GENERAL_USER.value,
        kind=Kind.CREATE.value,
        state=State.REFUSED.value,
        step=2,
        username="demo.refused",
        staff_no="TAX99001",
        name="示範申請人",
        title="約僱人員",
        email="demo.refused@tax.taipei.example",
        phone="02-5550-1000 #901",
        unit_id=unit.id,
        items=[],
        reason="支援短期專案",
        submitted_at=submitted,
        closed_at=submitted + timedelta(days=3),
    )
    db.add(application)
    db.flush()
    application.number = f"申{local_date(submitted).year - 1911}-{application.id:06d}"
    person = as_actor(keeper, submitted + timedelta(days=1))
    for kind in (PaperKind.FORM, PaperKind.PLEDGE):
        _keep(db, person, kind, Belongs(unit.id, application.id), application.staff_no)
    return 2


def _keep(db: Session, keeper: Actor, kind: PaperKind, belongs: Belongs, staff_no: str) -> None:
    letter = kind in (PaperKind.LETTER, PaperKind.REPLY)
    day = local_date(keeper.now)
    keep(
        db,
        keeper,
        Paper(
            f"{kind.label}-{staff_no}.pdf",
            "application/pdf",
            tiny_pdf(f"Demo only: {kind.value} of {staff_no}"),
        ),
        kind,
        belongs,
        signed=True,
        custodian_id=keeper.account_id,
        letter_no=f"北市稽企字第{day.year - 1911}{1000 + belongs.unit_id:07d}號" if letter else "",
        letter_date=day if letter else None,
    )


def tiny_pdf(line: str) -> bytes:
    """Return a page of one line in a font that every reader has; ASCII only."""
    shown = line.replace("\\", "").replace("(", "").replace(")", "")
    drawing = f"BT /F1 18 Tf 60 760 Td ({shown}) Tj ET".encode("ascii")
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return content + head + table + tail % (len(parts) + 1, len(content))
