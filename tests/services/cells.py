"""How every guarded service function is called on something of a unit, and whom the table lets do it.

A row a function. What is expected is worked out here from the cells of the permission table and
from where people and things are, not by the code that is tested.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import select

from data.engine import reading
from data.models import Account, Signature
from services.accounts.directory import AccountFilters
from services.actor import Actor, operator
from services.applications.acting import Letter
from services.applications.applicant import Correction
from services.audits.package.correcting import Correction as PackageCorrection
from services.audits.words import CorrectionKind, FrameScope, Ruling
from services.cadastre.numbers import Kind
from services.documents.files import Paper
from services.documents.formats import FileFormat
from services.event_log.search import EventFilters
from services.identity.permissions import RULES, Action, Scope
from services.identity.totp import Enrolment, new_enrolment
from services.incidents.listing import IncidentFilters
from services.oversight.findings.acting import Words
from services.oversight.findings.asking import Draft
from services.oversight.findings.listing import FindingFilters
from services.oversight.letters import Letter as BureauLetter
from services.papers.attaching import Matter
from services.papers.keeping import PaperKind
from services.papers.listing import PaperFilters
from services.parcels.query import ParcelRequest
from services.regulation import workflows
from services.regulation.access_review import Choice
from services.regulation.application_states import Channel
from services.regulation.finding_states import FindingAct
from services.regulation.incidents import Step
from services.regulation.items import Item
from services.regulation.leaving import Leaving
from services.regulation.purpose import Purpose
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import Deed
from services.reviews.deciding import Decision
from services.reviews.listing import LineFilters
from services.usage.filters import Filters
from services.usage.search import RecordFilters
from services.usage.sums import Breakdown
from tests.agency_freeze import reasons
from tests.prepared import (
    AGENCY_OF,
    FROZEN,
    HALF_FROZEN,
    HALF_OPEN,
    HALF_SIGNED,
    JUDGED,
    JUDGING,
    MISSING,
    OPEN,
    SIGNED,
    UNITS,
    Prepared,
)
from tests.services.bulk.lists import list_of, person
from tests.services.import_helpers import csv_file
from tests.services.papers.helpers import pdf
from tests.world import NOW

TABLE = {(rule.holder, rule.action): rule.scope for rule in RULES}
OPERATOR_MAY = {
    *(Action.VIEW_USAGE, Action.IMPORT_USAGE, Action.VIEW_AUDIT, Action.CONDUCT_AUDIT),
    *(Action.OPERATE_LEDGER, Action.CHANGE_SETTINGS),
}


class On(Enum):
    """What a call is about."""

    UNIT = "a thing of a unit: each unit's, and one that does not exist"
    OWN = "the person's own: nothing is named"
    EVERYTHING = "the whole system: nothing is named"
    LIST = "whatever lies within reach: nothing is named"


@dataclass(frozen=True)
class Cell:
    """One function: how it is called (with itself first), and on what."""

    call: Callable[[Any, Prepared, Actor, str | None], Any]
    on: On = On.UNIT
    also: Callable[[Prepared, Actor, str | None], bool] = lambda *_: True
    """What is asked for besides the permission."""
    units_in: Callable[[Prepared, Any], set[str]] | None = None
    """Of a list: the units whose things are in the answer; they must be exactly those within reach."""
    nothing_to_do: bool = False
    """Whether the prepared world lacks what it acts on: whoever is let in meets a Conflict."""
    by: Action | None = None
    """By which action, where the function has one for each kind of audit and this row is of another."""


def grants(actor: Actor, action: Action) -> list[tuple[Scope, int | None, int | None]]:
    """Return the scopes in which a person holds an action, each with its unit and agency."""
    holdings: list[tuple[Any, int | None, int | None]] = [
        (actor.role, actor.unit_id, actor.agency_id)
    ]
    holdings += [(held.duty, held.unit_id, held.agency_id) for held in actor.duties]
    return [
        (TABLE[holder, action], unit, agency)
        for holder, unit, agency in holdings
        if (holder, action) in TABLE
    ]


def places_of(world: Prepared, actor: Actor, action: Action) -> set[str]:
    """Return the units whose things the person may do the action to."""
    if actor.is_operator:
        return set(UNITS) if action in OPERATOR_MAY else set()
    return {
        place
        for place in UNITS
        for scope, unit, agency in grants(actor, action)
        if scope is Scope.ALL
        or (scope is Scope.AGENCY and agency == world.agencies[AGENCY_OF[place]])
        or (scope is Scope.UNIT and unit == world.units[place])
    }


def expected(world: Prepared, cell: Cell, actor: Actor, action: Action, place: str | None) -> bool:
    """Whether the call must be allowed."""
    if cell.on is On.UNIT:
        allowed = place in places_of(world, actor, action)
    elif cell.on is On.EVERYTHING:
        allowed = actor.is_operator and action in OPERATOR_MAY
        allowed |= any(scope is Scope.ALL for scope, _, _ in grants(actor, action))
    elif cell.on is On.OWN:
        allowed = actor.account_id is not None and bool(grants(actor, action))
    else:
        allowed = bool(places_of(world, actor, action))
    return allowed and cell.also(world, actor, place)


def is_person(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    return actor.account_id is not None


def has_items(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    return bool(actor.items)


def is_operator(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    return actor.is_operator


def is_unprivileged(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    """Whoever has more than the role of a general user cannot do without a second factor."""
    return actor.role is Role.GENERAL_USER and not actor.duties


def manages(target: Role) -> Callable[[Prepared, Actor, str | None], bool]:
    """Clauses 4.2 to 4.4, spelt out: whose accounts the acting person looks after."""
    rule = {
        Role.UNIT_MANAGER: {Role.GENERAL_USER},
        Role.AGENCY_MANAGER: {Role.GENERAL_USER, Role.UNIT_MANAGER},
        Role.SYSTEM_MANAGER: {Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER},
    }
    return lambda _world, actor, _place: target in rule.get(actor.role, set())  # type: ignore[arg-type]


def looks_after_users(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    """Clause 5.1: general users' applications are completed by the unit's or the agency's manager."""
    return actor.role in (Role.UNIT_MANAGER, Role.AGENCY_MANAGER)


