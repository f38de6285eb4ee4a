"""The small world with something to do everything to: in each unit audits at every stage, people, events."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from data.engine import reading, transaction
from data.models import (
    Account,
    AccountDuty,
    AccountItem,
    Application,
    AuditPackage,
    Base,
    CheckRun,
    Destruction,
    Event,
    Evidence,
    Finding,
    PackageReview,
    PersonnelChange,
    SourceUser,
    UsageSource,
)
from services import events
from services.actor import Actor, DutyHeld
from services.audits.drawing import draw_first
from services.audits.evidence import add_evidence
from services.audits.freezing import freeze
from services.audits.overview import view_audit
from services.audits.sheet import worksheet_rows
from services.audits.signing import sign
from services.audits.spot import open_spot_check
from services.audits.words import FrameScope, Ruling
from services.audits.worksheet import judge
from services.documents.files import Paper
from services.events import EventType
from services.incidents.acting import take_step
from services.incidents.reporting import report_abnormal
from services.incidents.view import view_incident
from services.oversight.checks.result import Result
from services.oversight.findings.store import number_finding, read_files, write_step
from services.oversight.words import CheckState
from services.papers.destroying import propose_destruction
from services.papers.handing import hand_over
from services.papers.keeping import Belongs, PaperKind, keep
from services.regulation.finding_states import FindingAct
from services.regulation.incidents import Step
from services.regulation.items import Item
from services.regulation.periods import HalfYear, Quarter
from services.regulation.roles import Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from services.reviews.listing import LineFilters, list_lines
from services.reviews.opening import open_review
from tests.agency_freeze import freeze_half
from tests.services.papers.helpers import cancel, pdf
from tests.world import CREATED, EVERYBODY, NOW, PASSWORD_HASH, World, at, build_world

OPEN, FROZEN, JUDGING, JUDGED, SIGNED = (
    Quarter(2026, 3),
    Quarter(2026, 2),
    Quarter(2026, 1),
    Quarter(2025, 4),
    Quarter(2025, 3),
)
"""At which stage each quarter's audit stands, in every unit; the open one is not frozen yet."""
HALF_OPEN, HALF_FROZEN, HALF_SIGNED = HalfYear(2024, 1), HalfYear(2024, 2), HalfYear(2025, 1)
"""The same of each agency's half-years; nobody used anything in them."""
UNITS = ("tax1", "tax2", "works1", "bureau1")
AGENCY_OF = {"tax1": "tax", "tax2": "tax", "works1": "works", "bureau1": "bureau"}
MISSING = 999_999
_RECORDS = 8


