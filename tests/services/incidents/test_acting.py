"""The steps of an incident: what each needs, who may take them, and when it can be closed."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import Event, Evidence
from services.actor import Actor
from services.audits.forms.incident_lines import incident_facts
from services.audits.words import Ruling
from services.errors import Conflict, Invalid, Refused
from services.incidents.acting import close_incident, take_step
from services.incidents.evidence import open_incident_file
from services.incidents.view import IncidentView, view_incident
from services.incidents.words import IncidentStatus
from services.regulation.incidents import Step
from tests.kept_files import overwrite, sealed
from tests.prepared import objects
from tests.services.audits.test_at_once import at_once
from tests.services.incidents.helping import Audited, audited, handler, incidents, steps_of
from tests.services.papers.helpers import image, pdf
from tests.world import NOW, World

LETTER = "府授政查字第1156012388號"
DAY = date(2026, 11, 20)


@pytest.fixture
def audit(world: World) -> Audited:
    return audited(world)


def opened(audit: Audited, ruling: Ruling = Ruling.MAJOR) -> IncidentView:
    """Judge one record wrong and return the incident as the ethics officer sees it."""
    audit.judge(audit.of["clerk"][:1], ruling)
    return view_incident(handler(audit.world), incidents()[0].id)


def take(person: Actor, view: IncidentView, step: Step, **given: Any) -> IncidentView:
    usual: dict[str, Any] = {"done_on": DAY, "note": "已依規定辦理", "letter_no": LETTER}
    take_step(person, view.id, view.revision, step, **{**usual, **given})
    return view_incident(person, view.id)


def test_a_major_one_is_closed_after_all_four_steps_in_any_order(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    assert [one.step for one in view.missing] == list(Step)
    for step in reversed(Step):
        with pytest.raises(Conflict, match=r"還缺.*第七點（一）3"):
            close_incident(person, view.id, view.revision, "全案辦結")
        view = take(person, view, step)
    assert view.missing == ()
    close_incident(person, view.id, view.revision, "全案辦結")
    view = view_incident(person, view.id)
    assert (view.status, view.closed_at) == (IncidentStatus.CLOSED, NOW)
    assert [step.label for step in view.steps][-1] == "結案"
    with pytest.raises(Conflict, match="已結案"):
        take(person, view, Step.REMEDIED)


def test_a_deficient_one_needs_remedy_and_outcome_only(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit, Ruling.DEFICIENT)
    view = take(person, view, Step.REMEDIED)
    view = take(person, view, Step.OUTCOME)
    close_incident(person, view.id, view.revision, "全案辦結")
    assert incidents()[0].status == "closed"


def test_what_was_done_counts_anew_after_it_is_taken_up_again(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit, Ruling.DEFICIENT)
    view = take(person, view, Step.REMEDIED)
    view = take(person, view, Step.OUTCOME)
    close_incident(person, view.id, view.revision, "全案辦結")
    audit.judge(audit.of["clerk"][1:2], Ruling.DEFICIENT)
    view = view_incident(person, view.id)
    assert view.status is IncidentStatus.OPEN
    assert [one.step for one in view.missing] == [Step.REMEDIED, Step.OUTCOME]
    assert len(view.steps) == 5


def test_a_step_has_its_day_its_words_and_its_documents(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    files = [("簽呈.pdf", pdf("a")), ("通報.png", image())]
    view = take(person, view, Step.REPORTED, letter_no="", files=files, note="  已簽陳首長 ")
    step = view.steps[-1]
    assert (step.done_on, step.note, step.who, step.at) == (DAY, "已簽陳首長", person.name, NOW)
    assert [(file.name, file.media_type) for file in step.files] == [
        ("簽呈.pdf", "application/pdf"), ("通報.png", "image/png"),
    ]  # fmt: skip
    content = open_incident_file(person, step.files[0].id)
    assert content == pdf("a")
    with reading() as db:
        (event,) = db.scalars(select(Event).where(Event.type == "incident_step_taken"))
    assert b"%PDF" not in (sealed(Evidence, step.files[0].id) or b"%PDF")
    assert event.detail == {
        "number": view.number, "step": "reported", "done_on": "2026-11-20",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"note": "好"}, "4 至 500 個字"),
        ({"note": "長" * 501}, "4 至 500 個字"),
        ({"letter_no": ""}, "公文字號或上傳"),
        ({"letter_no": "不是字號"}, "不是公文號"),
        ({"letter_no": "1" * 70}, "最多 60"),
        ({"done_on": None}, "請填辦理日期"),
        ({"done_on": date(2026, 11, 24)}, "不能晚於今天"),
        ({"done_on": date(2026, 6, 30)}, "不能早於 115年7月1日"),
        ({"files": [("a.pdf", b"")]}, "是空的"),
        ({"files": [("a.exe", b"MZ")]}, "不是 PDF"),
        ({"files": [("a.png", pdf())]}, "副檔名不符"),
        ({"files": [("../通報.pdf", pdf())]}, "「../通報.pdf」含有路徑或控制字元"),
        ({"files": [(r"C:\a.pdf", pdf())]}, "含有路徑或控制字元"),
        ({"files": [("／a.pdf", pdf())]}, "含有路徑或控制字元"),
        ({"files": [("通報\x07.pdf", pdf())]}, "「通報□.pdf」含有路徑或控制字元"),
        ({"files": [("a.pdf", pdf("a")), ("b\u202efdp.exe.pdf", pdf("b"))]}, "控制字元"),
        ({"files": [(f"{n}.pdf", pdf(str(n))) for n in range(6)]}, "最多上傳 5 個"),
    ],
)
def test_what_is_wrong_gets_its_sentence_and_changes_nothing(
    audit: Audited, given: dict[str, Any], sentence: str
) -> None:
    person, view = handler(audit.world), opened(audit)
    before = objects()
    with pytest.raises(Invalid, match=sentence):
        take(person, view, Step.REPORTED, **given)
    assert objects() == before


def test_the_day_of_the_use_itself_is_early_enough(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    assert view.earliest == date(2026, 7, 1)
    take(person, view, Step.REPORTED, done_on=view.earliest)
    assert steps_of(view.id) == ["opened", "reported"]


def test_the_same_file_is_taken_once(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    view = take(person, view, Step.REPORTED, files=[("a.pdf", pdf())])
    before = objects()
    with pytest.raises(Conflict, match="內容相同"):
        take(person, view, Step.NOTIFIED, files=[("b.pdf", pdf("x")), ("c.pdf", pdf())])
    assert objects() == before


def test_whoever_acts_on_what_has_changed_is_told(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    audit.judge(audit.of["clerk"][1:2], Ruling.DEFICIENT)
    with pytest.raises(Conflict, match="剛剛已由他人處理"):
        take(person, view, Step.REPORTED)
    with pytest.raises(Conflict, match="剛剛已由他人處理"):
        close_incident(person, view.id, view.revision, "全案辦結")


def test_of_two_at_once_one_is_told(audit: Audited) -> None:
    view = opened(audit)
    people = [audit.world.actor(name) for name in ("ethics", "agency_manager")]
    ended = at_once(*(lambda p=p: take(p, view, Step.REPORTED) for p in people))
    assert ended == {"done": 1, "told": 1}
    assert steps_of(view.id) == ["opened", "reported"]


def test_nobody_sees_or_handles_an_incident_about_themselves(audit: Audited) -> None:
    world = audit.world
    audit.judge(audit.of["unit_manager"], Ruling.MAJOR)
    (incident,) = incidents()
    assert view_incident(world.actor("head"), incident.id).may_handle
    with pytest.raises(Refused, match="找不到這個事件"):
        view_incident(world.actor("unit_manager"), incident.id)


def test_who_may_only_look_takes_no_step(audit: Audited) -> None:
    view = opened(audit)
    for name in ("auditor", "unit_manager", "agency_head"):
        assert not view_incident(audit.world.actor(name), view.id).may_handle
        with pytest.raises(Refused):
            take(audit.world.actor(name), view, Step.REPORTED)


def test_a_look_is_on_record_once(audit: Audited) -> None:
    view = opened(audit)
    view_incident(audit.world.actor("auditor"), view.id)
    view_incident(audit.world.actor("auditor"), view.id)
    with reading() as db:
        looks = db.scalars(select(Event).where(Event.type == "incident_viewed")).all()
    assert [(event.actor_name, event.object_id) for event in looks] == [
        (handler(audit.world).name, str(view.id)),
        (audit.world.actor("auditor").name, str(view.id)),
    ]


def test_a_file_that_was_touched_is_not_handed_out(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    view = take(person, view, Step.REPORTED, files=[("a.pdf", pdf())])
    file = view.steps[-1].files[0]
    overwrite(Evidence, file.id, b"something else")
    with pytest.raises(Conflict, match="雜湊值不符"):
        open_incident_file(person, file.id)
    with reading() as db:
        event = db.scalars(select(Event).where(Event.type == "evidence_viewed")).one()
    assert (event.outcome, event.object_id) == ("fault", str(file.id))


def test_a_file_of_an_audit_is_not_opened_here(audit: Audited) -> None:
    opened(audit)
    with transaction() as db:
        file = Evidence(
            audit_id=audit.audit_id, file_name="x.pdf", media_type="application/pdf", size=1,
            sha256="0" * 64, added_at=NOW, adder_name="測試",
        )  # fmt: skip
        db.add(file)
        db.flush()
        file_id = file.id
    for wanted in (file_id, 999_999):
        with pytest.raises(Refused):
            open_incident_file(handler(audit.world), wanted)


def test_the_form_of_the_audit_tells_what_was_done_and_nothing_else(audit: Audited) -> None:
    person, view = handler(audit.world), opened(audit)
    with reading() as db:
        (fact,) = incident_facts(db, audit.audit_id)
    assert (fact.number, fact.steps) == (view.number, ())
    take(person, view, Step.REPORTED)
    audit.judge(audit.of["clerk"][1:2], Ruling.DEFICIENT)
    with reading() as db:
        (fact,) = incident_facts(db, audit.audit_id)
    assert [step.label for step in fact.steps] == ["提報首長"]
