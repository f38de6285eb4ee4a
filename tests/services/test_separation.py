"""Separation of duties: every row is tried through every function it names; refused and on record."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from data.engine import reading, transaction
from data.models import (
    Account,
    AccountDuty,
    Application,
    ApplicationAct,
    Destruction,
    Finding,
)
from services.actor import Actor, DutyHeld, operator
from services.audits.signing import sign
from services.audits.words import Ruling
from services.errors import Refused
from services.identity.permission_table import (
    CLAUSES,
    GROUPS,
    HOLDERS,
    OPERATOR,
    SCOPES,
    permission_table,
)
from services.identity.permissions import RULES, Action
from services.identity.separation import SEPARATION
from services.oversight.findings.acting import Words
from services.oversight.findings.store import write_step
from services.regulation.access_review import Choice
from services.regulation.application_states import HANDED, Act
from services.regulation.finding_states import FindingAct, Gravity
from services.regulation.findings import REPORTS
from services.regulation.items import Item
from services.regulation.roles import MANAGES, AccountStatus, Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from services.reviews.deciding import Decision
from tests.prepared import (
    FROZEN,
    HALF_FROZEN,
    JUDGING,
    SIGNED,
    Prepared,
    events_after,
    last_event,
    prepare,
)
from tests.services.cells import CELLS
from tests.services.refusals import NO_SEPARATION, REFUSALS, raised
from tests.staged import Stage
from tests.test_house import FUNCTIONS
from tests.world import NOW

Attempt = tuple[Actor, Callable[[Any, Actor], Any]]
_WHY = "職務區隔的測試"


@pytest.fixture
def world(stage: Stage) -> Prepared:
    return stage.set(prepare)


def on_unit(name: str, world: Prepared, place: str) -> Callable[[Any, Actor], Any]:
    """The call of the table of cells, on something of one unit."""
    return lambda function, actor: CELLS[f"services.{name}"].call(function, world, actor, place)


def on_account(name: str, world: Prepared, account_id: int) -> Callable[[Any, Actor], Any]:
    if name.endswith("set_items"):
        return lambda f, a: f(a, account_id, [], _WHY, expected_items=[Item.CADASTRAL_MAP])
    return lambda f, a: f(
        a, account_id, AccountStatus.SUSPENDED, _WHY, expected_status=AccountStatus.ACTIVE
    )


def on_duty(name: str, account_id: int) -> Callable[[Any, Actor], Any]:
    what = 1 if name.endswith("end_duty") else Duty.UNIT_HEAD
    return lambda function, actor: function(actor, account_id, what, _WHY)


def on_line(world: Prepared, account_id: int) -> Callable[[Any, Actor], Any]:
    with reading() as db:
        account = db.get_one(Account, account_id)
        campaign = world.campaigns[account.unit.agency_id]
    away = Decision(account_id, world.line_states[account_id], Choice.CANCEL, _WHY)
    return lambda function, actor: function(actor, campaign, [away])


def own_record(name: str, world: Prepared) -> Attempt:
    """The author of the records, who is the unit's appointed auditor too."""
    auditor = world.actor("auditor")
    author = replace(auditor, account_id=world.people["tax1", Role.GENERAL_USER])
    audit, record = world.audits["tax1", JUDGING], world.to_judge["tax1"]
    if name.endswith("take"):
        return author, lambda f, a: f(a, audit, [record])
    return author, lambda f, a: f(a, audit, {record: 0}, Ruling.COMPLIANT)


def staked(name: str, world: Prepared) -> list[Attempt]:
    """The unit's auditor, where the author of the records is the unit's head by now."""
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=world.people["tax2", Role.GENERAL_USER],
                duty=Duty.UNIT_HEAD.value,
                unit_id=world.units["tax2"],
                granted_at=NOW,
            )
        )
    duty = DutyHeld(Duty.AUDITOR, unit_id=world.units["tax2"])
    auditor = replace(world.actor("clerk_tax2"), duties=(duty,))
    return [(auditor, on_unit(name, world, "tax2"))]