@dataclass
class Prepared(World):
    """The world's ids, and those of everything in each unit that can be named by an id."""

    audits: dict[tuple[str, Quarter], int] = field(default_factory=dict)
    people: dict[tuple[str, Role], int] = field(default_factory=dict)
    """An account of every role in every unit, held by nobody who acts."""
    events: dict[str, int] = field(default_factory=dict)
    """An event by somebody of each unit, about nothing that has an owner."""
    to_judge: dict[str, int] = field(default_factory=dict)
    """A record in the sample of each unit's audit that is being judged."""
    outside_sample: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)
    """A file added to each unit's audit that is being judged."""
    shown: dict[str, str] = field(default_factory=dict)
    """What a signature of each unit's judged audit would stand for."""
    papers: dict[tuple[str, Role], int] = field(default_factory=dict)
    """A document about an account of a role in each unit, cancelled long ago; kept by nobody who acts."""
    proposed: dict[str, tuple[int, int]] = field(default_factory=dict)
    """A document about a general user of each unit whose destruction is proposed, and the proposal."""
    handovers: dict[str, int] = field(default_factory=dict)
    """A handover of a document about a general user of each unit, between people who do not act."""
    campaigns: dict[int, int] = field(default_factory=dict)
    """The open access review of each agency, by the agency's id."""
    line_states: dict[int, str] = field(default_factory=dict)
    """What stands on the line of each account of `people`."""
    packages: dict[int, int] = field(default_factory=dict)
    """What each agency sent, by the agency's id; the bureau's reviewer has it in hand."""
    reviews: dict[int, int] = field(default_factory=dict)
    findings: dict[str, tuple[int, int]] = field(default_factory=dict)
    """A finding about each unit, its agency asked to explain; and the file that came with it."""
    foreign_source: int = 0
    applications: dict[tuple[str, str], int] = field(default_factory=dict)
    """An application of each unit at which each deed is due."""
    own_applications: dict[int, int] = field(default_factory=dict)
    """An application of every acting person's own, by account."""
    leavings: dict[str, int] = field(default_factory=dict)
    """An open entry that somebody of each unit leaves."""
    incidents: dict[str, tuple[int, int]] = field(default_factory=dict)
    """An open incident about a general user of each unit, at its second revision, and a file of it."""

    spots: dict[str, int] = field(default_factory=dict)
    """A spot check of each unit, frozen and not drawn."""
    signed_as: dict[str, str] = field(default_factory=dict)
    """What the signature of each unit's signed audit stands for."""
    agency_audits: dict[tuple[int, HalfYear], int] = field(default_factory=dict)
    """An audit of each agency in each of its states, by the agency's id."""
    agency_shown: dict[tuple[int, HalfYear], str] = field(default_factory=dict)
    """What a signature of it stands for, or would."""

    def unit_id(self, place: str | None) -> int:
        return self.units[place] if place else MISSING

    def audit(self, place: str | None, quarter: Quarter) -> int:
        return self.audits[place, quarter] if place else MISSING

    def agency_audit(self, place: str | None, half: HalfYear) -> int:
        return self.agency_audits[self.agency_id(place), half] if place else MISSING

    def agency_content(self, place: str | None, half: HalfYear) -> str:
        return self.agency_shown[self.agency_id(place), half] if place else ""

    def application(self, place: str | None, due: Deed) -> int:
        return self.applications[place, due] if place else MISSING

    def agency_id(self, place: str | None) -> int:
        return self.agencies[AGENCY_OF[place]] if place else MISSING

    def campaign(self, place: str | None) -> int:
        return self.campaigns[self.agency_id(place)] if place else MISSING

    def account(self, place: str | None, role: Role) -> int:
        return self.people[place, role] if place else MISSING

    def paper(self, place: str | None, role: Role = Role.GENERAL_USER) -> int:
        return self.papers[place, role] if place else MISSING

    def incident(self, place: str | None) -> tuple[int, int]:
        return self.incidents[place] if place else (MISSING, MISSING)

    def package(self, place: str | None) -> int:
        return self.packages[self.agency_id(place)] if place else MISSING

    def review(self, place: str | None) -> int:
        return self.reviews[self.agency_id(place)] if place else MISSING

    def finding(self, place: str | None) -> tuple[int, int]:
        return self.findings[place] if place else (MISSING, MISSING)

    def proposal(self, place: str | None) -> tuple[int, int]:
        return self.proposed[place] if place else (MISSING, MISSING)


def prepare() -> Prepared:
    """Fill the configured database."""
    world = Prepared(**vars(build_world()))
    for place in UNITS:
        for role in Role:
            world.people[place, role] = _account(world, place, role)
        # Nobody in the table is the last one, whom no one may close.
        _account(world, place, Role.AGENCY_MANAGER, "2")
        _usage_of(world, place)
        _audits_of(world, place)
        _auditor_of(world, place)
        world.events[place] = _event_of(world, place)
        _applications_of(world, place)
        _papers_of(world, place)
        world.leavings[place] = _leaving_of(world, place)
        world.incidents[place] = _incident_of(world, place)
        manager = world.actor(f"{place}_agency_manager2")
        world.spots[place] = open_spot_check(
            manager, world.units[place], OPEN, "不定期檢查", 1, seal=False
        )
    for place in ("tax1", "works1", "bureau1"):
        _review_of(world, place)
        _agency_audits_of(world, place)
        _package_of(world, place)
    for place in UNITS:
        world.findings[place] = _finding_of(world, place)
    with transaction() as db:
        source = UsageSource(code="other", name="其他系統", created_at=CREATED)
        db.add(source)
        db.flush()
        db.add(SourceUser(source_id=source.id, user_code="u001", name="他系統使用者"))
        world.foreign_source = source.id
        for name in EVERYBODY:
            account = db.get_one(Account, world.accounts[name])
            own = _application(db, account, Kind.CANCEL, Deed.APPROVE)
            world.own_applications[account.id] = own
    return world


