"""Every task's link opens what the task names, and nothing else: one case and more for every kind of task."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from data.engine import reading, transaction
from data.models import Audit, Finding, Incident, Unit
from services import clock
from services.actor import Actor
from services.applications import own
from services.applications.applying import apply_own
from services.audits.drawing import draw_first
from services.audits.freezing import freeze
from services.audits.late import open_supplement
from services.audits.spot import open_spot_check
from services.incidents.reporting import report_abnormal
from services.oversight.findings.acting import Words, move_finding
from services.papers.destroying import propose_destruction
from services.regulation.finding_states import FindingAct
from services.regulation.periods import Month
from services.regulation.workflows import Kind
from services.reviews.opening import open_review
from services.schedule.tasks import tasks_of
from services.schedule.words import Task, TaskKind
from tests.pages.browsing import open_page, texts
from tests.services.audits import whole
from tests.services.leaving.told import record
from tests.services.oversight import whole as received
from tests.services.papers.helpers import cancel, kept
from tests.world import World, at

LATER = at(2027, 1, 20)
"""The half-year of `whole` is the one before the newest: a link that forgets the period opens another."""
TAX = "臺北市稅捐稽徵處"


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: LATER)


@dataclass(frozen=True)
class Case:
    """Somebody with tasks of one kind; ``named`` says what has to be on screen of each of them."""

    kind: TaskKind
    who: str
    prepare: Callable[[World], object]
    named: Callable[[Task], tuple[str, ...]]
    least: int = 1
    """So many tasks of the kind there are at least: a link that leads to the first one is right by chance."""


# --- what there is to do -------------------------------------------------------------------------------


def someone(world: World, who: str) -> Actor:
    return world.actor(who, LATER)


def of_agency(*, signed: bool = False, approved: bool = False) -> Callable[[World], None]:
    """Take the agency audit to its last verdict, and on to its two signatures and the approval."""

    def prepare(world: World) -> None:
        whole.fill_half_year(world)
        for unit, quarter in product(("tax1", "tax2"), (whole.Q1, whole.Q2)):
            whole.received_unit(world, unit, quarter)
        audit_id = whole.drawn_agency(world)
        whole.judged(world.actor("agency_manager"), audit_id)
        if signed:
            whole.sign_agency(world, audit_id)
        if approved:
            whole.act(world, audit_id, "approved", "agency_head")

    return prepare


def of_units(world: World) -> None:
    whole.fill_half_year(world)
    whole.judged_unit(world, "tax1", whole.Q1)


def of_a_head(world: World) -> None:
    """The head's own records are drawn: the manager judges them (domain.md §7, 3)."""
    for month in (1, 4):
        world.use("head", *(at(2026, month, day) for day in (5, 6)), reason="承辦測量案件查對")
    for quarter in (whole.Q1, whole.Q2):
        auditor = someone(world, "auditor")
        draw_first(auditor, freeze(auditor, world.units["tax1"], quarter))


def of_a_closed_unit(world: World) -> None:
    of_units(world)
    with transaction() as db:
        db.get_one(Unit, world.units["tax2"]).active = False


def signed_units(world: World) -> None:
    whole.fill_half_year(world)
    for unit, quarter in (("tax1", whole.Q1), ("tax2", whole.Q2)):
        whole.signed_unit(world, unit, quarter)


def late_records(world: World) -> None:
    whole.fill_half_year(world)
    whole.signed_unit(world, "tax1", whole.Q1)
    world.use("clerk2", at(2026, 2, 9), at(2026, 3, 9))


def begun_supplement(world: World) -> None:
    late_records(world)
    head = someone(world, "head")
    with reading() as db:
        main = db.scalars(select(Audit.id)).one()
    open_supplement(head, main, seal=False)


def spot_checks(world: World) -> None:
    world.use("clerk", at(2026, 10, 5), at(2026, 11, 5))
    world.use("clerk_tax2", at(2026, 11, 5))
    for unit, month in (("tax1", 10), ("tax1", 11), ("tax2", 11)):
        manager = someone(world, "agency_manager")
        open_spot_check(manager, world.units[unit], Month(2026, month), "例行檢查", 1)