def heads(world: Prepared, actor: Actor, place: str | None) -> bool:
    """Clause 5.1: and approved by the head of the unit."""
    return place is not None and any(
        held.duty is Duty.UNIT_HEAD and held.unit_id == world.units[place] for held in actor.duties
    )


HEADED = ("tax1", "works1")
"""The units of the world whose heads have accounts (`tests.world`)."""


def heads_or_stands_in(world: Prepared, actor: Actor, place: str | None) -> bool:
    """Where no head has an account, whoever completes an application may end it for them."""
    stands_in = place is not None and place not in HEADED
    return heads(world, actor, place) or (stands_in and looks_after_users(world, actor, place))


def sees_agencies(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    """Whoever sees one unit's audits only does not see the agency's."""
    scopes = {scope for scope, _, _ in grants(actor, Action.VIEW_AUDIT)}
    return actor.is_operator or bool(scopes & {Scope.AGENCY, Scope.ALL})


def has_part(world: Prepared, actor: Actor, place: str | None) -> bool:
    return heads(world, actor, place) or looks_after_users(world, actor, place)


def sends_letters(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    """Clause 5.3: the agency sends the letter, or the bureau's manager records it; no reviewer does."""
    return not any(held.duty is Duty.BUREAU_REVIEWER for held in actor.duties)


def _good_rows(world: Prepared, actor: Actor) -> list[int]:
    """Return the rows of `_PEOPLE`, one a unit, that lie within the person's reach."""
    reached = places_of(world, actor, Action.COMPLETE_APPLICATION)
    return [row for row, place in enumerate(UNITS, 2) if place in reached]


def _own(world: Prepared, actor: Actor) -> int:
    return world.own_applications.get(actor.account_id or 0, 999_999)


def _places_of_lines(world: Prepared, lines: Any) -> set[str]:
    return {_names(world)[line.unit] for line in lines}


def _personnel(world: Prepared) -> bytes:
    """A file with a person of every unit and one who does not exist, in the order of `UNITS`."""
    with reading() as db:
        numbers = [
            db.get_one(Account, world.people[place, Role.AGENCY_MANAGER]).staff_no
            for place in UNITS
        ]
    rows = [f"{number},離職,115/12/31" for number in (*numbers, "NOBODY")]
    return "\n".join(["員工編號,類別,生效日期", *rows]).encode()


def _good_numbers(world: Prepared, actor: Actor) -> list[int]:
    reached = places_of(world, actor, Action.RECORD_LEAVING)
    return [number for number, place in enumerate(UNITS, 2) if place in reached]


def _places_of_good_rows(_world: Prepared, judged: Any) -> set[str]:
    return {UNITS[number - 2] for number in judged.to_store}


def _enrolment(actor: Actor) -> Enrolment:
    return new_enrolment(actor.account_id or 0, actor.username)


def _names(world: Prepared) -> dict[str, str]:
    return {
        "大安分處": "tax1", "中山分處": "tax2", "用地科": "works1", "資訊室": "bureau1",
    }  # fmt: skip


def _by_id(world: Prepared, ids: Any) -> set[str]:
    places = {id_: place for place, id_ in world.units.items()}
    return {places[id_] for id_ in ids}


def _of_unit(world: Prepared, place: str | None) -> Filters:
    return Filters("2026-07", "2026-09", unit_ids=(world.unit_id(place),))


def _records_of(world: Prepared, place: str | None) -> RecordFilters:
    return RecordFilters(date(2026, 1, 1), date(2026, 9, 30), unit_id=world.unit_id(place))


def _whole(world: Prepared, place: str | None) -> Filters:
    return Filters("2026-07", "2026-09")


def _code(place: str | None) -> str:
    return {
        "tax1": "TAX-DAAN", "tax2": "TAX-ZS", "works1": "PWD-LAND", "bureau1": "LAND-INFO",
    }.get(place or "", "NOWHERE")  # fmt: skip


def _declared(agency: int) -> dict[str, str]:
    return reasons(operator(NOW), agency, HALF_OPEN) if agency != MISSING else {}


def _code_on_paper(audit_id: int) -> str:
    """Return the code on the record of a signed audit; one that is on none for an audit that is not."""
    with reading() as db:
        signed = db.scalar(select(Signature.content_hash).where(Signature.audit_id == audit_id))
    return signed[:12] if signed else "0" * 12


_DAYS = EventFilters(date(2024, 1, 1), date(2026, 12, 31))
_FILE = csv_file({})
_PEOPLE = list_of(*(person(number, _code(place)) for number, place in enumerate(UNITS)))
_REASON = "每一格都試一次"
_ACCOUNTS: dict[str, Cell] = {
    f"services.accounts.changes.set_status#{role.value}": Cell(
        lambda f, w, a, p, role=role: f(  # type: ignore[misc]
            a,
            w.account(p, role),
            AccountStatus.SUSPENDED,
            _REASON,
            expected_status=AccountStatus.ACTIVE,
        ),
        also=manages(role),
    )
    for role in Role
} | {
    f"services.accounts.changes.set_items#{role.value}": Cell(
        lambda f, w, a, p, role=role: f(  # type: ignore[misc]
            a, w.account(p, role), [], _REASON, expected_items=[Item.CADASTRAL_MAP]
        ),
        also=manages(role),
    )
    for role in Role
}

_DUTIES: dict[str, Cell] = {
    "services.accounts.duties.duties_of": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER))
    ),
    "services.accounts.duties.give_duty#unit_head": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER), Duty.UNIT_HEAD, _REASON),
        also=lambda _w, a, _p: a.role is Role.AGENCY_MANAGER,
    ),
    "services.accounts.duties.give_duty#bureau_reviewer": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER), Duty.BUREAU_REVIEWER, _REASON),
        also=lambda _w, a, p: a.role is Role.SYSTEM_MANAGER and p == "bureau1",
    ),
    "services.accounts.duties.end_duty": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER), 999_999, _REASON),
        nothing_to_do=True,
    ),
}