def _auditor_of(world: Prepared, place: str) -> None:
    """Let somebody who does not act be an auditor of the unit."""
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=world.people[place, Role.SYSTEM_MANAGER],
                duty=Duty.AUDITOR.value,
                unit_id=world.units[place],
                granted_at=CREATED,
            )
        )


def _applications_of(world: Prepared, place: str) -> None:
    stages = {
        Deed.APPROVE: (Role.GENERAL_USER, Kind.CANCEL),
        Deed.COMPLETE: (Role.GENERAL_USER, Kind.CANCEL),
        Deed.NOTIFY: (Role.GENERAL_USER, Kind.REINSTATE),
        Deed.LETTER: (Role.AGENCY_MANAGER, Kind.CANCEL),
        Deed.REVIEW: (Role.AGENCY_MANAGER, Kind.CANCEL),
    }
    with transaction() as db:
        for due, (role, kind) in stages.items():
            account = db.get_one(Account, world.people[place, role])
            world.applications[place, due] = _application(db, account, kind, due)


def _leaving_of(world: Prepared, place: str) -> int:
    with transaction() as db:
        account = db.get_one(Account, world.people[place, Role.GENERAL_USER])
        account.leaving_on = NOW.date()
        entry = PersonnelChange(
            account_id=account.id,
            kind="leave",
            effective_on=account.leaving_on,
            source="manual",
            recorded_at=NOW,
        )
        db.add(entry)
        db.flush()
        return entry.id


def _incident_of(world: Prepared, place: str) -> tuple[int, int]:
    head, subject = _head(world, place), f"{place}_general_user"
    incident = report_abnormal(head, world.units[place], subject, "下班後大量查詢", "待查明用途。")
    files = [("簽呈.pdf", pdf(place))]
    take_step(head, incident, 1, Step.REPORTED, head.today, "已簽陳首長", files=files)
    return incident, view_incident(head, incident).steps[-1].files[0].id


def _application(db: Session, account: Account, kind: Kind, due: Deed) -> int:
    step = WORKFLOWS[Role(account.role), kind].index(due)
    made = Application(
        number=f"T{account.id}-{due.value}-{kind.value}"[:20],
        role=account.role,
        kind=kind.value,
        state="open",
        step=step,
        account_id=account.id,
        username=account.username,
        staff_no=account.staff_no,
        name=account.name,
        unit_id=account.unit_id,
        items=[],
        reason="測試",
        submitted_at=NOW,
        email_confirmed_at=NOW,
    )
    db.add(made)
    db.flush()
    return made.id


def _account(world: Prepared, place: str, role: Role, number: str = "") -> int:
    username = f"{place}_{role.value}{number}"
    with transaction() as db:
        account = Account(
            username=username,
            staff_no=f"P{len(world.accounts):04d}",
            name=f"對象{len(world.accounts):02d}",
            unit_id=world.units[place],
            role=role.value,
            password_hash=PASSWORD_HASH,
            created_at=CREATED,
        )
        db.add(account)
        db.flush()
        db.add(
            AccountItem(account_id=account.id, item=Item.CADASTRAL_MAP.value, granted_at=CREATED)
        )
        world.accounts[username] = account.id
        return account.id


def _usage_of(world: Prepared, place: str) -> None:
    for quarter in (OPEN, FROZEN, JUDGING, JUDGED, SIGNED):
        month = int(quarter.months[0][5:])
        days = (at(quarter.year, month, day) for day in range(1, _RECORDS + 1))
        world.use(f"{place}_general_user", *days)


