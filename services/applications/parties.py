"""Who may take the step that is due: by role or duty, in the right place, and nobody twice (clause 5)."""

from data.models import Application, ApplicationAct
from services.actor import Actor
from services.regulation.application_states import HANDED, Act, State
from services.regulation.roles import MANAGES, Duty, Role
from services.regulation.workflows import (
    JUDGED_BY_DIFFERENT_PEOPLE,
    WORKFLOWS,
    Deed,
    Kind,
    Party,
    Step,
    Workflow,
)

OWN = "不能辦理自己的申請案；請由其他有權限的人辦理。"
SENT_IN = "這一案由您匯入名單送出；請由其他有核可權限的人核可。"
SENT_IN_PAPER = "這一案由您匯入名單送出；書面核可請由其他管理者登錄。"
HANDED_OVER = (
    "這一案的連結由您轉交申請人，帳號建立後可用它設定密碼；請由其他管理者完成辦理，"
    "帳號的密碼才只有本人知道。"
)
TWICE = "這一案您已經{done}過，依規定由不同的人{now}；請由其他有權限的人辦理。"


def workflow_of(application: Application) -> Workflow:
    """Return the way that this application goes."""
    return WORKFLOWS[Role(application.role), Kind(application.kind)]


def due_step(application: Application) -> Step | None:
    """Return the step that is due, or None when the application is over or waits for its applicant."""
    if application.state != State.OPEN:
        return None
    return workflow_of(application).steps[application.step]


def ending_step(application: Application) -> Step | None:
    """Return the step whose party may end an application (駁回): the next that is not its applicant's.

    So one whose applicant never prints it or puts it right does not stand in anybody's way for ever.
    One that was sent back still stands where it was sent back from. None when it is over, or not
    confirmed yet (that ends by itself).
    """
    if application.state not in (State.OPEN, State.RETURNED):
        return None
    ahead = workflow_of(application).steps[application.step :]
    return next(step for step in ahead if step.deed not in (Deed.APPLY, Deed.PRINT))


def is_own(person: Actor, application: Application) -> bool:
    """Whether the application is about the person's own account."""
    return application.account_id is not None and application.account_id == person.account_id


def is_party(person: Actor, application: Application, party: Party) -> bool:
    """Whether the person is one of the ``party``, for the place that the application is about."""
    unit_id, agency_id = application.unit_id, application.unit.agency_id
    match party:
        case Party.APPLICANT:
            return is_own(person, application)
        case Party.UNIT_HEAD:
            return _holds(person, Duty.UNIT_HEAD, unit_id=unit_id)
        case Party.AGENCY_HEAD:
            return _holds(person, Duty.AGENCY_HEAD, agency_id=agency_id)
        case Party.BUREAU_REVIEWER:
            return person.holds(Duty.BUREAU_REVIEWER)
        case Party.UNIT_MANAGER:
            return person.role is Role.UNIT_MANAGER and person.unit_id == unit_id
        case Party.AGENCY_MANAGER:
            return person.role is Role.AGENCY_MANAGER and person.agency_id == agency_id
        case Party.SYSTEM_MANAGER:
            return person.role is Role.SYSTEM_MANAGER


def _holds(
    person: Actor, duty: Duty, unit_id: int | None = None, agency_id: int | None = None
) -> bool:
    return any(
        held.duty is duty
        and (unit_id is None or held.unit_id == unit_id)
        and (agency_id is None or held.agency_id == agency_id)
        for held in person.duties
    )


def problem(person: Actor, application: Application, step: Step) -> str | None:
    """Return why the person may not take ``step`` of the application; None when they may."""
    if is_own(person, application) and Party.APPLICANT not in step.parties:
        return OWN
    if not any(is_party(person, application, party) for party in step.parties):
        who = "或".join(party.label for party in step.parties)
        return f"「{step.deed.label}」由{who}辦理。"
    if sent := _sent_in_by(person, application):
        if step.deed is Deed.APPROVE:
            return SENT_IN
        if step.deed is Deed.COMPLETE and sent.detail.get(HANDED):
            return HANDED_OVER
    if step.deed in JUDGED_BY_DIFFERENT_PEOPLE:
        for act in application.acts:
            done = deed_of(application, act)
            if done is None or done is step.deed or done not in JUDGED_BY_DIFFERENT_PEOPLE:
                continue  # the same step again, after it was put right, is no second one
            if decider(act) == person.account_id:
                return TWICE.format(done=done.label, now=step.deed.label)
    return None


def _sent_in_by(person: Actor, application: Application) -> ApplicationAct | None:
    """Return the act by which the person sent in an application for somebody else, if they did."""
    if is_own(person, application) or person.account_id is None:
        return None
    mine = (act for act in application.acts if act.account_id == person.account_id)
    return next((act for act in mine if act.act == Act.SUBMITTED), None)


def completing_problem(person: Actor, application: Application) -> str | None:
    """Return why the person cannot be the one who completes the application; None when they can."""
    last = workflow_of(application).steps[-1]
    return problem(person, application, last)


def recording_problem(person: Actor, application: Application) -> str | None:
    """Return why the person cannot record an approval given on paper; None when they can.

    The completing manager does, but not who sent the application in: one person would be sender,
    say who approved, and complete.
    """
    if found := completing_problem(person, application):
        return found
    return SENT_IN_PAPER if _sent_in_by(person, application) else None


def deed_of(application: Application, act: ApplicationAct) -> Deed | None:
    """Return what was passed by an act; None for a return, a refusal and the like."""
    if act.act != Act.PASSED:
        return None
    return workflow_of(application).steps[act.step].deed


def decider(act: ApplicationAct) -> int | None:
    """Return whose decision an act is: also of one that somebody else recorded from paper.

    None is a head without an account, never the recorder.
    """
    return act.decided_by if act.on_paper else act.account_id


def is_concerned(person: Actor, application: Application) -> bool:
    """Whether a manager's charge, a duty or the applicant's own concern covers the application.

    Who manages accounts sees the applications of the roles in their charge (clauses 4.2 to 4.4).
    """
    if is_own(person, application):
        return True
    flow = workflow_of(application)
    if any(is_party(person, application, party) for step in flow.steps for party in step.parties):
        return True
    if person.role is None or Role(application.role) not in MANAGES[person.role]:
        return False
    return person.role is Role.SYSTEM_MANAGER or person.agency_id == application.unit.agency_id
