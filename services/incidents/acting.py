"""What is done about an incident: each step with its day and its documents, then the closing."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Incident, IncidentStep
from services.actor import Actor
from services.audits.evidence.keeping import read_evidence
from services.documents.files import ACCEPTED
from services.errors import Conflict, Invalid
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.incidents.evidence import keep_files
from services.incidents.store import (
    asked_of,
    earliest_day,
    load_incident,
    require_open,
    standing,
    write_step,
)
from services.incidents.words import IncidentStatus, Mark
from services.regulation.clauses import clause_words
from services.regulation.incidents import Step, day_problem, missing
from services.regulation.purpose import document_number_problem, tidy
from services.rocdate import roc_date

NOTE_MIN, NOTE_MAX = 4, 500
LETTER_MAX = 60
MOST_FILES = 5


@guarded(Action.HANDLE_INCIDENT)
def take_step(
    actor: Actor,
    incident_id: int,
    revision: int,
    step: Step,
    done_on: date | None,
    note: str,
    letter_no: str = "",
    files: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Record one step of an open incident: what was done, on which day, by which document.

    A letter's number or at least one file has to show it; a step recorded again stands beside the
    earlier one. Raises Invalid for a day in the future or before the use, and for a wrong file;
    Conflict when somebody acted on the incident since ``revision`` was shown.
    """
    text = _checked_note(note)
    number = _checked_letter(letter_no, actor.today)
    if len(files) > MOST_FILES:
        raise Invalid(f"一次最多上傳 {MOST_FILES} 個檔案；其餘請分次登錄。")
    papers = [read_evidence(name, content, ACCEPTED) for name, content in files]
    if not papers and not number:
        raise Invalid("請填公文字號或上傳至少一個佐證檔案。")
    with transaction() as db:
        incident = load_incident(db, actor, incident_id, Action.HANDLE_INCIDENT, revision=revision)
        require_open(incident)
        day = _checked_day(db, actor, incident, done_on)
        write_step(db, actor, incident, step, note=text, done_on=day, letter_no=number)
        keep_files(db, actor, incident, papers, step.label)


@guarded(Action.HANDLE_INCIDENT)
def close_incident(actor: Actor, incident_id: int, revision: int, note: str) -> None:
    """Close an incident whose required steps all stand; Conflict names those that do not."""
    text = _checked_note(note)
    with transaction() as db:
        incident = load_incident(db, actor, incident_id, Action.HANDLE_INCIDENT, revision=revision)
        require_open(incident)
        codes = db.scalars(
            select(IncidentStep.step)
            .where(IncidentStep.incident_id == incident.id)
            .order_by(IncidentStep.id)
        )
        if left := missing(asked_of(db, incident), standing(codes)):
            named = "、".join(f"「{one.step.label}」（{clause_words(one.clause)}）" for one in left)
            raise Conflict(f"還缺{named}；登錄後才能結案。")
        incident.status = IncidentStatus.CLOSED.value
        incident.closed_at = actor.now
        write_step(db, actor, incident, Mark.CLOSED, note=text)


def _checked_note(note: str) -> str:
    text = tidy(note)
    if not NOTE_MIN <= len(text) <= NOTE_MAX:
        raise Invalid(f"辦理情形請寫 {NOTE_MIN} 至 {NOTE_MAX} 個字，目前 {len(text)} 個字。")
    return text


def _checked_letter(letter_no: str, today: date) -> str:
    number = tidy(letter_no)
    if len(number) > LETTER_MAX:
        raise Invalid(f"公文字號最多 {LETTER_MAX} 個字。")
    if number and (problem := document_number_problem(number, today)):
        raise Invalid(problem)
    return number


def _checked_day(db: Session, person: Actor, incident: Incident, done_on: date | None) -> date:
    if done_on is None:
        raise Invalid("請填辦理日期，例如 115/11/20。")
    earliest = earliest_day(db, incident)
    problem = day_problem(done_on, earliest, person.today)
    if problem == "future":
        raise Invalid("辦理日期不能晚於今天；請填實際辦理的日期。")
    if problem:
        raise Invalid(f"辦理日期不能早於 {roc_date(earliest)}；請核對文件上的日期。")
    return done_on
