"""What is refused on the way: own applications, twice in one chain, papers missing, wrong input, two at once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from data.engine import reading, transaction
from data.models import Account, AccountDuty, Application, KeptDocument, SignInSession, Unit
from services.accounts.changes import put_status
from services.accounts.person import Person
from services.actor import Actor
from services.applications import acting, completing, own
from services.applications.acting import Letter
from services.applications.applicant import Correction
from services.applications.applying import Wanted, apply_new, apply_own
from services.applications.following import follow, print_with_link
from services.applications.listing import (
    application_detail,
    count_due,
    list_applications,
    my_application,
    my_applications,
)
from services.documents.files import read_paper
from services.documents.formats import FileFormat
from services.errors import Conflict, Invalid, NotFound, Refused
from services.papers.keeping import PaperKind
from services.regulation.application_states import State
from services.regulation.items import Item
from services.regulation.roles import AccountStatus, Duty, Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from tests.services.applications.cast import (
    ADDRESS,
    LETTER,
    NEWCOMER,
    SCAN,
    Case,
    add_cast,
    begin_case,
)
from tests.signing_in import session_of
from tests.world import CREATED, NOW, World

GENERAL = Role.GENERAL_USER


@pytest.fixture
def cast(world: World) -> World:
    add_cast(world)
    return world


def ready(cast: World, role: Role, kind: Kind) -> Case:
    """An application of which only the last step is left."""
    case = begin_case(cast, role, kind)
    case.go_to(len(case.flow.steps) - 1)
    return case


def wanted(cast: World, **changes: Any) -> Wanted:
    base = Wanted(GENERAL, cast.units["tax1"], (Item.LAND_DESCRIPTION,), "業務需要")
    return replace(base, **changes)


BAD_PEOPLE: dict[str, tuple[Person, str]] = {
    "no name": (replace(NEWCOMER, name=" "), "姓名"),
    "no number": (replace(NEWCOMER, staff_no=""), "員工編號"),
    "login": (replace(NEWCOMER, username="王小明"), "帳號請用"),
    "e-mail": (replace(NEWCOMER, email="wang"), "電子郵件"),
    "two e-mails": (replace(NEWCOMER, email="a@b.tw,c@d.tw"), "電子郵件"),
    "header": (replace(NEWCOMER, email="a@b.tw\nBcc: c@d.tw"), "電子郵件"),
    "telephone": (replace(NEWCOMER, phone="電話"), "聯絡電話"),
    "title": (replace(NEWCOMER, title="長" * 41), "職稱"),
    "taken number": (replace(NEWCOMER, staff_no="t00001"), "已有帳號或辦理中"),
    "taken login": (replace(NEWCOMER, username="clerk"), "已有帳號或辦理中"),
    "taken e-mail": (replace(NEWCOMER, email="clerk@example.gov.taipei"), "已有帳號或辦理中"),
}


@pytest.mark.parametrize("name", BAD_PEOPLE)
def test_who_applies_is_checked(cast: World, name: str) -> None:
    person, sentence = BAD_PEOPLE[name]
    with pytest.raises((Invalid, Conflict), match=sentence):
        apply_new(person, wanted(cast), ADDRESS, NOW)
    with reading() as db:
        assert db.scalars(select(Application)).all() == []


def test_what_is_applied_for_is_checked(cast: World) -> None:
    with transaction() as db:
        db.execute(update(Unit).where(Unit.code == "TAX-ZS").values(active=False))
    for given, sentence in (
        (wanted(cast, items=()), "至少勾選一個"),
        (wanted(cast, reason="x"), "原因"),
        (wanted(cast, unit_id=9999), "查無此單位"),
        (wanted(cast, unit_id=cast.units["tax2"]), "查無此單位"),
        (wanted(cast, role=Role.SYSTEM_MANAGER), "地政局"),
    ):
        with pytest.raises(Invalid, match=sentence):
            apply_new(NEWCOMER, given, ADDRESS, NOW)
    clerk = cast.actor("clerk")
    for change, sentence in (
        ({"items": (), "to_unit_id": None}, "至少勾選一個"),
        ({"items": tuple(clerk.items)}, "與目前相同"),
        ({"items": tuple(clerk.items), "to_unit_id": cast.units["works1"]}, "同一機關"),
        ({"items": tuple(clerk.items), "to_unit_id": 9999}, "同一機關"),
    ):
        with pytest.raises(Invalid, match=sentence):
            apply_own(clerk, Kind.CHANGE, "職務異動", **change)
    with pytest.raises(Invalid, match="權限異動或註銷"):
        apply_own(clerk, Kind.CREATE, "再要一個")


def test_one_application_at_a_time(cast: World) -> None:
    begin_case(cast, GENERAL, Kind.CANCEL)
    with pytest.raises(Conflict, match="已有辦理中的申請"):
        apply_own(cast.actor("clerk"), Kind.CHANGE, "又要異動", items=(Item.CADASTRAL_MAP,))
    apply_new(NEWCOMER, wanted(cast), ADDRESS, NOW)
    with pytest.raises(Conflict, match="辦理中"):
        apply_new(replace(NEWCOMER, username="other.name"), wanted(cast), ADDRESS, NOW)


def test_strangers_are_throttled_by_address(cast: World) -> None:
    people = [
        replace(NEWCOMER, staff_no=f"N{n}", username=f"new{n:03d}", email=f"new{n}@gov.taipei")
        for n in range(21)
    ]
    for person in people[:20]:
        apply_new(person, wanted(cast), ADDRESS, NOW)
    with pytest.raises(Conflict, match="過多"):
        apply_new(people[20], wanted(cast), ADDRESS, NOW)
    apply_new(NEWCOMER, wanted(cast), "10.9.9.9", NOW)
    apply_new(people[20], wanted(cast), ADDRESS, NOW + timedelta(minutes=16))


def test_nobody_takes_two_steps_of_one_chain(cast: World) -> None:
    """A unit manager who heads the unit as well approves, and then cannot complete."""
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=cast.accounts["unit_manager"],
                duty=Duty.UNIT_HEAD.value,
                unit_id=cast.units["tax1"],
                granted_at=NOW,
            )
        )
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    case.print()
    both = cast.actor("unit_manager")
    case.take(Deed.APPROVE, both)
    with pytest.raises(Refused, match="不同的人"):
        case.take(Deed.COMPLETE, both)
    case.take(Deed.COMPLETE, cast.actor("agency_manager"))
    assert case.row.state == State.COMPLETED


def test_an_approval_from_paper_is_the_head_s_and_needs_the_scan(cast: World) -> None:
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    case.print()
    manager, about = cast.actor("unit_manager"), (case.submitted.id, case.row.revision)
    on_paper = acting.record_approval_on_paper
    today = NOW.date()
    for who, sentence in (
        ("clerk2", "不能核可"),
        ("works_head", "不能核可"),
        ("clerk", "不能核可"),
    ):
        with pytest.raises(Invalid, match=sentence):
            on_paper(manager, *about, cast.accounts[who], today, SCAN)
    with pytest.raises(Invalid, match="直接於線上核可"):
        on_paper(manager, *about, cast.accounts["unit_manager"], today, SCAN)
    with pytest.raises(Invalid, match="核可日期"):
        on_paper(manager, *about, cast.accounts["head"], today + timedelta(days=1), SCAN)
    with pytest.raises(Refused):
        on_paper(cast.actor("works_manager"), *about, cast.accounts["head"], today, SCAN)
    on_paper(manager, *about, cast.accounts["head"], today, SCAN)
    # The recorder did not decide, and may complete; the signed scan is the form that is kept.
    case.take(Deed.COMPLETE, manager)
    with reading() as db:
        (paper,) = db.scalars(select(KeptDocument)).all()
    assert (paper.signed, paper.custodian_id) == (True, manager.account_id)


def test_a_head_without_an_account_approves_on_paper(cast: World) -> None:
    """A new agency has nobody who could approve online, and its first manager is appointed all the same."""
    case = begin_case(cast, Role.AGENCY_MANAGER, Kind.CREATE)
    case.print()
    bureau, about = cast.actor("system_manager"), (case.submitted.id, case.row.revision)
    on_paper, today = acting.record_approval_on_paper, NOW.date()
    with pytest.raises(Invalid, match="有帳號；請從清單選擇"):
        on_paper(bureau, *about, "處長 陳大同", today, SCAN)
    with transaction() as db:
        db.execute(
            update(AccountDuty)
            .where(AccountDuty.duty == Duty.AGENCY_HEAD.value)
            .values(ended_at=CREATED)
        )
    for typed, sentence in (
        ("", "職稱與姓名"),
        ("處" * 61, "職稱與姓名"),
        (f"科員 {NEWCOMER.name}", "不能是申請人"),
        (f"科長 {bureau.name}", "不能是申請人，也不能是登錄的您"),
    ):
        with pytest.raises(Invalid, match=sentence):
            on_paper(bureau, *about, typed, today, SCAN)
    with pytest.raises(Refused):
        on_paper(cast.actor("agency_manager"), *about, "處長 陳大同", today, SCAN)
    assert case.row.step == 2
    on_paper(bureau, *about, "處長 陳大同", today, SCAN)
    approval = application_detail(bureau, case.submitted.id).acts[-1]
    assert (approval.deed, approval.decided_by) == (Deed.APPROVE, "處長 陳大同")
    for step in case.flow.steps[3:]:
        case.take(step.deed)
    # The recorder did not decide: the same system manager has just completed it.
    assert case.row.state == State.COMPLETED


def test_whoever_has_the_duty_approves_online_and_names_nobody(cast: World) -> None:
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    case.print()
    with transaction() as db:
        db.execute(
            update(AccountDuty)
            .where(AccountDuty.duty == Duty.UNIT_HEAD.value)
            .values(account_id=cast.accounts["unit_manager"], unit_id=cast.units["tax1"])
        )
    both, about = cast.actor("unit_manager"), (case.submitted.id, case.row.revision)
    with pytest.raises(Invalid, match="直接於線上核可"):
        acting.record_approval_on_paper(both, *about, "分處主任 陳大同", NOW.date(), SCAN)


HEADLESS = pytest.mark.parametrize(
    ("role", "manager", "other"),
    [
        pytest.param(GENERAL, "unit_manager", "works_manager", id="general_user"),
        pytest.param(Role.AGENCY_MANAGER, "system_manager", "agency_manager", id="agency_manager"),
    ],
)


def without_heads() -> None:
    """No head has an account (any more)."""
    heads = AccountDuty.duty.in_([Duty.UNIT_HEAD.value, Duty.AGENCY_HEAD.value])
    with transaction() as db:
        db.execute(update(AccountDuty).where(heads).values(ended_at=CREATED))


@HEADLESS
@pytest.mark.parametrize("act", [acting.refuse, acting.send_back])
def test_where_no_head_has_an_account_the_completing_manager_refuses_for_them(
    cast: World, role: Role, manager: str, other: str, act: Callable[..., None]
) -> None:
    case = begin_case(cast, role, Kind.CREATE)
    case.print()
    about, who = (case.submitted.id, case.row.revision), cast.actor(manager)
    # While a head can, it is the head's.
    shown = application_detail(who, case.submitted.id)
    assert (shown.may_return, shown.may_refuse) == (False, False)
    with pytest.raises(Refused, match="核可"):
        act(who, *about, "主管於申請表上註記不同意")
    without_heads()
    shown = application_detail(who, case.submitted.id)
    assert (shown.may_return, shown.may_refuse) == (True, True)
    with pytest.raises(Invalid, match="原因"):
        act(who, *about, " ")
    with pytest.raises(Refused):
        act(cast.actor(other), *about, "主管於申請表上註記不同意")
    act(who, *about, "主管於申請表上註記不同意")
    assert case.row.state == ("refused" if act is acting.refuse else "returned")
    if act is acting.refuse:
        begin_case(cast, role, Kind.CREATE)  # number, name and address are free again


@HEADLESS
def test_what_nobody_prints_is_ended_without_a_head_as_well(
    cast: World, role: Role, manager: str, other: str
) -> None:
    case = begin_case(cast, role, Kind.CREATE)
    without_heads()
    about, who = (case.submitted.id, case.row.revision), cast.actor(manager)
    shown = application_detail(who, case.submitted.id)
    assert (shown.may_return, shown.may_refuse) == (False, True)
    with pytest.raises(Conflict, match="尚未輪到"):
        acting.send_back(who, *about, "申請人未列印")
    acting.refuse(who, *about, "申請人未列印")
    assert case.row.state == State.REFUSED


def test_the_papers_come_as_pdf_and_as_odt(cast: World) -> None:
    new = begin_case(cast, GENERAL, Kind.CREATE)
    change = begin_case(cast, GENERAL, Kind.CHANGE)
    for kind, start in ((FileFormat.PDF, b"%PDF"), (FileFormat.ODT, b"PK")):
        papers = [
            print_with_link(new.submitted.token or "", NOW, ADDRESS, paper, kind)
            for paper in (PaperKind.FORM, PaperKind.PLEDGE)
        ]
        for paper in (*papers, own.print_own(change.holder(), change.submitted.id, kind)):
            assert paper.content.startswith(start)
            assert paper.file_name.endswith(f".{kind.value}") and paper.media_type == kind.mime


def test_without_the_pledge_nothing_is_completed(cast: World) -> None:
    case = ready(cast, GENERAL, Kind.CREATE)
    about = (case.submitted.id, case.row.revision)
    manager = cast.actor("unit_manager")
    with pytest.raises(Conflict, match="切結書"):
        completing.complete(manager, *about, knows_applicant=True)
    with pytest.raises(Invalid, match="未經確認"):
        completing.complete(manager, *about, SCAN)
    with reading() as db:
        assert db.scalars(select(Account).where(Account.staff_no == "N00001")).all() == []
        assert db.scalars(select(KeptDocument)).all() == []
    completing.complete(manager, *about, SCAN, knows_applicant=True)


def test_what_no_correction_can_mend_says_to_apply_anew(cast: World) -> None:
    """Put right are items and reason; a name, a unit or a role that changed meanwhile ends it."""
    new = ready(cast, GENERAL, Kind.CREATE)
    with transaction() as db:
        db.execute(update(Unit).where(Unit.id == cast.units["tax1"]).values(active=False))
    with pytest.raises(Conflict, match="單位已停用；請駁回"):
        new.take(Deed.COMPLETE)
    with transaction() as db:
        db.execute(update(Unit).where(Unit.id == cast.units["tax1"]).values(active=True))
        taken = update(Account).where(Account.username == "clerk2")
        db.execute(taken.values(username=NEWCOMER.username))
    with pytest.raises(Conflict, match="帳號名稱已有人使用；請駁回"):
        new.take(Deed.COMPLETE)
    change = ready(cast, GENERAL, Kind.CHANGE)
    with transaction() as db:
        moved = update(Account).where(Account.username == "clerk")
        db.execute(moved.values(unit_id=cast.units["tax2"]))
    with pytest.raises(Conflict, match="角色或單位已經變更；請駁回"):
        change.take(Deed.COMPLETE)
    assert (new.row.state, change.row.state) == (State.OPEN, State.OPEN)


def test_what_changed_meanwhile_is_told(cast: World) -> None:
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    seen = case.row.revision
    case.print()
    with pytest.raises(Conflict, match="剛剛已由其他人辦理"):
        acting.approve(cast.actor("head"), case.submitted.id, seen)


def test_two_managers_at_once_complete_once(cast: World) -> None:
    case = ready(cast, GENERAL, Kind.CREATE)
    about = (case.submitted.id, case.row.revision)
    results: list[object] = []

    def run(who: str) -> None:
        try:
            results.append(completing.complete(cast.actor(who), *about, SCAN, knows_applicant=True))
        except Exception as error:
            results.append(error)

    threads = [
        threading.Thread(target=run, args=(who,)) for who in ("unit_manager", "agency_manager")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(result, int) for result in results) == [False, True]
    assert any(isinstance(result, Conflict) for result in results)
    with reading() as db:
        assert len(db.scalars(select(Account).where(Account.staff_no == "N00001")).all()) == 1


ENDS: dict[str, Callable[[World, Case], None]] = {
    "completed": lambda cast, case: case.take(Deed.COMPLETE),
    "refused": lambda cast, case: acting.refuse(
        cast.actor("unit_manager"), case.submitted.id, case.row.revision, "人員已離職"
    ),
    "withdrawn": lambda cast, case: own.withdraw_own(
        cast.actor("clerk"), case.submitted.id, case.row.revision, "不再需要"
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_what_is_over_is_over(cast: World, how: str) -> None:
    case = ready(cast, GENERAL, Kind.CHANGE)
    ENDS[how](cast, case)
    assert case.row.state == how
    revision = case.row.revision
    acts: tuple[Callable[[], None], ...] = (
        lambda: case.take(Deed.COMPLETE),
        lambda: acting.refuse(cast.actor("unit_manager"), case.submitted.id, revision, "再駁回"),
        lambda: acting.send_back(cast.actor("unit_manager"), case.submitted.id, revision, "補正"),
        lambda: own.withdraw_own(cast.actor("clerk"), case.submitted.id, revision, "撤回"),
    )
    for act in acts:
        with pytest.raises(Conflict):
            act()
    assert case.row.revision == revision
    begin_case(cast, GENERAL, Kind.CANCEL)  # the way is free for another one


@pytest.mark.parametrize("waits_for", ["the print", "the correction"])
def test_what_its_applicant_leaves_lying_is_refused_by_whose_turn_is_next(
    cast: World, waits_for: str
) -> None:
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    head, manager = cast.actor("head"), cast.actor("unit_manager")
    if waits_for == "the correction":
        case.print()
        acting.send_back(head, case.submitted.id, case.row.revision, "項目過多")
    about = (case.submitted.id, case.row.revision)
    shown = {
        who.username: application_detail(who, case.submitted.id).may_refuse
        for who in (head, manager)
    }
    assert shown == {"head": True, "unit_manager": False}
    with pytest.raises(Refused, match="單位主管"):
        acting.refuse(manager, *about, "申請人未補正")
    with pytest.raises(Conflict, match="尚未輪到"):
        acting.send_back(head, *about, "項目過多")
    acting.refuse(head, *about, "申請人未補正")
    assert case.row.state == State.REFUSED
    begin_case(cast, GENERAL, Kind.CHANGE)  # the way is free for another one


def test_sent_back_put_right_and_approved_anew(cast: World) -> None:
    case = ready(cast, GENERAL, Kind.CHANGE)
    manager, clerk = cast.actor("unit_manager"), cast.actor("clerk")
    with pytest.raises(Invalid, match="原因"):
        acting.send_back(manager, case.submitted.id, case.row.revision, " ")
    acting.send_back(manager, case.submitted.id, case.row.revision, "項目過多")
    assert case.row.state == State.RETURNED
    with pytest.raises(Conflict, match="退回補正"):
        case.take(Deed.COMPLETE)
    right = Correction((Item.LAND_DESCRIPTION,), "僅需標示部")
    with pytest.raises(NotFound):
        own.correct_own(cast.actor("clerk2"), case.submitted.id, case.row.revision, right)
    own.correct_own(clerk, case.submitted.id, case.row.revision, right)
    assert (case.row.state, case.row.step) == (State.OPEN, 1)
    case.go_to(len(case.flow.steps) - 1)  # the head approves what stands there now
    case.take(Deed.COMPLETE)
    assert cast.actor("clerk").items == {Item.LAND_DESCRIPTION}


OTHER_SCAN = read_paper("scan.pdf", SCAN.content + b"\n")
RIGHT = Correction((Item.LAND_DESCRIPTION,), "僅需標示部")


def put_right_after_paper(cast: World, later: timedelta) -> tuple[Case, int]:
    """Approved on paper, sent back by the manager, put right and printed anew ``later``."""
    case = begin_case(cast, GENERAL, Kind.CHANGE)
    case.print()
    manager, head = cast.actor("unit_manager"), cast.accounts["head"]
    acting.record_approval_on_paper(
        manager, case.submitted.id, case.row.revision, head, NOW.date(), SCAN
    )
    acting.send_back(manager, case.submitted.id, case.row.revision, "項目過多")
    clerk = cast.actor("clerk", NOW + later)
    own.correct_own(clerk, case.submitted.id, case.row.revision, RIGHT)
    own.print_own(clerk, case.submitted.id)
    return case, head


def forms_of(case: Case) -> list[bool]:
    """Return of every form that is kept whether it is a signed one."""
    with reading() as db:
        kept = select(KeptDocument.signed).where(
            KeptDocument.application_id == case.submitted.id, KeptDocument.kind == "form"
        )
        return list(db.scalars(kept.order_by(KeptDocument.id)))


def test_a_form_signed_before_the_correction_is_not_the_form_of_what_is_completed(
    cast: World,
) -> None:
    case, _ = put_right_after_paper(cast, timedelta(hours=1))
    case.take(Deed.APPROVE)
    case.take(Deed.COMPLETE)
    assert forms_of(case) == [True, False]  # what was decided online about what stands there now


def test_paper_from_before_the_correction_approves_nothing_after_it(cast: World) -> None:
    case, head = put_right_after_paper(cast, timedelta(days=1, hours=1))
    about, day = (case.submitted.id, case.row.revision), NOW.date()
    manager = cast.actor("unit_manager", NOW + timedelta(days=1, hours=2))
    record = acting.record_approval_on_paper
    with pytest.raises(Invalid, match="補正"):
        record(manager, *about, head, day, OTHER_SCAN)
    with pytest.raises(Invalid, match=r"補正前.*重新列印"):
        record(manager, *about, head, day + timedelta(days=1), SCAN)
    record(manager, *about, head, day + timedelta(days=1), OTHER_SCAN)
    case.take(Deed.COMPLETE, manager)
    assert forms_of(case) == [True, True]


def test_letters_carry_a_number_and_a_date(cast: World) -> None:
    case = begin_case(cast, Role.AGENCY_MANAGER, Kind.CANCEL)
    case.go_to(3)
    about = (case.submitted.id, case.row.revision)
    manager = cast.actor("agency_manager")
    for letter, sentence in (
        (Letter("", LETTER.day), "公文字號"),
        (Letter("查詢", LETTER.day), "公文字號"),
        (Letter(LETTER.number, LETTER.day + timedelta(days=1)), "公文日期"),
        (Letter(LETTER.number, LETTER.day - timedelta(days=1)), "公文日期"),
    ):
        with pytest.raises(Invalid, match=sentence):
            acting.record_letter(manager, *about, letter)
    acting.record_letter(manager, *about, replace(LETTER, scan=SCAN))
    with reading() as db:
        (kept,) = db.scalars(select(KeptDocument)).all()
    assert (kept.kind, kept.letter_no) == ("letter", LETTER.number)


def test_a_move_ends_the_duties_of_the_unit_that_is_left(cast: World) -> None:
    head = cast.actor("head")
    asked = apply_own(
        head, Kind.CHANGE, "調職", items=(Item.CADASTRAL_MAP,), to_unit_id=cast.units["tax2"]
    )
    own.print_own(head, asked.id)
    with transaction() as db:
        db.add(
            AccountDuty(
                account_id=cast.accounts["clerk2"],
                duty=Duty.UNIT_HEAD.value,
                unit_id=cast.units["tax1"],
                granted_at=NOW,
            )
        )
    session = session_of("head")
    acting.approve(cast.actor("clerk2"), asked.id, 3)
    completing.complete(cast.actor("agency_manager"), asked.id, 4)
    moved = cast.actor("head", NOW + timedelta(seconds=1))
    assert (moved.unit_id, moved.duties) == (cast.units["tax2"], ())
    with reading() as db:
        assert db.get_one(SignInSession, session).end_reason == "rights_changed"


def test_the_last_managers_stay(cast: World) -> None:
    with transaction() as db:
        db.execute(
            update(Account)
            .where(Account.username.in_(["agency_manager", "system_manager"]))
            .values(status="suspended")
        )
    for role, kind, who in (
        (Role.AGENCY_MANAGER, Kind.CANCEL, "am2"),
        (Role.SYSTEM_MANAGER, Kind.CANCEL, "sm2"),
    ):
        case = begin_case(cast, role, kind)
        completer = "sm2" if role is Role.AGENCY_MANAGER else "system_manager"
        with transaction() as db:
            db.execute(
                update(Application)
                .where(Application.id == case.submitted.id)
                .values(step=len(case.flow.steps) - 1)
            )
        with pytest.raises(Conflict, match="最後一位"):
            case.take(Deed.COMPLETE, cast.actor(completer))
        assert cast.actor(who).role is role and case.row.state == State.OPEN


def test_a_cancelled_account_is_not_restored_but_applied_for_anew(cast: World) -> None:
    case = ready(cast, GENERAL, Kind.REINSTATE)
    clerk = cast.accounts["clerk"]
    with transaction() as db:
        db.add(AccountDuty(account_id=clerk, duty=Duty.UNIT_HEAD.value, unit_id=cast.units["tax1"], granted_at=CREATED))  # fmt: skip
    with transaction() as db:
        account = db.get_one(Account, clerk)
        put_status(db, cast.actor("unit_manager"), account, AccountStatus.CANCELLED, "離職")
    with pytest.raises(Conflict, match="重新申請"):
        case.take(Deed.COMPLETE)
    acting.refuse(cast.actor("unit_manager"), case.submitted.id, case.row.revision, "帳號已註銷")
    case = come_back(cast, "測試001")
    case.go_to(3)
    earlier = application_detail(cast.actor("unit_manager"), case.submitted.id).earlier
    assert earlier is not None and earlier.same_person
    assert "測試001（clerk）" in earlier.sentence and "沿用" in earlier.sentence
    case.take(Deed.COMPLETE)
    assert application_detail(cast.actor("unit_manager"), case.submitted.id).earlier is None
    assert case.account.id == clerk
    assert case.account.status == AccountStatus.ACTIVE
    # Nothing of the life before comes back with it, and its review counts from today.
    with reading() as db:
        account = db.get_one(Account, clerk)
        assert {held.ended_at for held in account.duties} == {NOW}
        assert {item.granted_at for item in account.items} == {account.restored_at}
        assert account.restored_at is not None and account.restored_at >= NOW


def come_back(cast: World, name: str) -> Case:
    """Somebody applies with the number and the name of the clerk's account, which was cancelled."""
    back = replace(
        NEWCOMER,
        name=name,
        staff_no="t00001",
        username="clerk",
        email="clerk@example.gov.taipei",
    )
    again = apply_new(back, wanted(cast), ADDRESS, NOW)
    return Case(cast, WORKFLOWS[GENERAL, Kind.CREATE], again)