def abnormal_use(world: World) -> None:
    for unit, who in (("tax1", "clerk"), ("tax2", "clerk_tax2")):
        title = f"{who} 下班後查詢"
        report_abnormal(someone(world, "ethics"), world.units[unit], who, title, "待查明用途。")


def proposed(world: World) -> None:
    paper = kept(world, "clerk", custodian="unit_manager")
    cancel(world, "clerk", at(2024, 5, 22))
    propose_destruction(someone(world, "unit_manager"), paper, "註銷已滿一年")


def leaving(world: World) -> None:
    record(world, "clerk", day=at(2027, 1, 25).date(), by="head")


def applied(world: World) -> None:
    clerk = someone(world, "clerk")
    sent = apply_own(clerk, Kind.CANCEL, "將調離本單位", items=(), to_unit_id=None)
    own.print_own(clerk, sent.id)


def opened_review(world: World) -> None:
    open_review(someone(world, "agency_manager"), world.agencies["tax"])


def asked_about(world: World) -> None:
    """A package in a reviewer's hands, with one finding that waits for the agency and one for the bureau."""
    desk = received.taken(world)
    received.asked(desk, title="說明逾時查詢")
    finding = received.asked(desk)
    manager = desk.actor("agency_manager")
    move_finding(manager, finding, 1, FindingAct.ANSWER, Words("如附件所示。"))


def nothing(world: World) -> None:
    """Nobody's access review was opened yet, and no audit was begun."""


# --- what has to be there ------------------------------------------------------------------------------


def half_year(task: Task) -> tuple[str, ...]:
    return (task.strong.removesuffix("機關稽核").replace(" ", "．"),)


def quarter(task: Task) -> tuple[str, ...]:
    name, _, period = task.strong.removesuffix("單位稽核").rpartition(" ")
    return (f"{name}．{period}",)


def there(task: Task) -> tuple[str, ...]:
    name, _, period = task.strong.rpartition(" ")
    return (f"{name}．{period}", "又匯入 **2 筆**")


def any_quarter(task: Task) -> tuple[str, ...]:
    name, _, period = (
        task.strong.removesuffix("單位稽核").removesuffix("單位補充稽核").rpartition(" ")
    )
    return (f"{name}．{period}",)


def received_there(task: Task) -> tuple[str, ...]:
    agency, unit, period = task.strong.removesuffix("單位稽核").split(" ")
    half = "上半年" if period[-2] in "12" else "下半年"
    return (f"{agency}．{period[:4]}{half}", unit, period)


def check(task: Task) -> tuple[str, ...]:
    unit, period = task.strong.removesuffix("不定期檢查").split(" ")
    return (f"{TAX} {unit}．{period}",)


def incident(task: Task) -> tuple[str, ...]:
    with reading() as db:
        one = db.get_one(Incident, int(task.key.split(":")[1]))
        return (f"{one.number}　{one.title}",)


def finding(task: Task) -> tuple[str, ...]:
    with reading() as db:
        one = db.get_one(Finding, int(task.key.split(":")[1]))
        return (f"{one.number}　{one.title}",)


def application(task: Task) -> tuple[str, ...]:
    return (task.key.split(":")[1],)


def says(*words: str) -> Callable[[Task], tuple[str, ...]]:
    return lambda _task: words