def _audits_of(world: Prepared, place: str) -> None:
    head = _head(world, place)
    for quarter in (FROZEN, JUDGING, JUDGED, SIGNED):
        audit_id = freeze(head, world.units[place], quarter)
        world.audits[place, quarter] = audit_id
        if quarter is not FROZEN:
            draw_first(head, audit_id)
        if quarter in (JUDGED, SIGNED):
            rows = worksheet_rows(head, audit_id)
            seen = {row.record_id: 0 for row in rows}
            judge(head, audit_id, seen, Ruling.COMPLIANT, flagged_too=seen)
        if quarter is JUDGED:
            world.shown[place] = view_audit(head, audit_id).content_hash
        if quarter is SIGNED:
            world.signed_as[place] = view_audit(head, audit_id).content_hash
            sign(head, audit_id, world.signed_as[place])
    judging = world.audits[place, JUDGING]
    world.evidence[place] = add_evidence(head, judging, None, "公文.pdf", pdf(place))
    drawn = {row.record_id for row in worksheet_rows(head, judging)}
    with reading() as db:
        records = Base.metadata.tables["usage_records"].c
        all_of_it = db.scalars(
            select(records.id).where(
                records.unit_id == world.units[place], records.local_month.in_(JUDGING.months)
            )
        )
        world.outside_sample[place] = min(set(all_of_it) - drawn)
    world.to_judge[place] = min(drawn)


def _agency_audits_of(world: Prepared, place: str) -> None:
    """Half-years without use: one frozen, one signed by two who do not act in tests."""
    manager, agency = world.actor(f"{place}_agency_manager"), world.agency_id(place)
    held = DutyHeld(Duty.ETHICS_OFFICER, agency_id=agency)
    ethics = replace(world.actor(f"{place}_general_user"), duties=(held,))
    for half in (HALF_FROZEN, HALF_SIGNED):
        audit_id = freeze_half(manager, agency, half, FrameScope.AUDITED)
        world.agency_audits[agency, half] = audit_id
        world.agency_shown[agency, half] = view_audit(manager, audit_id).content_hash
    for person in (manager, ethics):
        sign(person, audit_id, world.agency_shown[agency, HALF_SIGNED])


def _package_of(world: Prepared, place: str) -> None:
    """Something sent for the signed half-year, with a check that failed, being reviewed."""
    agency = world.agency_id(place)
    audit_id = world.agency_audits[agency, HALF_SIGNED]
    failed = Result("flags", "系統提示", "7.1.4", CheckState.FAILED, "1 項", "沒有查核。")
    with transaction() as db:
        package = AuditPackage(
            audit_id=audit_id,
            sent_at=NOW,
            letter_no="府授地資字第1156012388號",
            letter_date=NOW.date(),
            manifest={"audits": [], "files": []},
            manifest_sha256="",
        )
        review = PackageReview(
            agency_id=agency,
            period=str(HALF_SIGNED),
            audit_id=audit_id,
            received_at=NOW,
            state="reviewing",
            package_number=1,
            reviewer_id=world.accounts["reviewer"],
        )
        db.add_all([package, review])
        db.flush()
        run = CheckRun(
            review_id=review.id,
            package_id=package.id,
            version=1,
            at=NOW,
            failed=1,
            to_look=0,
            results=[failed.stored()],
        )
        db.add(run)
        world.packages[agency], world.reviews[agency] = package.id, review.id


def _finding_of(world: Prepared, place: str) -> tuple[int, int]:
    reviewer = world.actor("reviewer")
    with transaction() as db:
        finding = Finding(
            review_id=world.review(place),
            agency_id=world.agency_id(place),
            unit_id=world.units[place],
            title="說明查詢目的",
            state="asked",
            due_on=NOW.date(),
            first_due_on=NOW.date(),
            opened_at=NOW,
            revision=0,
        )
        number_finding(db, reviewer, finding)
        files = read_files([("案卷.pdf", pdf(place))])
        due = NOW.date() + timedelta(days=14)
        write_step(db, reviewer, finding, FindingAct.ASK, "請說明。", due_on=due, papers=files)
        return finding.id, db.scalars(
            select(Evidence.id).where(Evidence.finding_step_id == finding.steps[0].id)
        ).one()