_LATER = NOW.date() + timedelta(days=60)
_SCAN = Paper("scan.pdf", "application/pdf", b"%PDF-1.4 x")
_LETTER = "府授地資字第1156012388號"
_CORRECTION = PackageCorrection(CorrectionKind.CLERICAL, "地政局來函", _REASON)
_KEEPERS = manages(Role.GENERAL_USER)
"""Of papers about general users; those about agency managers are the system managers'."""
_PAPERS: dict[str, Cell] = {
    "services.papers.attaching.attach": Cell(
        lambda f, w, a, p: f(
            a,
            Matter(account_id=w.account(p, Role.GENERAL_USER)),
            "a.pdf",
            pdf("attached"),
            PaperKind.FORM,
        ),
        also=_KEEPERS,
    ),
    "services.papers.attaching.find_matters": Cell(
        lambda f, w, a, p: f(a, "gone"),
        On.LIST,
        units_in=lambda w, found: {one.label.split("（")[1].split("_")[0] for one in found},
    ),
    "services.papers.destroying.confirm_destruction": Cell(
        lambda f, w, a, p: f(a, w.proposal(p)[0], proposal_id=w.proposal(p)[1]), also=_KEEPERS
    ),
    "services.papers.destroying.propose_destruction": Cell(
        lambda f, w, a, p: f(a, w.paper(p), _REASON), also=_KEEPERS
    ),
    "services.papers.destroying.withdraw_destruction": Cell(
        lambda f, w, a, p: f(a, w.proposal(p)[0], _REASON, proposal_id=w.proposal(p)[1]),
        also=_KEEPERS,
    ),
    "services.papers.handing.hand_over": Cell(
        lambda f, w, a, p: f(
            a,
            w.account(p, Role.UNIT_MANAGER),
            w.accounts.get(f"{p}_unit_manager2", 0),
            [w.paper(p)],
            _REASON,
        ),
        also=_KEEPERS,
    ),
    "services.papers.handing.papers_of": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.UNIT_MANAGER)),
        # One about an agency manager is among them, with whom system managers are concerned.
        also=lambda w, a, p: a.role is Role.SYSTEM_MANAGER or _KEEPERS(w, a, p),
    ),
    "services.papers.handing.successors": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.UNIT_MANAGER), [w.paper(p)]), also=_KEEPERS
    ),
    "services.papers.handover_print.print_handover": Cell(
        lambda f, w, a, p: f(a, w.handovers.get(p or "", 999_999)), also=_KEEPERS
    ),
    "services.papers.handovers.handover": Cell(
        lambda f, w, a, p: f(a, w.handovers.get(p or "", 999_999)), also=_KEEPERS
    ),
    "services.papers.handovers.list_handovers": Cell(lambda f, w, a, p: f(a, 50), On.LIST),
    "services.papers.listing.custodians": Cell(
        lambda f, w, a, p: f(a),
        On.LIST,
        units_in=lambda w, found: {one.label.split("（")[1].split("_")[0] for one in found},
    ),
    "services.papers.listing.list_papers": Cell(
        lambda f, w, a, p: f(a, PaperFilters(), None, 500),
        On.LIST,
        units_in=lambda w, page: {_names(w)[row.unit] for row in page.rows},
    ),
    "services.papers.listing.paper_detail": Cell(
        lambda f, w, a, p: f(a, w.paper(p)), also=_KEEPERS
    ),
    "services.papers.listing.paper_detail#agency_manager": Cell(
        lambda f, w, a, p: f(a, w.paper(p, Role.AGENCY_MANAGER)), also=manages(Role.AGENCY_MANAGER)
    ),
    "services.papers.listing.paper_units": Cell(
        lambda f, w, a, p: f(a), On.LIST, units_in=lambda w, found: _by_id(w, [u.id for u in found])
    ),
    "services.papers.waiting.count_to_confirm": Cell(lambda f, w, a, p: f(a), On.LIST),
    "services.papers.viewing.open_paper": Cell(lambda f, w, a, p: f(a, w.paper(p)), also=_KEEPERS),
}


def _decision(world: Prepared, place: str | None, role: Role) -> Decision:
    account = world.account(place, role)
    return Decision(account, world.line_states.get(account, ""), Choice.CANCEL, _REASON)