_APPLICATIONS: dict[str, tuple[Deed, tuple[str, ...]]] = {
    "approve": (Deed.APPROVE, ("head",)),
    "record_approval_on_paper": (Deed.APPROVE, ("unit_manager", "agency_manager")),
    "record_notice": (Deed.NOTIFY, ("unit_manager",)),
    "record_letter": (Deed.LETTER, ("agency_manager",)),
    "review": (Deed.REVIEW, ("reviewer",)),
    "send_back": (Deed.APPROVE, ("head",)),
    "refuse": (Deed.COMPLETE, ("unit_manager",)),
    "complete": (Deed.COMPLETE, ("unit_manager",)),
}
"""Of which application of the prepared world each function takes a step, and who otherwise may."""


def application_of(name: str, world: Prepared) -> tuple[int, tuple[Actor, ...]]:
    deed, who = _APPLICATIONS[name.rpartition(".")[2]]
    return world.application("tax1", deed), tuple(world.actor(one) for one in who)


def own_applications(name: str, world: Prepared) -> list[Attempt]:
    """Whoever may take the step of it, as the very person whom it is about."""
    id_, people = application_of(name, world)
    with reading() as db:
        applicant = db.get_one(Application, id_).account_id
    return [(replace(who, account_id=applicant), on_unit(name, world, "tax1")) for who in people]


def sent_in_by(name: str, world: Prepared) -> list[Attempt]:
    """Who sent it in with a list, and got the link to hand over."""
    id_, people = application_of(name, world)
    for who in people:
        add_act(id_, who, Act.SUBMITTED, 0, {HANDED: True})
    return [(who, on_unit(name, world, "tax1")) for who in people]


def judged_before(name: str, world: Prepared) -> list[Attempt]:
    """Who approved the same application already, and has not sent it in."""
    id_, people = application_of(name, world)
    if name.endswith("complete"):
        people = (world.actor("agency_manager"),)
    with reading() as db:
        application = db.get_one(Application, id_)
        flow = WORKFLOWS[Role(application.role), Kind(application.kind)]
    step = flow.index(Deed.APPROVE)
    assert step is not None
    for who in people:
        add_act(id_, who, Act.PASSED, step, {})
    return [(who, on_unit(name, world, "tax1")) for who in people]


def add_act(application_id: int, who: Actor, act: Act, step: int, detail: dict[str, Any]) -> None:
    with transaction() as db:
        db.add(
            ApplicationAct(
                application_id=application_id,
                step=step,
                act=act.value,
                at=NOW,
                account_id=who.account_id,
                actor_name=who.name,
                detail=detail,
            )
        )


def own_leaving(name: str, world: Prepared) -> list[Attempt]:
    """A manager, as the very person whose leaving is recorded."""
    role = Role.UNIT_MANAGER if name.endswith("record_leaving") else Role.GENERAL_USER
    leaver = world.people["tax1", role]
    return [
        (replace(world.actor(who), account_id=leaver), on_unit(name, world, "tax1"))
        for who in ("unit_manager", "agency_manager")
    ]


def proposer(name: str, world: Prepared) -> list[Attempt]:
    """Who proposed the destruction, whichever manager they are by now."""
    with reading() as db:
        proposed_by = db.get_one(Destruction, world.proposal("tax1")[1]).account_id
    return [
        (replace(world.actor(who), account_id=proposed_by), on_unit(name, world, "tax1"))
        for who in ("unit_manager", "agency_manager")
    ]


def own_duty(name: str, world: Prepared) -> list[Attempt]:
    if name.endswith("appoint"):
        head, unit = world.actor("head"), world.units["tax1"]
        return [(head, lambda f, a: f(a, unit, head.account_id, _WHY))]
    return [
        (world.actor(who), on_duty(name, world.accounts[who]))
        for who in ("agency_manager", "system_manager")
    ]


def signed_once(world: Prepared) -> Attempt:
    """The agency manager, who is an ethics officer too and has signed as the one or the other."""
    duty = DutyHeld(Duty.ETHICS_OFFICER, agency_id=world.agencies["tax"])
    both = replace(world.actor("agency_manager"), duties=(duty,))
    audit = world.agency_audit("tax1", HALF_FROZEN)
    shown = world.agency_content("tax1", HALF_FROZEN)
    sign(both, audit, shown)
    return both, lambda f, a: f(a, audit, shown)