def _papers_of(world: Prepared, place: str) -> None:
    """Keep documents whose year has passed: two of a general user, one of an agency manager."""
    _account(world, place, Role.UNIT_MANAGER, "2")
    people = world.people
    for role in (Role.GENERAL_USER, Role.AGENCY_MANAGER):
        about = _account(world, place, role, "_gone")
        cancel(world, f"{place}_{role.value}_gone", CREATED)
        world.papers[place, role] = _paper(world, place, about, role.value)
    proposer = world.actor(f"{place}_unit_manager2")
    proposed = _paper(world, place, world.accounts[f"{place}_general_user_gone"], "proposed")
    propose_destruction(proposer, proposed, "註銷已滿一年")
    with reading() as db:
        proposal = db.scalars(
            select(Destruction.id).where(Destruction.document_id == proposed)
        ).one()
    world.proposed[place] = (proposed, proposal)
    handed = _paper(world, place, people[place, Role.GENERAL_USER], "handed")
    giver, taker = people[place, Role.UNIT_MANAGER], world.accounts[f"{place}_unit_manager2"]
    world.handovers[place] = hand_over(proposer, giver, taker, [handed], "職務異動")


def _paper(world: Prepared, place: str, about: int, mark: str) -> int:
    paper = Paper("切結書.pdf", "application/pdf", pdf(f"{place} {mark}"))
    belongs = Belongs(world.units[place], None, about)
    keeper = world.people[place, Role.UNIT_MANAGER]
    person = world.actor(f"{place}_unit_manager2")
    with transaction() as db:
        return keep(
            db, person, paper, PaperKind.PLEDGE, belongs, signed=True, custodian_id=keeper
        ).id


def _head(world: Prepared, place: str) -> Actor:
    """Somebody of the unit who is its head; the accounts that act in tests are not used."""
    person = world.actor(f"{place}_general_user")
    held = DutyHeld(Duty.UNIT_HEAD, unit_id=world.units[place])
    # Its own records are not its own to judge.
    return replace(person, duties=(held,), account_id=world.people[place, Role.UNIT_MANAGER])


def _review_of(world: Prepared, place: str) -> None:
    manager = world.actor(f"{place}_agency_manager")
    campaign = open_review(manager, world.agency_id(place))
    world.campaigns[world.agency_id(place)] = campaign
    for row in list_lines(manager, campaign, LineFilters(), None, 500).rows:
        world.line_states[row.account_id] = row.state


def _event_of(world: Prepared, place: str) -> int:
    actor = world.actor(f"{place}_general_user")
    with transaction() as db:
        events.write(db, actor, EventType.TABLE_EXPORTED, about=("table", "測試"), rows=1, total=1)
        return max(db.scalars(select(Event.id)))


def objects() -> dict[str, Sequence[Any]]:
    """Return every row of every table but the log of events, to see that nothing changed."""
    tables: list[Table] = [t for t in Base.metadata.sorted_tables if t.name != "events"]
    with reading() as db:
        bare = db.connection()
        # As the driver gives it: nothing but equality is asked of these rows.
        return {
            table.name: bare.exec_driver_sql(f'SELECT * FROM "{table.name}"').all()
            for table in tables
        }


def events_after(last: int) -> list[Event]:
    """Return the events written since the one named."""
    with reading() as db:
        return list(db.scalars(select(Event).where(Event.id > last).order_by(Event.id)))


def last_event() -> int:
    with reading() as db:
        return db.scalar(select(func.max(Event.id))) or 0


NOBODY = Actor(now=NOW, account_id=None, username="", name="（未登入）", role=None)