CASES = {
    "a unit audit": Case(TaskKind.UNIT_AUDIT, "head", of_units, quarter, 3),
    "a unit audit of others": Case(TaskKind.UNIT_AUDIT, "reviewer", of_units, quarter, 8),
    "a head's records": Case(TaskKind.STAKE, "agency_manager", of_a_head, quarter, 2),
    "a closed unit's": Case(TaskKind.UNIT_AUDIT, "agency_manager", of_a_closed_unit, quarter, 5),
    "what came late": Case(TaskKind.LATE_RECORDS, "head", late_records, there),
    "a supplement": Case(TaskKind.UNIT_AUDIT, "head", begun_supplement, any_quarter, 3),
    "one to receive": Case(TaskKind.RECEIPT, "agency_manager", signed_units, received_there, 2),
    "one that waits to be received": Case(TaskKind.RECEIPT, "head", signed_units, quarter),
    "agency audits": Case(TaskKind.AGENCY_AUDIT, "agency_manager", of_agency(), half_year, 2),
    "agency audits of all": Case(TaskKind.AGENCY_AUDIT, "reviewer", of_agency(), half_year, 4),
    "agency audits not begun": Case(TaskKind.AGENCY_AUDIT, "ethics", of_units, half_year, 2),
    "an approval": Case(TaskKind.APPROVAL, "agency_head", of_agency(signed=True), half_year),
    "a sending": Case(
        TaskKind.SENDING, "agency_manager", of_agency(signed=True, approved=True), half_year
    ),
    "spot checks": Case(TaskKind.SPOT_CHECK, "agency_manager", spot_checks, check, 3),
    "incidents": Case(TaskKind.INCIDENT, "ethics", abnormal_use, incident, 2),
    "a package": Case(TaskKind.PACKAGE, "reviewer", received.received, says(f"{TAX}．115年上半年")),
    "findings": Case(TaskKind.FINDING, "agency_manager", asked_about, finding, 2),
    "findings of the bureau": Case(TaskKind.FINDING, "reviewer", asked_about, finding, 2),
    "an access review not opened": Case(
        TaskKind.ACCESS_REVIEW, "agency_manager", nothing, says("下一次權限清查應於")
    ),
    "an access review": Case(
        TaskKind.ACCESS_REVIEW, "agency_manager", opened_review, says(f"{TAX}　第 1 號", "clerk2")
    ),
    "everybody's access reviews": Case(TaskKind.ACCESS_REVIEW, "reviewer", nothing, says(TAX)),
    "a destruction": Case(
        TaskKind.DOCUMENT, "agency_manager", proposed, says("待確認銷毀", "測試001（clerk）")
    ),
    "people who leave": Case(TaskKind.LEAVING, "unit_manager", leaving, says("clerk", "離職")),
    "one's own leaving": Case(TaskKind.LEAVING, "clerk", leaving, says("送出申請", "申請種類")),
    "an application": Case(TaskKind.APPLICATION, "head", applied, says("clerk", "待您辦理")),
    "one's own application": Case(TaskKind.OWN_APPLICATION, "clerk", applied, application),
}


def test_every_kind_of_task_has_its_case() -> None:
    assert {case.kind for case in CASES.values()} == set(TaskKind)


@pytest.mark.parametrize("name", CASES)
def test_its_link_opens_what_it_names(world: World, name: str) -> None:
    case = CASES[name]
    case.prepare(world)
    tasks = [task for task in tasks_of(someone(world, case.who)) if task.kind is case.kind]
    assert len(tasks) >= case.least
    for task in tasks:
        app = open_page(case.who, task.page, **dict(task.fields))
        assert not app.exception
        assert not app.error, [one.value for one in app.error]
        said = on_screen(app)
        assert "已略過" not in said
        for words in case.named(task):
            assert words in said, (task.words, task.fields)
        # What the link named stays in the address, to be handed on; at a page's own start it is bare.
        left = {name: app.query_params.get(name) for name, _ in task.fields}
        assert left == dict(task.fields) or not any(left.values())


def on_screen(app: AppTest) -> str:
    """Return the words of the page with its tables and buttons, as a person reads them."""
    return "\n".join(_parts(app)).replace("\\", "")


def _parts(app: AppTest) -> Iterator[str]:
    yield texts(app)
    for table in app.dataframe:
        yield table.value.to_string()
    for kind in (app.button, app.button_group):
        yield from (str(one.label) for one in kind)
