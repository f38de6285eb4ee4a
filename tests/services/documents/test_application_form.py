"""The application form and the pledge: all sixteen, as PDF and as ODT, with what each has to say."""

from datetime import date

import pytest

from services.documents.application_form import FormData, Given, application_form
from services.documents.odt import odt_bytes
from services.documents.paper import Facts, Field, Paper, Points, Signatures
from services.documents.pdf import pdf_bytes
from services.documents.pledge import CLAUSES, pledge
from services.errors import Invalid
from services.regulation.clauses import clause_words
from services.regulation.items import Item
from services.regulation.roles import Role
from services.regulation.workflows import WORKFLOWS, Deed, Kind
from tests.reading_pdf import Pdf, read_strokes, squeezed
from tests.services.documents.samples import HOSTILE, LINK, NOW, drawn, form
from tests.services.documents.test_odt import part, words_of

ALL = [pytest.param(role, kind, id=f"{role}-{kind}") for role, kind in WORKFLOWS]
CREATES = [pytest.param(role, id=role) for role in Role]


def fields(paper: Paper) -> dict[str, Field]:
    return {
        squeezed(field.label): field
        for part in paper.parts
        if isinstance(part, Facts)
        for field in part.fields
    }


def ticked(paper: Paper, label: str) -> list[str]:
    return [choice.text for choice in fields(paper)[label].choices if choice.ticked]


def boxes(paper: Paper) -> list[tuple[str, str]]:
    (signatures,) = (part for part in paper.parts if isinstance(part, Signatures))
    return [(box.who, box.text) for box in signatures.boxes]


def texts_of(data: FormData) -> list[str]:
    return [
        *(data.number, data.agency, data.unit, data.name, data.staff_no, data.reason, data.title),
        *(data.username, data.email, data.phone, data.kind.label, data.role.label),
        *("115年11月24日", "注意事項", "核章欄", *(item.label for item in Item)),
        *("線上核可" if data.workflow.index(Deed.APPROVE) is not None else "", "第1頁，共1頁"),
    ]


@pytest.mark.parametrize(("role", "kind"), ALL)
def test_every_form_is_one_page_with_everything_on_it(role: Role, kind: Kind) -> None:
    data = form(role, kind)
    paper = application_form(data)
    found = Pdf(pdf_bytes(paper, NOW))
    assert len(found.pages) == 1
    assert [text for text in texts_of(data) if squeezed(text) not in found.text] == []
    assert clause_words(data.workflow.steps[0].clause) in found.text
    assert read_strokes(found.pages[0]) == LINK
    written = squeezed(words_of(part(odt_bytes(paper, NOW), "content.xml")))
    assert [text for text in texts_of(data)[:-1] if squeezed(text) not in written] == []


@pytest.mark.parametrize(("role", "kind"), ALL)
def test_the_form_promises_no_correction_that_there_is_not(role: Role, kind: Kind) -> None:
    """Put right are the reason and, of what asks for items, the items: all else is applied for anew."""
    parts = application_form(form(role, kind)).parts
    notes = next(part for part in parts if isinstance(part, Points))
    first = notes.texts[0]
    items = kind in (Kind.CREATE, Kind.CHANGE)
    assert f"；{'授權項目或' * items}申請原因有誤者，請退回補正後重新列印，" in first
    assert "有誤者，請撤回後重新申請。" in first
    assert ("姓名、員工編號、單位" in first) is (kind is Kind.CREATE)


@pytest.mark.parametrize(("role", "kind"), ALL)
def test_every_step_that_is_signed_has_its_box_in_order(role: Role, kind: Kind) -> None:
    data = form(role, kind, given=())
    found = boxes(application_form(data))
    steps = [step for step in data.workflow.steps if step.deed is not Deed.PRINT]
    assert len(found) == len(steps)
    for (who, _), step in zip(found, steps, strict=True):
        if step.deed not in (Deed.LETTER, Deed.REPLY):
            assert who == "／".join(party.label for party in step.parties)
    for deed, who in ((Deed.LETTER, "使用機關"), (Deed.REPLY, "臺北市政府地政局")):
        assert ((who, "文號：") in found) == (data.workflow.index(deed) is not None)


