"""The steps after the application: notice, approval, letters and review, each by whom the table names."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from data.engine import transaction
from services.actor import Actor
from services.applications.approvers import (
    approver_by_name,
    approver_with_account,
    ending_problem,
)
from services.applications.papers import require_new_scan
from services.applications.parties import (
    OWN,
    due_step,
    ending_step,
    is_own,
    recording_problem,
)
from services.applications.steps import (
    belongs_to,
    due,
    pass_step,
    stands_since,
    submitted_on,
    take,
)
from services.applications.store import close, load_application, write_act
from services.applications.telling import tell_applicant
from services.documents.files import Paper
from services.errors import Conflict, Invalid, Refused
from services.identity.guard import guarded
from services.identity.permissions import Action
from services.papers.keeping import PaperKind, keep
from services.regulation.application_states import APPROVER, Act, Channel, State
from services.regulation.purpose import document_number_problem, tidy
from services.regulation.workflows import Deed

NOTE_MAX = 200


@dataclass(frozen=True)
class Letter:
    """An official letter: its number, its date, and the scan where there is one."""

    number: str
    day: date
    scan: Paper | None = None


@guarded(Action.APPROVE_APPLICATION)
def approve(actor: Actor, application_id: int, revision: int, note: str = "") -> None:
    """Approve an application online, as the holder of the duty (核可; clauses 5.1 to 5.4)."""
    with transaction() as db:
        application = load_application(
            db, actor, Action.APPROVE_APPLICATION, application_id, revision
        )
        take(actor, application, Deed.APPROVE)
        pass_step(db, actor, application, note=_note(note))


@guarded(Action.COMPLETE_APPLICATION)
def record_approval_on_paper(
    actor: Actor,
    application_id: int,
    revision: int,
    approver: int | str,
    day: date,
    scan: Paper,
) -> None:
    """Record an approval that was given on paper, with the signed scan (clauses 5.1 to 5.4).

    The completing manager does it and keeps the scan, unless the application came in with a list of
    theirs. The approval is the approver's: it has to be somebody who could give it online, and
    neither the applicant nor the recorder. Where nobody with an account can (a new agency has none
    at all), it is whoever the title and name say. Paper from before a correction is no approval of
    what was put right.
    """
    with transaction() as db:
        application = load_application(
            db, actor, Action.COMPLETE_APPLICATION, application_id, revision
        )
        if found := recording_problem(actor, application):
            raise Refused(found)
        step = due(application, Deed.APPROVE)
        decided_by, named = (
            (None, approver_by_name(db, actor, application, step, approver))
            if isinstance(approver, str)
            else (approver_with_account(db, actor, application, step, approver), "")
        )
        if not stands_since(application) <= day <= actor.today:
            raise Invalid(
                "核可日期不能早於送出申請（退回過的，不能早於補正後送出），也不能晚於今天。"
            )
        require_new_scan(db, application, scan)
        belongs = belongs_to(application)
        kept = keep(
            db,
            actor,
            scan,
            PaperKind.FORM,
            belongs,
            signed=True,
            custodian_id=actor.account_id,
        )
        detail: dict[str, Any] = {APPROVER: named} if named else {}
        pass_step(
            db,
            actor,
            application,
            on_paper=True,
            decided_by=decided_by,
            day=day.isoformat(),
            document=kept.id,
            **detail,
        )


@guarded(Action.COMPLETE_APPLICATION)
def record_notice(
    actor: Actor, application_id: int, revision: int, channel: Channel, note: str
) -> None:
    """Record that the suspended person told the manager by telephone or e-mail (5.1.3, 5.2.3)."""
    with transaction() as db:
        application = load_application(
            db, actor, Action.COMPLETE_APPLICATION, application_id, revision
        )
        take(actor, application, Deed.NOTIFY)
        if is_own(actor, application):
            raise Refused(OWN)
        said = _note(note)
        if len(said) < 2:
            raise Invalid("請記下通知的時間與內容，例如「11月23日 10:20 來電」。")
        pass_step(db, actor, application, note=said, channel=channel.value)


@guarded(Action.RECORD_LETTER)
def record_letter(actor: Actor, application_id: int, revision: int, letter: Letter) -> None:
    """Record the agency's letter to the bureau, or the bureau's reply (clause 5.3).

    Raises Invalid for a number that is none, or a date in the future.
    """
    with transaction() as db:
        application = load_application(db, actor, Action.RECORD_LETTER, application_id, revision)
        step = due_step(application)
        deed = Deed.REPLY if step is not None and step.deed is Deed.REPLY else Deed.LETTER
        take(actor, application, deed)
        number = tidy(letter.number)
        if found := document_number_problem(number, actor.today):
            raise Invalid(f"公文字號：{found}")
        if not submitted_on(application) <= letter.day <= actor.today:
            raise Invalid("公文日期須在送出申請之後，且不晚於今天。")
        if letter.scan is not None:
            keep(
                db,
                actor,
                letter.scan,
                PaperKind.REPLY if deed is Deed.REPLY else PaperKind.LETTER,
                belongs_to(application),
                signed=True,
                letter_no=number,
                letter_date=letter.day,
            )
        pass_step(db, actor, application, letter=(number, letter.day))


@guarded(Action.REVIEW_APPLICATION)
def review(actor: Actor, application_id: int, revision: int, note: str = "") -> None:
    """Pass the bureau's review of an agency manager's application (clause 5.3)."""
    with transaction() as db:
        application = load_application(
            db, actor, Action.REVIEW_APPLICATION, application_id, revision
        )
        take(actor, application, Deed.REVIEW)
        pass_step(db, actor, application, note=_note(note))


@guarded(Action.VIEW_APPLICATIONS)
def send_back(actor: Actor, application_id: int, revision: int, reason: str) -> None:
    """Send an application back to be put right (退回補正); needs a reason.

    By whoever's step is due; where no head has an account, by the completing manager.
    """
    _end_or_return(actor, application_id, revision, reason, Act.RETURNED, State.RETURNED)


@guarded(Action.VIEW_APPLICATIONS)
def refuse(actor: Actor, application_id: int, revision: int, reason: str) -> None:
    """Refuse an application (駁回); needs a reason, and ends it.

    By whoever's step is due or, while it waits for its applicant, whose it will be next; where no
    head has an account, by the completing manager (`ending_problem`).
    """
    _end_or_return(actor, application_id, revision, reason, Act.REFUSED, State.REFUSED)


def _end_or_return(
    actor: Actor, application_id: int, revision: int, reason: str, act: Act, state: State
) -> None:
    with transaction() as db:
        application = load_application(
            db, actor, Action.VIEW_APPLICATIONS, application_id, revision
        )
        step = ending_step(application) if act is Act.REFUSED else due_step(application)
        if step is None or step.deed in (Deed.APPLY, Deed.PRINT):
            raise Conflict(f"這一案目前是「{State(application.state).label}」，尚未輪到您辦理。")
        if found := ending_problem(db, actor, application, step):
            raise Refused(found)
        why = _note(reason)
        if len(why) < 2:
            raise Invalid("請敘明原因（2 至 200 個字），申請人會看到。")
        write_act(db, actor, application, act, note=why)
        if state is State.REFUSED:
            close(application, state, actor)
        else:
            application.state = state.value
        tell_applicant(db, application, act, why, actor.now)


def _note(text: str) -> str:
    note = tidy(text)
    if len(note) > NOTE_MAX:
        raise Invalid(f"說明最多 {NOTE_MAX} 個字，目前 {len(note)} 個字。")
    return note