def cancel_the_clerk(cast: World, **changes: Any) -> None:
    clerk = update(Account).where(Account.username == "clerk")
    with transaction() as db:
        db.execute(clerk.values(status="cancelled", cancelled_at=CREATED, **changes))


def test_a_cancelled_account_is_not_handed_to_somebody_else(cast: World) -> None:
    """The number alone is not the person: records, papers and duties of the one before stay theirs."""
    cancel_the_clerk(cast)
    case = come_back(cast, "王小明")
    case.go_to(3)
    manager = cast.actor("unit_manager")
    earlier = application_detail(manager, case.submitted.id).earlier
    assert earlier is not None and not earlier.same_person
    assert "測試001" in earlier.sentence and "姓名不同；請駁回" in earlier.sentence
    # Neither its applicant nor anybody else than who completes it learns whose the number was.
    assert follow(case.submitted.token or "", NOW, ADDRESS).earlier is None
    assert application_detail(cast.actor("head"), case.submitted.id).earlier is None
    with pytest.raises(Conflict, match=r"測試001.*姓名不同；請駁回"):
        case.take(Deed.COMPLETE)
    with reading() as db:
        account = db.get_one(Account, cast.accounts["clerk"])
    assert (account.name, account.status) == ("測試001", AccountStatus.CANCELLED)
    assert case.row.state == State.OPEN
    acting.refuse(manager, case.submitted.id, case.row.revision, "員工編號有誤")