@pytest.mark.parametrize(("role", "kind"), ALL)
def test_what_was_done_online_says_so_with_name_and_day(role: Role, kind: Kind) -> None:
    flow = WORKFLOWS[role, kind]
    given = tuple(
        Given(step.deed, f"辦理{step.deed.value}", date(2026, 12, 1), "府授地資字第1156012388號")
        for step in flow.steps
    )
    texts = [text for _, text in boxes(application_form(form(role, kind, given=given)))]
    deeds = [step.deed for step in flow.steps if step.deed is not Deed.PRINT]
    for text, deed in zip(texts, deeds, strict=True):
        first, *rest = text.split("\n")
        assert first.startswith("線上")
        assert rest == [f"辦理{deed.value}", "115年12月1日", "府授地資字第1156012388號"]
    approvals = [text for text in texts if text.startswith("線上核可")]
    assert len(approvals) == (flow.index(Deed.APPROVE) is not None)


@pytest.mark.parametrize(("role", "kind"), ALL)
def test_the_boxes_that_apply_are_ticked_and_no_other(role: Role, kind: Kind) -> None:
    data = form(role, kind, to_unit="信義分處")
    paper = application_form(data)
    assert ticked(paper, "申請種類") == [kind.label]
    assert ticked(paper, "帳號類別") == [role.label]
    label = {"create": "申請", "change": "異動後", "reinstate": "復權後", "cancel": "註銷之"}[kind]
    assert ticked(paper, f"{label}授權項目") == [item.label for item in data.items]
    changes = kind is Kind.CHANGE
    assert ("異動後單位" in fields(paper)) is changes
    if changes:
        assert fields(paper)["異動後單位"].value == "信義分處"
        assert ticked(paper, "原授權項目") == [Item.CADASTRAL_MAP.label]
    assert ("保密切結書" in fields(paper)["附件"].value) is (kind is Kind.CREATE)


@pytest.mark.parametrize("role", CREATES)
def test_the_pledge_is_one_page_with_every_duty_and_its_clause(role: Role) -> None:
    data = form(role)
    found = Pdf(pdf_bytes(pledge(data), NOW))
    assert len(found.pages) == 1
    assert [clause for clause, _ in CLAUSES] == ["2", *(f"6.3.{item}" for item in range(1, 6))]
    for clause, duty in CLAUSES:
        assert squeezed(f"{duty}（{clause_words(clause)}）") in found.text
    wanted = ("附件一", "保密切結書", "立切結書人", "中華民國年月日", data.name, data.agency)
    assert [text for text in wanted if text not in found.text] == []
    assert read_strokes(found.pages[0]) == LINK


@pytest.mark.parametrize(
    ("role", "kind"), [(role, kind) for role, kind in WORKFLOWS if kind is not Kind.CREATE]
)
def test_what_needs_no_pledge_gets_none(role: Role, kind: Kind) -> None:
    with pytest.raises(Invalid, match="不需要保密切結書。"):
        pledge(form(role, kind))


def test_without_a_link_the_code_says_the_number() -> None:
    for paper in (application_form(form(link="")), pledge(form(link=""))):
        assert read_strokes(Pdf(pdf_bytes(paper, NOW)).pages[0]) == "A115-000123"


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_typed_is_text_on_both_papers(words: str) -> None:
    typed = ("agency", "unit", "name", "staff_no", "reason", "title", "username", "email")
    changes = dict.fromkeys(typed, words)
    for paper in (application_form(form(**changes)), pledge(form(**changes))):
        shown = Pdf(pdf_bytes(paper, NOW)).text
        assert min(shown.count(piece) for piece in drawn(words)) >= 4
        written = words_of(part(odt_bytes(paper, NOW), "content.xml"))
        assert squeezed(written).count(squeezed(words)) >= 4


def test_the_rules_sentences_are_not_copied() -> None:
    """The duties are said in our own words (a few of the rule's terms are bound to recur)."""
    rule = (
        "應對查詢所得資料負保密責任，除處理公務外，不得他用",
        "不得將系統帳號、密碼提供他人（含代理人）使用",
        "應輸入正確案件號、公文號或敘明需使用系統的原因",
        "應隨案歸檔、妥善保管或予以銷毀，不得以任何型式複製提供",
        "將提報使用機關首長依規定議懲處，並通報政風單位",
    )
    said = "".join(duty for _, duty in CLAUSES)
    assert not [
        piece
        for sentence in rule
        for piece in (sentence[at : at + 12] for at in range(len(sentence) - 11))
        if piece in said
    ]