def is_agency_manager(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    return actor.role is Role.AGENCY_MANAGER


def is_no_unit_manager(_world: Prepared, actor: Actor, _place: str | None) -> bool:
    """Whoever sees the lines of one unit only does not see the record of the agency."""
    return actor.role is not Role.UNIT_MANAGER


_REVIEWS: dict[str, Cell] = {
    f"services.reviews.deciding.{name}#{role.value}": Cell(
        lambda f, w, a, p, role=role: f(a, w.campaign(p), [_decision(w, p, role)]),  # type: ignore[misc]
        also=manages(role),
    )
    for name, roles in (
        ("prepare", (Role.GENERAL_USER, Role.UNIT_MANAGER)),
        ("decide", tuple(Role)),
    )
    for role in roles
} | {
    "services.reviews.closing.close_review": Cell(
        lambda f, w, a, p: f(a, w.campaign(p), ""), also=is_agency_manager, nothing_to_do=True
    ),
    "services.reviews.listing.line_detail": Cell(
        lambda f, w, a, p: f(a, w.campaign(p), w.account(p, Role.GENERAL_USER))
    ),
    "services.reviews.listing.list_lines": Cell(
        lambda f, w, a, p: f(a, w.campaign(p), LineFilters(unit_id=w.unit_id(p)), None, 10)
    ),
    "services.reviews.opening.open_review": Cell(
        lambda f, w, a, p: f(a, w.agency_id(p)), also=is_agency_manager, nothing_to_do=True
    ),
    "services.reviews.opening.open_due_reviews": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.reviews.overview.agency_reviews": Cell(lambda f, w, a, p: f(a), On.LIST),
    "services.reviews.overview.list_reviews": Cell(lambda f, w, a, p: f(a), On.LIST),
    "services.reviews.record_paper.export_record": Cell(
        lambda f, w, a, p: f(a, w.campaign(p)), also=is_no_unit_manager, nothing_to_do=True
    ),
    "services.reviews.record.signed_record": Cell(
        lambda f, w, a, p: f(a, w.campaign(p)), also=is_no_unit_manager, nothing_to_do=True
    ),
    "services.reviews.view.view_review": Cell(
        lambda f, w, a, p: f(a, w.campaigns.get(a.agency_id or 0, 0)), On.LIST
    ),
}

CELLS: dict[str, Cell] = _ACCOUNTS | _DUTIES | _PAPERS | _REVIEWS | {
    "services.applications.bulk.listing.preview_people": Cell(
        lambda f, w, a, p: f(a, _PEOPLE), On.LIST, also=looks_after_users,
        units_in=lambda w, found: {UNITS[row - 2] for row in found.good}),
    "services.applications.bulk.sending.send_people": Cell(
        lambda f, w, a, p: f(a, "名單.csv", _PEOPLE, _good_rows(w, a)), On.LIST,
        also=looks_after_users, units_in=lambda w, sent: {_names(w)[one.unit] for one in sent}),
    "services.accounts.register.register_of_users": Cell(
        lambda f, w, a, p: f(a, AccountFilters()), On.LIST,
        units_in=lambda w, rows: {_names(w)[row[4]] for row in rows}),
    "services.accounts.directory.account_detail": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER))
    ),
    "services.accounts.directory.list_accounts": Cell(
        lambda f, w, a, p: f(a, AccountFilters(), None, 500),
        On.LIST,
        units_in=lambda w, page: {_names(w)[row.unit] for row in page.rows},
    ),
    "services.accounts.directory.visible_units": Cell(
        lambda f, w, a, p: f(a), On.LIST, units_in=lambda w, found: _by_id(w, [u.id for u in found])
    ),
    "services.accounts.first.create_first_system_manager": Cell(
        lambda f, w, a, p: f(a, "first", "第一位", "F1", "a-long-password-115"), On.EVERYTHING, nothing_to_do=True),
    "services.audits.additions.addition_marks": Cell(
        lambda f, w, a, p: f(a, list(w.audits.values())), On.LIST
    ),
    "services.audits.additions.list_picks": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.appointing.appoint": Cell(
        lambda f, w, a, p: f(a, w.unit_id(p), w.account(p, Role.UNIT_MANAGER), _REASON)
    ),
    "services.audits.appointing.list_auditors": Cell(lambda f, w, a, p: f(a, w.unit_id(p))),
    "services.audits.appointing.list_candidates": Cell(lambda f, w, a, p: f(a, w.unit_id(p))),
    "services.audits.appointing.relieve": Cell(
        lambda f, w, a, p: f(a, w.unit_id(p), w.account(p, Role.SYSTEM_MANAGER), _REASON)
    ),
    "services.audits.commands.freeze_and_draw": Cell(
        lambda f, w, a, p: f(a, _code(p), FROZEN)
    ),
    "services.audits.desk.view_desk": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.drawing.draw_first": Cell(lambda f, w, a, p: f(a, w.audit(p, FROZEN))),
    "services.audits.drawing.expand": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), 1, _REASON)
    ),
    "services.audits.drawing.redraw": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING), _REASON)),
    "services.audits.evidence.adding.add_evidence": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), None, "a.pdf", pdf("new"), ""),
        also=is_person,
    ),
    "services.audits.evidence.adding.withdraw_evidence": Cell(
        lambda f, w, a, p: f(a, w.evidence.get(p or "", 999_999), _REASON), also=is_person
    ),
    "services.audits.evidence.viewing.open_evidence": Cell(
        lambda f, w, a, p: f(a, w.evidence.get(p or "", 999_999))
    ),
    "services.audits.export.export_draw": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.forms.codes.find_by_code": Cell(
        lambda f, w, a, p: f(a, _code_on_paper(w.audit("tax1", SIGNED))), On.OWN
    ),
    "services.audits.forms.file_check.check_file": Cell(
        lambda f, w, a, p: f(a, b"anything"), On.OWN
    ),
    "services.audits.forms.exporting.export_form": Cell(
        lambda f, w, a, p: f(a, w.audit(p, SIGNED), FileFormat.CSV)
    ),
    "services.audits.package.exporting.export_package": Cell(
        lambda f, w, a, p: f(a, w.audit(p, SIGNED)), nothing_to_do=True
    ),
    "services.audits.package.sending.correct_package": Cell(
        lambda f, w, a, p: f(a, w.audit(p, SIGNED), _CORRECTION, _LETTER, NOW.date()),
        nothing_to_do=True,
    ),
    "services.audits.package.sending.send_audit": Cell(
        lambda f, w, a, p: f(a, w.audit(p, SIGNED), _LETTER, NOW.date()), nothing_to_do=True
    ),
    "services.audits.package.view.view_sending": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED))),
    "services.audits.freezing.freeze": Cell(lambda f, w, a, p: f(a, w.unit_id(p), OPEN)),
    "services.audits.freezing.preview_frame": Cell(lambda f, w, a, p: f(a, w.unit_id(p), OPEN)),
    "services.audits.late.view_late": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED))),
    "services.audits.late.preview_supplement": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED))),
    "services.audits.late.open_supplement": Cell(
        lambda f, w, a, p: f(a, w.audit(p, SIGNED)), nothing_to_do=True
    ),
    "services.audits.inclusion.inclusion_of": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), w.to_judge.get(p or "", 1))
    ),
    "services.audits.overview.find_audit": Cell(lambda f, w, a, p: f(a, w.unit_id(p), FROZEN)),
    "services.audits.overview.list_audits": Cell(
        lambda f, w, a, p: f(a, FROZEN),
        On.LIST,
        units_in=lambda w, lines: _by_id(w, [line.unit_id for line in lines]),
    ),
    "services.audits.overview.view_audit": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED))),
    "services.audits.picking.pick_place": Cell(
        lambda f, w, a, p: f(a, w.outside_sample.get(p or "", 999_999))
    ),
    "services.audits.sharing.give_back": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), [w.to_judge.get(p or "", 1)]),
        nothing_to_do=True,
        also=is_person,
    ),
    "services.audits.sharing.share_by_count": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), {w.people.get((p or "", Role.SYSTEM_MANAGER), 1): 1}
        ),
        also=is_person,
    ),
    "services.audits.sharing.share_out": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), [w.people.get((p or "", Role.SYSTEM_MANAGER), 1)]
        ),
        also=is_person,
    ),
    "services.audits.sharing.share_users": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), ["1"], w.people.get((p or "", Role.SYSTEM_MANAGER), 1)
        ),
        nothing_to_do=True,
        also=is_person,
    ),
    "services.audits.sharing.take": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), [w.to_judge.get(p or "", 1)]),
        also=is_person,
    ),
    "services.audits.sheet.record_history": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), w.to_judge.get(p or "", 1))
    ),
    "services.audits.sheet.worksheet_rows": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.signing.reopen": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED), _REASON)),
    "services.audits.signing.sign": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGED), w.shown.get(p or "", ""))
    ),
    "services.audits.story.record_story": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), w.to_judge.get(p or "", 1))
    ),
    "services.audits.worksheet.judge": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), {w.to_judge.get(p or "", 1): 0}, Ruling.COMPLIANT
        ),
        # A record of nobody in particular: it does not fall to whoever judges the head's.
        also=lambda w, a, p: p in places_of(w, a, Action.CONDUCT_AUDIT),
    ),
    "services.audits.worksheet.pick": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), [w.outside_sample.get(p or "", 1)], _REASON
        ),
        also=is_person,
    ),
    "services.audits.agency.approving.approve": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_SIGNED), w.agency_content(p, HALF_SIGNED))),
    "services.audits.agency.approving.return_audit": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_SIGNED), _REASON)),
    "services.audits.agency.comparison.verdicts_beside": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_FROZEN)), also=sees_agencies),
    "services.audits.agency.freezing.freeze_agency": Cell(
        lambda f, w, a, p: f(
            a, w.agency_id(p), HALF_OPEN, FrameScope.AUDITED, missing=_declared(w.agency_id(p)))),
    "services.audits.agency.freezing.preview_agency_frame": Cell(
        lambda f, w, a, p: f(a, w.agency_id(p), HALF_OPEN, FrameScope.BOTH), also=sees_agencies),
    "services.audits.agency.overview.agency_half": Cell(
        lambda f, w, a, p: f(a, w.agency_id(p), HALF_OPEN), also=sees_agencies),
    "services.audits.agency.overview.list_agencies": Cell(
        lambda f, w, a, p: f(a, HALF_OPEN), On.LIST),
    "services.audits.agency.receiving.receive": Cell(
        lambda f, w, a, p: f(a, {w.audit(p, SIGNED): w.signed_as.get(p or "", "")})),
    "services.audits.drawing.draw_first#agency": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_FROZEN)),
        by=Action.CONDUCT_AGENCY_AUDIT, nothing_to_do=True),
    "services.audits.signing.sign#agency": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_FROZEN), w.agency_content(p, HALF_FROZEN)),
        by=Action.SIGN_AGENCY_AUDIT),
    "services.audits.signing.reopen#agency": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_SIGNED), _REASON),
        by=Action.REOPEN_AGENCY_AUDIT),
    "services.applications.acting.approve": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.APPROVE), 1), also=heads),
    "services.applications.acting.record_approval_on_paper": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.APPROVE), 1, 999_999, a.today, _SCAN),
        also=looks_after_users, nothing_to_do=True),
    "services.applications.acting.record_notice": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.NOTIFY), 1, Channel.EMAIL, "上午來信"),
        also=looks_after_users),
    "services.applications.acting.record_letter": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.LETTER), 1, Letter(_LETTER, a.today)),
        also=sends_letters),
    "services.applications.acting.review": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.REVIEW), 1)),
    "services.applications.acting.send_back": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.APPROVE), 1, _REASON),
        also=heads_or_stands_in),
    "services.applications.acting.refuse": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.COMPLETE), 1, _REASON),
        also=looks_after_users),
    "services.applications.applying.apply_own": Cell(
        lambda f, w, a, p: f(a, workflows.Kind.CANCEL, _REASON), On.OWN, nothing_to_do=True),
    "services.applications.approvers.possible_approvers": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.APPROVE)), also=looks_after_users),
    "services.applications.completing.complete": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.COMPLETE), 1), also=looks_after_users),
    "services.applications.listing.list_applications": Cell(
        lambda f, w, a, p: f(a), On.LIST, units_in=lambda w, found: _places_of_lines(w, found.lines)),
    "services.applications.listing.count_due": Cell(lambda f, w, a, p: f(a), On.LIST),
    "services.applications.listing.application_detail": Cell(
        lambda f, w, a, p: f(a, w.application(p, Deed.APPROVE)), also=has_part),
    "services.applications.listing.my_applications": Cell(
        lambda f, w, a, p: f(a), On.OWN),
    "services.applications.listing.my_application": Cell(
        lambda f, w, a, p: f(a, _own(w, a)), On.OWN),
    "services.applications.own.print_own": Cell(
        lambda f, w, a, p: f(a, _own(w, a)), On.OWN),
    "services.applications.own.correct_own": Cell(
        lambda f, w, a, p: f(a, _own(w, a), 1, Correction((), _REASON)), On.OWN,
        nothing_to_do=True),
    "services.applications.own.withdraw_own": Cell(
        lambda f, w, a, p: f(a, _own(w, a), 1, _REASON), On.OWN),
    "services.accounts.leaving.recording.record_leaving": Cell(
        lambda f, w, a, p: f(
            a, w.account(p, Role.UNIT_MANAGER), Leaving.LEAVE, a.today, expected_leaving_on=None)),
    "services.accounts.leaving.recording.withdraw_leaving": Cell(
        lambda f, w, a, p: f(
            a, w.account(p, Role.GENERAL_USER), w.leavings[p] if p else 999_999, _REASON)),
    "services.accounts.leaving.listing.open_leavings": Cell(
        lambda f, w, a, p: f(a), On.LIST, units_in=_places_of_lines),
    "services.accounts.leaving.listing.leaving_card": Cell(
        lambda f, w, a, p: {
            place for place in w.leavings if f(a, w.account(place, Role.GENERAL_USER))
        },
        On.LIST, units_in=lambda w, places: places),
    "services.accounts.leaving.listing.own_leavings": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.accounts.leaving.listing.unprepared": Cell(lambda f, w, a, p: f(a), On.LIST),
    "services.accounts.leaving.importing.preview_leavings": Cell(
        lambda f, w, a, p: f(a, _personnel(w)), On.LIST, units_in=_places_of_good_rows),
    "services.accounts.leaving.importing.store_leavings": Cell(
        lambda f, w, a, p: f(a, _personnel(w), expected=_good_numbers(w, a)), On.LIST,
        units_in=_places_of_good_rows),
    "services.accounts.leaving.suspending.suspend_past": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.applications.expiring.expire_applications": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.documents.tables.export_table": Cell(
        lambda f, w, a, p: f(a, "清單", ["欄"], [["一"]], 1), On.OWN
    ),
    "services.event_log.listing.event_story": Cell(
        lambda f, w, a, p: f(a, w.events[p] if p else 999_999)
    ),
    "services.event_log.listing.export_events": Cell(lambda f, w, a, p: f(a, _DAYS), On.LIST),
    "services.event_log.listing.list_events": Cell(
        lambda f, w, a, p: f(a, EventFilters(_DAYS.first_day, _DAYS.last_day, person="general_user"), None, 500),
        On.LIST,
        units_in=lambda w, page: {_names(w)[row.unit.split()[1]] for row in page.rows},
    ),
    "services.identity.factor_removal.factor_to_remove": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER)), also=manages(Role.GENERAL_USER)
    ),
    "services.identity.factor_removal.remove_factor_of": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.UNIT_MANAGER), _REASON),
        also=manages(Role.UNIT_MANAGER), nothing_to_do=True),
    "services.identity.factor_removal.remove_factor_as_operator": Cell(
        lambda f, w, a, p: f(a, "clerk", _REASON), On.EVERYTHING, also=is_operator, nothing_to_do=True),
    "services.identity.factor_removal.remove_own_factor": Cell(
        lambda f, w, a, p: f(a, "000000"), On.OWN, also=is_unprivileged, nothing_to_do=True),
    "services.identity.factor_setup.begin_own_enrolment": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.identity.factor_setup.confirm_own_enrolment": Cell(
        lambda f, w, a, p: f(a, _enrolment(a), "000000"), On.OWN, nothing_to_do=True),
    "services.identity.factor_setup.new_recovery_codes": Cell(
        lambda f, w, a, p: f(a, "000000"), On.OWN, nothing_to_do=True),
    "services.identity.factor_setup.offer_replacement": Cell(lambda f, w, a, p: f(a), On.OWN, nothing_to_do=True),
    "services.identity.factor_setup.replace_factor": Cell(
        lambda f, w, a, p: f(a, _enrolment(a), "000000", "000000"), On.OWN, nothing_to_do=True),
    "services.identity.recovery_file.own_codes_file": Cell(
        lambda f, w, a, p: f(a, ("AAAA",)), On.OWN),
    "services.identity.links.print_link": Cell(
        lambda f, w, a, p: f(a, "clerk"), On.EVERYTHING, also=is_operator
    ),
    "services.identity.links.send_link": Cell(
        lambda f, w, a, p: f(a, w.account(p, Role.GENERAL_USER)),
        also=manages(Role.GENERAL_USER),
        nothing_to_do=True,
    ),
    "services.identity.own_sessions.own_sessions": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.identity.own_sessions.sign_out_everywhere": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.identity.passwords.change_own_password": Cell(
        lambda f, w, a, p: f(a, "not the password", "a-new-password-115"),
        On.OWN,
        nothing_to_do=True,
    ),
    "services.ledger.renewing.write_file_anew": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, nothing_to_do=True
    ),
    "services.operation.mailing.send_due": Cell(
        lambda f, w, a, p: f(a, lambda: a.now), On.EVERYTHING, nothing_to_do=True
    ),
    "services.identity.release.release_identity": Cell(
        lambda f, w, a, p: f(a, "clerk", _REASON), On.EVERYTHING, also=is_operator, nothing_to_do=True),
    "services.identity.second_factor.own_factor": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.ledger.sealing.seal": Cell(
        lambda f, w, a, p: f(a, patience=0.1, stamp=False), On.EVERYTHING
    ),
    "services.ledger.verification.verify_ledger": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.operation.rotation.rotate_secrets": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.operation.sweeping.sweep_files": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.identity.permission_table.permission_table": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING
    ),
    "services.identity.policy.set_policy": Cell(
        lambda f, w, a, p: f(a, "idle_minutes", "10"), On.EVERYTHING
    ),
    "services.parcels.mine.my_months": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.parcels.mine.my_usage": Cell(lambda f, w, a, p: f(a, None, None, 10), On.OWN),
    "services.parcels.query.query": Cell(
        lambda f, w, a, p: f(
            a,
            ParcelRequest(
                "AD0609",
                Kind.LAND,
                "18-1",
                (Item.LAND_DESCRIPTION,),
                Purpose(document_no="府授地資字第1136012388號"),
            ),
        ),
        On.OWN,
        also=has_items,
    ),
    "services.parcels.sections.districts": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.parcels.sections.find_section": Cell(lambda f, w, a, p: f(a, "AD0609"), On.OWN),
    "services.parcels.sections.sections_of": Cell(lambda f, w, a, p: f(a, "松山區"), On.OWN),
    "services.settings.readings.choose": Cell(
        lambda f, w, a, p: f(a, "people_counted", "valid_accounts"), On.EVERYTHING
    ),
    "services.operation.nightly.run_night": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.schedule.everybody.all_due": Cell(
        lambda f, w, a, p: f(a, date(2026, 11, 23)),
        On.LIST,
        units_in=lambda w, found: {_names(w)[one.unit] for one in found if one.unit},
    ),
    "services.schedule.reminders.send_reminders": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.schedule.board.open_quarters": Cell(lambda f, w, a, p: f(a, w.unit_id(p))),
    "services.schedule.board.unit_board": Cell(
        lambda f, w, a, p: f(a), On.LIST,
        units_in=lambda w, lines: {_names(w)[line.unit] for line in lines}),
    "services.schedule.tasks.tasks_of": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.retention.purging.purge": Cell(
        lambda f, w, a, p: f(a, date(2020, 1, 1)),
        On.EVERYTHING,
        also=lambda w, a, p: a.is_operator,
    ),
    "services.operation.upgrading.upgrade": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.by_person.people_of_records": Cell(
        lambda f, w, a, p: f(a, _records_of(w, p), 10)
    ),
    "services.usage.filters.filter_choices": Cell(
        lambda f, w, a, p: f(a),
        On.LIST,
        units_in=lambda w, found: _by_id(w, [unit.id for unit in found.units]),
    ),
    "services.usage.importing.history.count_imports": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING
    ),
    "services.usage.importing.history.imports_of_file": Cell(
        lambda f, w, a, p: f(a, "0" * 64), On.EVERYTHING
    ),
    "services.usage.importing.history.list_imports": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.importing.matching.propose_matches": Cell(
        lambda f, w, a, p: f(a, w.foreign_source), On.EVERYTHING
    ),
    "services.usage.importing.preview.inspect_file": Cell(
        lambda f, w, a, p: f(a, _FILE), On.EVERYTHING
    ),
    "services.usage.importing.preview.list_units": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.importing.preview.preview": Cell(
        lambda f, w, a, p: f(a, "其他系統", "a.csv", _FILE), On.EVERYTHING
    ),
    "services.usage.importing.service.import_file": Cell(
        lambda f, w, a, p: f(a, Path(__file__).parents[1] / "files/platform-usage-export.csv", "其他系統", False), On.EVERYTHING
    ),
    "services.usage.importing.service.store": Cell(
        lambda f, w, a, p: f(a, "其他系統", "a.csv", _FILE, only_good=True), On.EVERYTHING
    ),
    "services.usage.importing.source_users.claim_source_user": Cell(
        lambda f, w, a, p: f(a, w.foreign_source, "u001", w.accounts["clerk"]), On.EVERYTHING
    ),
    "services.usage.importing.source_users.claim_source_users": Cell(
        lambda f, w, a, p: f(a, w.foreign_source, {"u001": w.accounts["clerk"]}), On.EVERYTHING
    ),
    "services.usage.importing.source_users.list_accounts": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING
    ),
    "services.usage.importing.source_users.list_source_users": Cell(
        lambda f, w, a, p: f(a, w.foreign_source), On.EVERYTHING
    ),
    "services.usage.importing.sources.list_sources": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.listing.export_records": Cell(lambda f, w, a, p: f(a, _records_of(w, p))),
    "services.usage.listing.list_records": Cell(
        lambda f, w, a, p: f(a, _records_of(w, p), None, 10)
    ),
    "services.usage.listing.view_record": Cell(
        lambda f, w, a, p: f(a, w.outside_sample.get(p or "", 999_999))
    ),
    "services.usage.people.active_people": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.people.people_ranking": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.trends.overview": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.trends.overview#list": Cell(
        lambda f, w, a, p: f(a, _whole(w, p), Breakdown.UNIT),
        On.LIST,
        units_in=lambda w, found: {_names(w)[one.label.split()[-1]] for one in found.points},
    ),
    "services.usage.trends.overview#ranked": Cell(
        lambda f, w, a, p: f(a, _whole(w, p), Breakdown.ITEM, [Breakdown.UNIT]),
        On.LIST,
        units_in=lambda w, found: {
            _names(w)[one.label.split()[-1]] for one in found.rankings[Breakdown.UNIT]
        },
    ),
    "services.audits.spot.list_spot_checks": Cell(
        lambda f, w, a, p: f(a), On.LIST,
        units_in=lambda w, lines: {_names(w)[line.unit] for line in lines}),
    "services.audits.spot.open_spot_check": Cell(
        lambda f, w, a, p: f(a, w.unit_id(p), OPEN, _REASON, 1)),
    "services.audits.spot.spot_check": Cell(
        lambda f, w, a, p: f(a, w.spots[p] if p else 999_999)),
    "services.audits.spot.units_to_check": Cell(
        lambda f, w, a, p: f(a), On.LIST,
        units_in=lambda w, found: _by_id(w, [unit.id for unit in found])),
    "services.incidents.acting.take_step": Cell(
        lambda f, w, a, p: f(a, w.incident(p)[0], 2, Step.REMEDIED, a.today, _REASON, "府稅字第1150000001號")),
    "services.incidents.acting.close_incident": Cell(
        lambda f, w, a, p: f(a, w.incident(p)[0], 2, _REASON), nothing_to_do=True),
    "services.incidents.evidence.open_incident_file": Cell(
        lambda f, w, a, p: f(a, w.incident(p)[1])),
    "services.incidents.listing.incident_units": Cell(
        lambda f, w, a, p: f(a), On.LIST,
        units_in=lambda w, found: _by_id(w, [unit.id for unit in found[0]])),
    "services.incidents.listing.list_incidents": Cell(
        lambda f, w, a, p: f(a, IncidentFilters(), None, 50), On.LIST,
        units_in=lambda w, page: {_names(w)[row.unit] for row in page.rows}),
    "services.incidents.listing.open_incidents_of": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.incidents.reporting.report_abnormal": Cell(
        lambda f, w, a, p: f(a, w.unit_id(p), f"{p}_general_user", "異常使用", _REASON)),
    "services.incidents.view.view_incident": Cell(lambda f, w, a, p: f(a, w.incident(p)[0])),
    "services.oversight.receiving.deliver": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_SIGNED), _LETTER, NOW.date()),
        nothing_to_do=True),
    "services.oversight.receiving.check_again": Cell(lambda f, w, a, p: f(a, w.review(p))),
    "services.oversight.receiving.receive_waiting": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING, also=is_operator),
    "services.oversight.reviewing.check_package": Cell(
        lambda f, w, a, p: f(a, w.package(p)), also=sees_agencies),
    "services.oversight.reviewing.check_before_sending": Cell(
        lambda f, w, a, p: f(a, w.agency_audit(p, HALF_SIGNED)), also=sees_agencies),
    "services.oversight.acting.take_review": Cell(
        lambda f, w, a, p: f(a, w.review(p), 1), nothing_to_do=True),
    "services.oversight.acting.hand_over_review": Cell(
        lambda f, w, a, p: f(a, w.review(p), 0, "reviewer", _REASON), nothing_to_do=True),
    "services.oversight.acting.overrule_check": Cell(
        lambda f, w, a, p: f(a, w.review(p), 1, "flags", _REASON)),
    "services.oversight.acting.accept_package": Cell(
        lambda f, w, a, p: f(a, w.review(p), 1, _LETTER, NOW.date()), nothing_to_do=True),
    "services.oversight.acting.take_acceptance_back": Cell(
        lambda f, w, a, p: f(a, w.review(p), 1, _REASON), nothing_to_do=True),
    "services.oversight.letters.draft_letter": Cell(
        lambda f, w, a, p: f(a, w.review(p), BureauLetter.EXPLAIN)),
    "services.oversight.queue.view_queue": Cell(
        lambda f, w, a, p: f(a, HALF_SIGNED), On.LIST),
    "services.oversight.queue.halves_in_review": Cell(
        lambda f, w, a, p: f(a, HALF_SIGNED), On.LIST),
    "services.oversight.view.view_review": Cell(lambda f, w, a, p: f(a, w.review(p))),
    "services.oversight.findings.asking.ask": Cell(
        lambda f, w, a, p: f(a, w.review(p), 1, [Draft("說明查詢目的", _REASON)], _LATER)),
    "services.oversight.findings.acting.move_finding": Cell(
        lambda f, w, a, p: f(
            a, w.finding(p)[0], 1, FindingAct.EXTEND, Words(_REASON, due_on=_LATER))),
    "services.oversight.findings.acting.move_finding#agency": Cell(
        lambda f, w, a, p: f(a, w.finding(p)[0], 1, FindingAct.ANSWER, Words(_REASON)),
        by=Action.ANSWER_FINDING),
    "services.oversight.findings.acting.take_step_back": Cell(
        lambda f, w, a, p: f(a, w.finding(p)[0], 1, _REASON)),
    "services.oversight.findings.files.open_finding_file": Cell(
        lambda f, w, a, p: f(a, w.finding(p)[1])),
    "services.oversight.findings.listing.list_findings": Cell(
        lambda f, w, a, p: f(a, FindingFilters()), On.LIST,
        units_in=lambda w, rows: {_names(w)[row.unit] for row in rows}),
    "services.oversight.findings.view.view_finding": Cell(
        lambda f, w, a, p: f(a, w.finding(p)[0])),
}  # fmt: skip