def signers_who_are_heads(world: Prepared) -> list[Actor]:
    """Those who signed the agency's audit, as deputies of its head."""
    duty = DutyHeld(Duty.AGENCY_HEAD, agency_id=world.agencies["tax"])
    names = ("tax1_agency_manager", "tax1_general_user")
    return [replace(world.actor(name), duties=(duty,)) for name in names]


def attempts(code: str, name: str, world: Prepared) -> list[Attempt]:
    """Return who tries what against one row, through one of its functions."""
    people = {who: world.actor(who) for who in world.accounts}
    subject = world.people["tax1", Role.GENERAL_USER]
    tried: dict[str, Callable[[], list[Attempt]]] = {
        "own_account": lambda: [
            (people[who], on_account(name, world, world.accounts[who]))
            for who in ("unit_manager", "agency_manager", "system_manager")
        ],
        "own_duty": lambda: own_duty(name, world),
        "own_application": lambda: own_applications(name, world),
        "sender_is_no_judge": lambda: sent_in_by(name, world),
        "judged_by_different_people": lambda: judged_before(name, world),
        "own_leaving": lambda: own_leaving(name, world),
        "destroyed_by_two": lambda: proposer(name, world),
        "level_by_level": lambda: [
            (people[who], on_account(name, world, world.people["tax1", role]))
            for who, role in (
                ("unit_manager", Role.UNIT_MANAGER),
                ("unit_manager", Role.AGENCY_MANAGER),
                ("agency_manager", Role.AGENCY_MANAGER),
                ("system_manager", Role.GENERAL_USER),
                ("system_manager", Role.UNIT_MANAGER),
            )
        ],
        "own_review": lambda: [
            (people[who], on_line(world, account))
            for who, account in (
                ("tax1_unit_manager", world.accounts["tax1_unit_manager"]),
                ("tax1_agency_manager", world.accounts["tax1_agency_manager"]),
                ("tax1_agency_manager", world.accounts["tax1_agency_manager2"]),
                ("bureau1_system_manager", world.accounts["bureau1_system_manager"]),
            )
        ],
        "no_accounts_by_command": lambda: [
            (operator(NOW), on_account(name, world, world.people["tax1", role])) for role in Role
        ],
        "duty_is_no_query": lambda: [
            (actor, on_unit(name, world, "tax1"))
            for actor in (
                *(people[who] for who in ("head", "auditor", "ethics", "agency_head", "reviewer")),
                operator(NOW),
            )
        ],
        "own_records": lambda: [own_record(name, world)],
        "stake": lambda: staked(name, world),
        "managers_do_not_audit": lambda: [
            (people[who], on_unit(name, world, "tax1"))
            for who in ("unit_manager", "agency_manager", "system_manager")
        ],
        "seed_is_not_chosen": lambda: [
            (
                people[who],
                lambda f, a: f(a, world.audits["tax1", FROZEN], named_seed="abcd"),
            )
            for who in ("head", "auditor")
        ],
        "persons_judge_and_sign": lambda: [(operator(NOW), on_unit(name, world, "tax1"))],
        "head_reopens": lambda: [
            (people["auditor"], lambda f, a: f(a, world.audits["tax1", SIGNED], _WHY))
        ],
        "own_incident": lambda: [
            (replace(people[who], account_id=subject), on_unit(name, world, "tax1"))
            for who in ("head", "ethics", "agency_manager")
        ],
        "two_signers": lambda: [signed_once(world)],
        "own_package": lambda: [
            (
                replace(people["reviewer"], agency_id=world.agencies["tax"]),
                on_unit(name, world, "tax1"),
            )
        ],
        "holder_decides": lambda: [
            (
                replace(people["reviewer"], account_id=world.accounts["system_manager"]),
                on_unit(name, world, "tax1"),
            )
        ],
        "second_reviewer": lambda: [accepted_once(world)],
        "approver_is_no_signer": lambda: [
            (signer, on_unit(name, world, "tax1")) for signer in signers_who_are_heads(world)
        ],
    }
    return tried[code]()


