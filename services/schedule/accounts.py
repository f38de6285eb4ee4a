"""Applications, access reviews, leavers and kept documents as tasks, from their own services."""

from collections.abc import Iterator

from services.accounts.leaving.listing import LeavingLine, own_leavings, unprepared
from services.accounts.leaving.words import SOON_DAYS
from services.actor import Actor
from services.applications.listing import count_due, my_applications
from services.applications.shown import ApplicationLine
from services.identity.permissions import Action, reach
from services.papers.waiting import count_to_confirm
from services.papers.words import PaperState
from services.regulation.access_review import opened_by_itself_on
from services.regulation.application_states import LIVE, State
from services.regulation.deadlines import as_named
from services.regulation.leaving import due_words as applies_for
from services.regulation.roles import Role
from services.regulation.workflow_diagram import who
from services.regulation.workflows import Deed
from services.reviews.overview import AgencyReview, agency_reviews
from services.rocdate import roc_date
from services.schedule.words import Task, TaskKind, TaskState, state_of

_DECIDES = (Role.UNIT_MANAGER, Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)


def account_tasks(person: Actor) -> Iterator[Task]:
    """Yield what this person owes or waits for about accounts: their own, and those in their charge."""
    yield from (_own_leaving(person, one) for one in own_leavings(person) if not one.application)
    if reach(person, Action.RECORD_LEAVING) and (number := unprepared(person)):
        strong = f"{number:,} 人在 {SOON_DAYS} 天內離職或異動"
        yield _line(
            TaskKind.LEAVING,
            f"{strong}，尚未申請註銷或權限異動；請提醒本人",
            strong,
            "看離職與異動",
            "accounts",
            view="leaving",
        )
    if reach(person, Action.VIEW_APPLICATIONS) and (number := count_due(person)):
        strong = f"{number:,} 件申請案"
        yield _line(
            TaskKind.APPLICATION,
            f"{strong}待您辦理",
            strong,
            "前往辦理",
            "accounts",
            view="applications",
        )
    yield from (_own_application(one) for one in my_applications(person) if one.state in LIVE)
    yield from _reviews(person)
    if reach(person, Action.KEEP_DOCUMENTS) and (number := count_to_confirm(person)):
        strong = f"{number:,} 份文件已提出銷毀"
        yield _line(
            TaskKind.DOCUMENT,
            f"{strong}，待另一位管理者確認",
            strong,
            "看待確認的文件",
            "kept_documents",
            state=PaperState.PROPOSED.value,
        )


def _line(kind: TaskKind, words: str, strong: str, link: str, page: str, **fields: str) -> Task:
    """Return a line that counts things of one kind."""
    return Task(kind.value, kind, TaskState.DUE, words, strong, page, tuple(fields.items()), link)


def _own_leaving(person: Actor, one: LeavingLine) -> Task:
    due, day = as_named(one.effective_on), roc_date(one.effective_on)
    return Task(
        key=f"{TaskKind.LEAVING.value}:{one.id}",
        kind=TaskKind.LEAVING,
        state=state_of(due, person.today),
        words=f"您預定於 {day} {one.kind.label}，請先申請{applies_for(one.kind)}；逾期帳號將停權",
        strong=day,
        page="apply",
        link="前往申請",
        due=due,
        late=due.is_past(person.today),
    )


def _own_application(one: ApplicationLine) -> Task:
    to_print = one.step is not None and one.step.deed is Deed.PRINT
    mine = to_print or one.state is State.RETURNED
    words, waits_for = "待您列印申請表" if to_print else "已退回，待您補正", ""
    if not mine:
        waits_for = who(one.step) if one.step else "他人"
        words = f"等待{waits_for}辦理「{one.step.deed.label}」" if one.step else "辦理中"
    strong = f"您的{one.kind.label}申請 {one.number}"
    return Task(
        key=f"{TaskKind.OWN_APPLICATION.value}:{one.number}",
        kind=TaskKind.OWN_APPLICATION,
        state=TaskState.DUE if mine else TaskState.WAITING,
        words=f"{strong}　{words}",
        strong=strong,
        page="apply",
        link="看申請案",
        waits_for=waits_for,
    )


def _reviews(person: Actor) -> Iterator[Task]:
    if not reach(person, Action.VIEW_REVIEWS):
        return
    reviews = agency_reviews(person)
    if person.role in _DECIDES:
        for one in reviews:
            if words := _review_words(person, one):
                yield _review(person, one, words)
    late = sum(one.overdue for one in reviews)
    if late and reach(person, Action.VIEW_REVIEWS).everything:
        strong = f"{late:,} 個機關的權限清查"
        yield Task(
            key=f"{TaskKind.ACCESS_REVIEW.value}:all",
            kind=TaskKind.ACCESS_REVIEW,
            state=TaskState.WAITING,
            words=f"{strong}逾期未結案",
            strong=strong,
            page="access_review",
            link="看各機關",
            waits_for=Role.AGENCY_MANAGER.label,
            late=True,
        )


def _review(person: Actor, one: AgencyReview, words: str) -> Task:
    # The system judges a review by its own day, working day or not.
    due = as_named(one.due_on) if one.due_on else None
    strong = f"{one.name}權限清查"
    there = {"campaign": str(one.open_id)} if one.open_id else {}
    if one.to_prepare or one.to_decide:
        there["show"] = "mine"
    return Task(
        key=f"{TaskKind.ACCESS_REVIEW.value}:{one.agency_id}:{one.due_on}",
        kind=TaskKind.ACCESS_REVIEW,
        state=state_of(due, person.today),
        words=f"{strong}　{words}",
        strong=strong,
        page="access_review",
        fields=tuple(there.items()),
        due=due,
        late=one.overdue,
    )


def _review_words(person: Actor, one: AgencyReview) -> str:
    """Say what is this person's to do in a review; empty when nothing is."""
    if one.open_id is None:
        nearly = one.due_on is not None and person.today >= opened_by_itself_on(one.due_on)
        return "尚未發起" if nearly and person.role is Role.AGENCY_MANAGER else ""
    if person.role is Role.UNIT_MANAGER:
        return f"{one.to_prepare:,} 個帳號待初核" if one.to_prepare else ""
    if person.role is Role.SYSTEM_MANAGER:
        return f"{one.to_decide:,} 個管理者帳號待您核定" if one.to_decide else ""
    progress = f"已核定 {one.decided:,}／{one.lines:,} 個帳號"
    if one.to_decide:
        return f"{progress}，{one.to_decide:,} 個待您核定"
    if one.decided < one.lines:
        return f"{progress}，其餘等待系統管理者核定"
    return f"{progress}，可以結案"
