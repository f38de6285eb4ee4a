"""A manager takes a scan in: for accounts and applications in their charge, and for no others."""

from datetime import date

import pytest

from services.documents.files import LARGEST
from services.errors import Conflict, Invalid, NotFound
from services.papers.attaching import Letter, Matter, attach, find_matters
from services.papers.keeping import PaperKind
from services.papers.viewing import open_paper
from services.regulation.application_states import State
from services.regulation.roles import Role
from tests.services.papers.helpers import application, entry, events_of, image, kept, pdf
from tests.world import World

LETTER = Letter("府授地資字第1136012388號", date(2026, 5, 22))


def test_a_scan_of_an_account_is_kept_by_whoever_adds_it(world: World) -> None:
    manager = world.actor("unit_manager")
    to = Matter(account_id=world.accounts["clerk"])
    paper = attach(manager, to, "../切結書.pdf", pdf("a"), PaperKind.PLEDGE)
    stored = entry(paper)
    assert (stored.account_id, stored.application_id) == (world.accounts["clerk"], None)
    assert stored.unit_id == world.units["tax1"] and stored.signed
    assert stored.custodian_id == stored.stored_by == world.accounts["unit_manager"]
    assert stored.file_name == "切結書.pdf" and stored.letter_no == ""
    assert [event.object_id for event in events_of("document_kept")] == [str(paper)]
    assert open_paper(manager, paper).content == pdf("a")


def test_a_scan_of_an_application_belongs_to_its_account_too(world: World) -> None:
    manager = world.actor("unit_manager")
    new = application(world, "tax1", State.OPEN)
    change = application(world, "tax1", State.OPEN, account="clerk2")
    one = entry(attach(manager, Matter(application_id=new), "a.png", image(), PaperKind.FORM))
    other = entry(attach(manager, Matter(application_id=change), "a.pdf", pdf(), PaperKind.FORM))
    assert (one.application_id, one.account_id) == (new, None)
    assert (other.application_id, other.account_id) == (change, world.accounts["clerk2"])


@pytest.mark.attack("foreign-id")
def test_only_what_is_in_the_person_s_charge(world: World) -> None:
    cases = {
        "own": application(world, "tax1", State.OPEN, account="unit_manager"),
        "role": application(world, "tax1", State.OPEN, role=Role.UNIT_MANAGER),
        "unit": application(world, "tax2", State.OPEN),
        "missing": 999_999,
    }
    manager = world.actor("unit_manager")
    names = ("unit_manager", "agency_manager", "clerk_tax2", "works_clerk", "system_manager")
    matters = [Matter(application_id=case) for case in cases.values()]
    matters += [Matter(account_id=world.accounts[name]) for name in names]
    matters += [Matter(account_id=999_999), Matter()]
    told = set()
    for matter in matters:
        with pytest.raises(NotFound) as refusal:
            attach(manager, matter, "a.pdf", pdf(), PaperKind.FORM)
        told.add(str(refusal.value))
    assert len(told) == 1
    assert events_of("document_kept") == []


@pytest.mark.attack("upload")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"", "空的"),
        ("a.pdf", pdf().ljust(LARGEST + 1, b" "), "20 MB"),
        ("a.pdf", image(), "不符"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 60, "不是 PDF、JPEG 或 PNG"),
    ],
)
def test_a_wrong_file_is_a_sentence(world: World, name: str, content: bytes, words: str) -> None:
    to = Matter(account_id=world.accounts["clerk"])
    with pytest.raises(Invalid, match=words):
        attach(world.actor("unit_manager"), to, name, content, PaperKind.FORM)
    assert events_of("document_kept") == []


@pytest.mark.parametrize("kind", [PaperKind.LETTER, PaperKind.REPLY])
def test_a_letter_needs_its_number_and_date(world: World, kind: PaperKind) -> None:
    actor = world.actor("system_manager")
    to = Matter(account_id=world.accounts["agency_manager"])
    for letter, words in (
        (None, "公文字號與日期"),
        (Letter("", date(2026, 5, 22)), "公文字號與日期"),
        (Letter(LETTER.number, None), "公文字號與日期"),
        (Letter("第一號", date(2026, 5, 22)), "不是公文號"),
        (Letter(LETTER.number, date(2026, 11, 24)), "不能晚於今天"),
    ):
        with pytest.raises(Invalid, match=words):
            attach(actor, to, "a.pdf", pdf(), kind, letter)
    stored = entry(attach(actor, to, "a.pdf", pdf(), kind, LETTER))
    assert (stored.letter_no, stored.letter_date) == (LETTER.number, LETTER.dated)
    # A number without a letter is nobody's: it is left out.
    form = entry(attach(actor, to, "b.pdf", pdf("b"), PaperKind.FORM, LETTER))
    assert (form.letter_no, form.letter_date) == ("", None)


def test_the_very_same_file_is_taken_once(world: World) -> None:
    manager = world.actor("unit_manager")
    first = kept(world, "clerk", content=pdf("same"))
    with pytest.raises(Conflict, match=f"文件 {first}"):
        attach(
            manager,
            Matter(account_id=world.accounts["clerk"]),
            "b.pdf",
            pdf("same"),
            PaperKind.FORM,
        )
    other = Matter(account_id=world.accounts["clerk2"])
    assert attach(manager, other, "b.pdf", pdf("same"), PaperKind.FORM)


def test_what_can_be_added_to_is_found_within_reach(world: World) -> None:
    application(world, "tax1", State.OPEN)
    application(world, "tax2", State.OPEN)
    application(world, "works1", State.OPEN)
    manager = world.actor("unit_manager")
    assert [one.label for one in find_matters(manager, "clerk")] == [
        "帳號　測試001（clerk）", "帳號　測試002（clerk2）",
    ]  # fmt: skip
    assert [one.label for one in find_matters(manager, "測試001（clerk）")] == [
        "帳號　測試001（clerk）"
    ]
    assert [one.label for one in find_matters(manager, "新進人員")] == [
        "申請案　A000001　帳號新增　新進人員"
    ]
    assert find_matters(manager, "A000001")[0].application_id
    for nothing in ("", "  ", "%", "unit_manager", "works_clerk", "A000003"):
        assert find_matters(manager, nothing) == (), nothing
