"""Who plays in an application: an applicant and a person for every party, and how a step is taken."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Account, Application
from services.accounts.person import Person
from services.actor import Actor
from services.applications import (
    acting,
    applying,
    completing,
    following,
    own,
    reinstating,
)
from services.applications.acting import Letter
from services.applications.applying import Submitted, Wanted
from services.documents.files import read_paper
from services.identity.entering import Method, begin
from services.regulation.application_states import Channel
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind, Party, Workflow
from tests.world import NOW, World, add_person

ADDRESS = "10.1.1.1"
SCAN = read_paper("scan.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
LETTER = Letter("府授地資字第1156012388號", NOW.date())
NEWCOMER = Person("王小明", "N00001", "wang.xm", "wang.xm@gov.taipei", "02-27208889", "科員")
EXTRA: tuple[tuple[str, str, Role, tuple[tuple[Duty, str], ...]], ...] = (
    ("um2", "tax1", Role.UNIT_MANAGER, ()),
    ("am2", "tax1", Role.AGENCY_MANAGER, ()),
    ("sm2", "bureau1", Role.SYSTEM_MANAGER, ()),
    ("bureau_head", "bureau1", Role.GENERAL_USER, ((Duty.UNIT_HEAD, "unit"),)),
)
APPLICANTS = {
    Role.GENERAL_USER: "clerk",
    Role.UNIT_MANAGER: "um2",
    Role.AGENCY_MANAGER: "am2",
    Role.SYSTEM_MANAGER: "sm2",
}
"""Who applies about an account that exists."""
CAST = {
    Party.UNIT_HEAD: "head",
    Party.AGENCY_HEAD: "agency_head",
    Party.BUREAU_REVIEWER: "reviewer",
    Party.UNIT_MANAGER: "unit_manager",
    Party.AGENCY_MANAGER: "agency_manager",
    Party.SYSTEM_MANAGER: "system_manager",
}


def add_cast(world: World) -> None:
    with transaction() as db:
        for number, (name, unit, role, duties) in enumerate(EXTRA, 90):
            add_person(db, world, number, name, unit, role, duties)


def place(role: Role) -> str:
    return "bureau1" if role is Role.SYSTEM_MANAGER else "tax1"


def actor_for(world: World, flow: Workflow, party: Party) -> Actor:
    """Return the person who plays ``party`` for an application of this workflow."""
    if party is Party.UNIT_HEAD and flow.role is Role.SYSTEM_MANAGER:
        return world.actor("bureau_head")
    return world.actor(CAST[party])


@dataclass
class Case:
    """One application under way."""

    world: World
    flow: Workflow
    submitted: Submitted

    @property
    def row(self) -> Application:
        with reading() as db:
            return db.scalars(select(Application).where(Application.id == self.submitted.id)).one()

    @property
    def account(self) -> Account:
        with reading() as db:
            return db.get_one(Account, self.row.account_id)

    def holder(self) -> Actor:
        return self.world.actor(APPLICANTS[self.flow.role])

    def take(self, deed: Deed, actor: Actor | None = None) -> None:
        """Take the step with everything it needs, as the first of those who may."""
        step = next(step for step in self.flow.steps if step.deed is deed)
        if deed is Deed.PRINT and actor is None:
            self.print()
            return
        parties = [party for party in step.parties if party is not Party.APPLICANT]
        person = actor or actor_for(self.world, self.flow, parties[0])
        self.deeds()[deed](person)

    def print(self) -> None:
        if self.submitted.token:
            following.print_with_link(self.submitted.token, NOW, ADDRESS)
        else:
            own.print_own(self.holder(), self.submitted.id)

    def deeds(self) -> dict[Deed, Callable[[Actor], object]]:
        """Every act of somebody else, on what is stored at this moment."""
        about = (self.submitted.id, self.row.revision)
        pledge = SCAN if self.flow.needs_pledge else None
        return {
            Deed.APPROVE: lambda who: acting.approve(who, *about),
            Deed.NOTIFY: lambda who: acting.record_notice(
                who, *about, Channel.TELEPHONE, "上午 10 時 20 分來電"
            ),
            Deed.LETTER: lambda who: acting.record_letter(who, *about, LETTER),
            Deed.REVIEW: lambda who: acting.review(who, *about),
            Deed.REPLY: lambda who: acting.record_letter(who, *about, LETTER),
            Deed.COMPLETE: lambda who: completing.complete(
                who, *about, pledge, knows_applicant=True
            ),
        }

    def go_to(self, index: int) -> None:
        """Take every step before the one at ``index``."""
        for step in self.flow.steps[1:index]:
            self.take(step.deed)


def begin_case(world: World, role: Role, kind: Kind) -> Case:
    """Send an application in, without a mail server."""
    flow = WORKFLOWS[role, kind]
    items = (Item.LAND_DESCRIPTION, Item.CADASTRAL_MAP)
    if kind is Kind.CREATE:
        wanted = Wanted(role, world.units[place(role)], items, "業務需要")
        return Case(world, flow, applying.apply_new(NEWCOMER, wanted, ADDRESS, NOW))
    who = APPLICANTS[role]
    if kind is Kind.REINSTATE:
        suspend(world, who)
        submitted = reinstating.apply_reinstatement(
            begin(who, Method.OIDC, NOW), "已完成教育訓練", ADDRESS, NOW
        )
    else:
        submitted = applying.apply_own(world.actor(who), kind, "職務異動", items=items)
    return Case(world, flow, submitted)


def suspend(world: World, who: str) -> None:
    with transaction() as db:
        account = db.get_one(Account, world.accounts[who])
        account.status, account.suspended_at = AccountStatus.SUSPENDED.value, NOW
        account.status_reason = "逾六個月未使用"