@pytest.mark.parametrize(
    ("stored", "typed"), [("陳大明", "陳 大明"), ("Ciwas Ali", "CIWAS  ALI"), ("林恵", "林恵　")]
)
def test_the_same_name_is_the_same_however_it_is_typed(
    cast: World, stored: str, typed: str
) -> None:
    cancel_the_clerk(cast, name=stored)
    case = come_back(cast, typed)
    case.go_to(4)
    assert case.account.id == cast.accounts["clerk"]


def test_lists_show_what_concerns_a_person_and_what_is_theirs_first(cast: World) -> None:
    general = begin_case(cast, GENERAL, Kind.CANCEL)
    general.print()
    other = begin_case(cast, Role.AGENCY_MANAGER, Kind.CHANGE)
    system = begin_case(cast, Role.SYSTEM_MANAGER, Kind.CHANGE)
    for who, cases in (
        ("head", [general]),
        ("unit_manager", [general]),
        ("agency_manager", [general, other]),
        ("agency_head", [other]),
        ("reviewer", [other]),
        ("system_manager", [other, system]),
        ("bureau_head", [system]),
        ("works_manager", []),
        ("works_head", []),
    ):
        found = {line.id for line in list_applications(cast.actor(who)).lines}
        assert found == {case.submitted.id for case in cases}, who
    assert count_due(cast.actor("head")) == 1
    assert count_due(cast.actor("unit_manager")) == 0
    for who in ("clerk", "auditor", "ethics"):
        with pytest.raises(Refused):
            list_applications(cast.actor(who))
    with pytest.raises(Refused):
        application_detail(cast.actor("works_manager"), general.submitted.id)
    with pytest.raises(NotFound):
        application_detail(cast.actor("system_manager"), general.submitted.id)
    detail = application_detail(cast.actor("unit_manager"), general.submitted.id)
    assert detail.may_record_paper and detail.problem
    assert [line.id for line in my_applications(cast.actor("clerk"))] == [general.submitted.id]
    assert my_application(cast.actor("clerk"), general.submitted.id).is_own
    with pytest.raises(Refused):
        my_application(cast.actor("clerk2"), general.submitted.id)


OWN: dict[str, Callable[[Actor, int], object]] = {
    "look": lambda who, id_: my_application(who, id_),
    "print": own.print_own,
    "correct": lambda who, id_: own.correct_own(who, id_, 2, Correction((), "補正")),
    "withdraw": lambda who, id_: own.withdraw_own(who, id_, 2, "撤回"),
}


@pytest.mark.attack("foreign-id")
@pytest.mark.parametrize("act", OWN)
def test_what_is_one_s_own_is_nobody_else_s(cast: World, act: str) -> None:
    case = begin_case(cast, GENERAL, Kind.CANCEL)
    before = case.row.revision
    for name in cast.accounts:
        if name != "clerk":
            with pytest.raises(Refused):
                OWN[act](cast.actor(name), case.submitted.id)
    assert case.row.revision == before