SAYS = {
    "own_application": "^不能辦理自己的申請案",
    "sender_is_no_judge": "^這一案由您匯入名單送出|^這一案的連結由您轉交",
    "judged_by_different_people": "^這一案您已經核可過",
    "own_leaving": "^自己的離職或異動不由自己登錄",
    "destroyed_by_two": "^銷毀由提出者以外的另一位管理者確認",
    "own_records": "是您自己的使用紀錄",
    "stake": "是單位主管的使用紀錄，由機關管理者判定",
}
"""Where somebody out of reach would be refused as well: what tells that it is this row."""


def accepted_once(world: Prepared) -> Attempt:
    """A major deficiency whose improvement the reviewer has accepted, and who then closes it."""
    reviewer, finding_id = world.actor("reviewer"), world.finding("tax1")[0]
    way = (FindingAct.ANSWER, FindingAct.CONFIRM, FindingAct.ORDER, *REPORTS, FindingAct.ACCEPT)
    with transaction() as db:
        finding = db.get_one(Finding, finding_id)
        for act in way:
            gravity = Gravity.MAJOR if act is FindingAct.CONFIRM else None
            write_step(db, reviewer, finding, act, _WHY, gravity=gravity)
        revision = finding.revision
    said = Words(_WHY)
    return reviewer, lambda f, actor: f(actor, finding_id, revision, FindingAct.CLOSE, said)


def test_every_row_is_refused_by_every_function_it_names(world: Prepared) -> None:
    for rule in SEPARATION:
        for name in rule.functions:
            function = FUNCTIONS[f"services.{name}"]
            for actor, call in attempts(rule.code, name, world):
                last = last_event()
                with pytest.raises(Refused, match=SAYS.get(rule.code)):
                    call(function, actor)
                (event,) = events_after(last)
                told = (event.type, event.actor_name, event.detail["function"])
                expected = ("refused", actor.name, inspect.unwrap(function).__qualname__)
                assert told == expected, (rule.code, actor.label)


def test_no_refusal_in_the_code_lacks_its_row() -> None:
    """A new `raise Refused` fails here until it has its row in the table, or a reason to have none."""
    assert raised() == {place: len(kinds) for place, kinds in REFUSALS.items()}
    kinds = {kind for kinds in REFUSALS.values() for kind in kinds}
    worded = {kind for kind in kinds if kind in REFUSALS}
    assert kinds - worded <= {rule.code for rule in SEPARATION} | set(NO_SEPARATION)
    # What is enforced somewhere without a sentence of its own: by the permission table, or unseen.
    assert {rule.code for rule in SEPARATION} - kinds == {
        *("duty_is_no_query", "head_reopens"),
    }


def test_rows_are_told_apart_and_name_their_clause() -> None:
    assert len({rule.code for rule in SEPARATION}) == len(SEPARATION)
    assert all(rule.clause and rule.sentence.endswith("。") for rule in SEPARATION)


def test_the_table_shown_is_the_table_read(world: Prepared) -> None:
    shown = permission_table(world.actor("system_manager"))
    cells = {
        (holder, line.action, scope)
        for line in shown.actions
        for holder, scope in line.scopes.items()
        if holder != OPERATOR
    }
    assert cells == {(rule.holder.value, rule.action, SCOPES[rule.scope]) for rule in RULES}
    assert [line.action for line in shown.actions if OPERATOR in line.scopes] == [
        *(Action.VIEW_USAGE, Action.IMPORT_USAGE, Action.VIEW_AUDIT, Action.CONDUCT_AUDIT),
        *(Action.OPERATE_LEDGER, Action.CHANGE_SETTINGS),
    ]
    assert {line.manager: set(line.accounts) for line in shown.managers} == {
        role: set(others) for role, others in MANAGES.items() if others
    }
    assert shown.separation == SEPARATION


def test_every_action_has_its_place_and_clause_and_every_holder_a_name() -> None:
    placed = [action for actions in GROUPS.values() for action in actions]
    assert sorted(placed) == sorted(Action)
    assert set(CLAUSES) == set(Action)
    assert {rule.holder.value for rule in RULES} | {OPERATOR} == set(HOLDERS)
