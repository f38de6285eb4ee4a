"""How every guarded service function is called on something of a unit, and whom the table lets do it.

A row a function. What is expected is worked out here from the cells of the permission table and
from where people and things are, not by the code that is tested.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from services.accounts.directory import AccountFilters
from services.audits.words import Ruling
from services.event_search import EventFilters
from services.identity.actor import Actor
from services.identity.permissions import RULES, Action, Scope
from services.identity.totp import Enrolment, new_enrolment
from services.parcels.numbers import Kind
from services.parcels.query import ParcelRequest
from services.regulation.items import Item
from services.regulation.purpose import Purpose
from services.regulation.roles import AccountStatus, Role
from services.usage.filters import Filters
from services.usage.trends import Breakdown
from tests.prepared import FROZEN, JUDGED, JUDGING, OPEN, SIGNED, UNITS, Prepared
from tests.services.import_helpers import csv_file

TABLE = {(rule.holder, rule.action): rule.scope for rule in RULES}
OPERATOR_MAY = {
    *(Action.VIEW_USAGE, Action.IMPORT_USAGE, Action.VIEW_AUDIT, Action.CONDUCT_AUDIT),
    *(Action.OPERATE_LEDGER, Action.CHANGE_SETTINGS),
}
AGENCY_OF = {"tax1": "tax", "tax2": "tax", "works1": "works", "bureau1": "bureau"}


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


def _whole(world: Prepared, place: str | None) -> Filters:
    return Filters("2026-07", "2026-09")


_DAYS = EventFilters(date(2024, 1, 1), date(2026, 12, 31))
_FILE = csv_file({})
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
            a, w.account(p, role), [Item.CADASTRAL_MAP], _REASON, expected_items=[]
        ),
        also=manages(role),
    )
    for role in Role
}

CELLS: dict[str, Cell] = _ACCOUNTS | {
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
    "services.audits.commands.freeze_and_draw": Cell(
        lambda f, w, a, p: f(a, _code(p), FROZEN)
    ),
    "services.audits.drawing.draw_first": Cell(lambda f, w, a, p: f(a, w.audit(p, FROZEN))),
    "services.audits.drawing.expand": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), 1, _REASON)
    ),
    "services.audits.drawing.redraw": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING), _REASON)),
    "services.audits.export.export_draw": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.freezing.freeze": Cell(lambda f, w, a, p: f(a, w.unit_id(p), OPEN)),
    "services.audits.freezing.preview_frame": Cell(lambda f, w, a, p: f(a, w.unit_id(p), OPEN)),
    "services.audits.overview.find_audit": Cell(lambda f, w, a, p: f(a, w.unit_id(p), FROZEN)),
    "services.audits.overview.list_audits": Cell(
        lambda f, w, a, p: f(a, FROZEN),
        On.LIST,
        units_in=lambda w, lines: _by_id(w, [line.unit_id for line in lines]),
    ),
    "services.audits.overview.view_audit": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED))),
    "services.audits.sheet.record_history": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGING), w.to_judge.get(p or "", 1))
    ),
    "services.audits.sheet.worksheet_rows": Cell(lambda f, w, a, p: f(a, w.audit(p, JUDGING))),
    "services.audits.signing.reopen": Cell(lambda f, w, a, p: f(a, w.audit(p, SIGNED), _REASON)),
    "services.audits.signing.sign": Cell(
        lambda f, w, a, p: f(a, w.audit(p, JUDGED), w.shown.get(p or "", ""))
    ),
    "services.audits.worksheet.judge": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), {w.to_judge.get(p or "", 1): 0}, Ruling.COMPLIANT
        ),
        also=is_person,
    ),
    "services.audits.worksheet.pick": Cell(
        lambda f, w, a, p: f(
            a, w.audit(p, JUDGING), [w.outside_sample.get(p or "", 1)], _REASON
        ),
        also=is_person,
    ),
    "services.documents.tables.export_table": Cell(
        lambda f, w, a, p: f(a, "清單", ["欄"], [["一"]], 1), On.OWN
    ),
    "services.event_log.event_story": Cell(
        lambda f, w, a, p: f(a, w.events[p] if p else 999_999)
    ),
    "services.event_log.export_events": Cell(lambda f, w, a, p: f(a, _DAYS), On.LIST),
    "services.event_log.list_events": Cell(
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
    "services.mail.send_due": Cell(
        lambda f, w, a, p: f(a, lambda: a.now), On.EVERYTHING, nothing_to_do=True
    ),
    "services.identity.release.release_identity": Cell(
        lambda f, w, a, p: f(a, "clerk", _REASON), On.EVERYTHING, also=is_operator, nothing_to_do=True),
    "services.identity.second_factor.own_factor": Cell(lambda f, w, a, p: f(a), On.OWN),
    "services.ledger.sealing.seal": Cell(
        lambda f, w, a, p: f(a, patience=0.1, stamp=False), On.EVERYTHING
    ),
    "services.ledger.verification.verify_ledger": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.rotation.rotate_secrets": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
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
    "services.readings.choose": Cell(
        lambda f, w, a, p: f(a, "people_counted", "valid_accounts"), On.EVERYTHING
    ),
    "services.upgrading.upgrade": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.filters.filter_choices": Cell(
        lambda f, w, a, p: f(a),
        On.LIST,
        units_in=lambda w, found: _by_id(w, [unit.id for unit in found.units]),
    ),
    "services.usage.importing.history.count_imports": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING
    ),
    "services.usage.importing.history.list_imports": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
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
    "services.usage.importing.source_users.list_accounts": Cell(
        lambda f, w, a, p: f(a), On.EVERYTHING
    ),
    "services.usage.importing.source_users.list_source_users": Cell(
        lambda f, w, a, p: f(a, w.foreign_source), On.EVERYTHING
    ),
    "services.usage.importing.sources.list_sources": Cell(lambda f, w, a, p: f(a), On.EVERYTHING),
    "services.usage.people.active_people": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.people.people_ranking": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.trends.monthly": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.trends.monthly#list": Cell(
        lambda f, w, a, p: f(a, _whole(w, p), Breakdown.UNIT),
        On.LIST,
        units_in=lambda w, found: {_names(w)[point.label.split()[-1]] for point in found},
    ),
    "services.usage.trends.notable_changes": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
    "services.usage.trends.ranking": Cell(
        lambda f, w, a, p: f(a, _of_unit(w, p), Breakdown.ITEM)
    ),
    "services.usage.trends.ranking#list": Cell(
        lambda f, w, a, p: f(a, _whole(w, p), Breakdown.UNIT),
        On.LIST,
        units_in=lambda w, rows: {_names(w)[row.label.split()[-1]] for row in rows},
    ),
    "services.usage.trends.totals": Cell(lambda f, w, a, p: f(a, _of_unit(w, p))),
}  # fmt: skip


def _code(place: str | None) -> str:
    return {
        "tax1": "TAX-DAAN", "tax2": "TAX-ZS", "works1": "PWD-LAND", "bureau1": "LAND-INFO",
    }.get(place or "", "NOWHERE")  # fmt: skip
