"""Unit audits as tasks (7.1.1): to freeze, draw, judge and sign; then to be received."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Agency, Audit, AuditFrame, Unit
from services.actor import Actor
from services.audits.stakes import stakes_of, users_of
from services.audits.worksheet import latest_verdicts, records_to_judge
from services.identity.permissions import Action, reach
from services.identity.scoping import within
from services.regulation.audit_kinds import AuditKind
from services.regulation.audit_states import AuditStatus
from services.regulation.deadlines import half_of
from services.regulation.periods import Quarter
from services.schedule.days import agency_audit_day, unit_audit_day
from services.schedule.standing import Standing, unit_standings
from services.schedule.words import AGENCY_PAGE, Task, TaskKind, TaskState, state_of

CONDUCTORS = "或".join(one.label for one in AuditKind.UNIT.rule.conducted_by)
RECEIVER = AuditKind.UNIT.rule.receiver
_PAGE = "audit_sampler"


def unit_audit_tasks(db: Session, person: Actor) -> list[Task]:
    """Return the unit audits that this person makes, receives, or sees others owe."""
    reached = reach(person, Action.VIEW_AUDIT)
    if not reached:
        return []
    standings = unit_standings(db, person.today, within(reached, unit=Unit.id, agency=Agency.id))
    empty = empty_frames(db, standings)
    # Asked once: the whole city is hundreds of audits.
    conducts, receives = reach(person, Action.CONDUCT_AUDIT), reach(person, Action.RECEIVE_AUDIT)
    judges = reach(person, Action.JUDGE_RECORD)
    return [
        task
        for one in standings
        for task in _tasks(
            db,
            person,
            one,
            empty,
            mine=conducts.covers(one.unit_id, one.agency_id),
            receives=receives.covers(one.unit_id, one.agency_id),
            judges=judges.covers(one.unit_id, one.agency_id),
        )
    ]


def _tasks(
    db: Session,
    person: Actor,
    one: Standing,
    empty: set[int],
    *,
    mine: bool,
    receives: bool,
    judges: bool,
) -> Iterator[Task]:
    if not one.status.is_signed:
        if judges and not mine and (left := _left_to(db, person, one)):
            yield _to_judge(person, one, left)
        step, words = next_step(db, one, empty) if mine else ("", "尚未簽核")
        yield _to_make(person, one, mine, step, words)
    elif one.status is AuditStatus.SIGNED and (receives or mine):
        yield _to_receive(person, one, receives)


def _to_make(person: Actor, one: Standing, mine: bool, step: str, words: str) -> Task:
    quarter = _quarter(one)
    due = unit_audit_day(quarter)
    many = f"個單位的{quarter.label}單位稽核"
    return Task(
        key=f"{TaskKind.UNIT_AUDIT.value}:{one.unit_id}:{quarter}",
        kind=TaskKind.UNIT_AUDIT,
        state=state_of(due, person.today) if mine else TaskState.WAITING,
        words=f"{_name(one)}　{words}",
        strong=_name(one),
        page=_PAGE,
        fields=_fields(one, step),
        link="前往辦理" if mine else "看辦理進度",
        due=due,
        waits_for="" if mine else whose_turn(one.status),
        late=due.is_past(person.today),
        many=f"{many}待辦理" if mine else f"{many}尚未簽核",
    )


def _to_judge(person: Actor, one: Standing, left: int) -> Task:
    quarter = _quarter(one)
    due = unit_audit_day(quarter)
    return Task(
        key=f"{TaskKind.STAKE.value}:{one.unit_id}:{quarter}",
        kind=TaskKind.STAKE,
        state=state_of(due, person.today),
        words=f"{_name(one)}　單位主管的使用紀錄 {left:,} 筆，待您判定",
        strong=_name(one),
        page=_PAGE,
        fields=(*_fields(one, "judge"), ("filter", "stake")),
        link="前往判定",
        due=due,
        late=due.is_past(person.today),
        many=f"個單位的{quarter.label}單位稽核有主管的紀錄待判定",
    )


def _left_to(db: Session, person: Actor, one: Standing) -> int:
    """Return how many records of an audit that others conduct fall to this person, and are not judged yet."""
    if one.status is not AuditStatus.JUDGING or one.audit_id is None:
        return 0
    stakes = stakes_of(db, db.get_one(Audit, one.audit_id), person.now, person)
    left = set(records_to_judge(db, one.audit_id)) - set(latest_verdicts(db, one.audit_id))
    return sum(stakes.may(person.account_id, user) for user in users_of(db, left).values())


def _to_receive(person: Actor, one: Standing, mine: bool) -> Task:
    quarter = _quarter(one)
    # The rule sets no day for it; the agency's own audit cannot be made without it.
    half = half_of(quarter)
    due = agency_audit_day(half)
    return Task(
        key=f"{TaskKind.RECEIPT.value}:{one.unit_id}:{quarter}",
        kind=TaskKind.RECEIPT,
        state=state_of(due, person.today) if mine else TaskState.WAITING,
        words=f"{_name(one)}　已簽核，待{'您' if mine else RECEIVER}收存",
        strong=_name(one),
        # It is received where all that the units owe stands together, and may be by several at once.
        page=AGENCY_PAGE if mine else _PAGE,
        fields=(("agency", one.agency_code), ("half", str(half))) if mine else _fields(one, "sign"),
        link="前往收存" if mine else "看辦理進度",
        due=due,
        waits_for="" if mine else whose_turn(one.status),
        late=due.is_past(person.today),
        many=f"個單位的{quarter.label}單位稽核已簽核，待收存",
    )


def whose_turn(status: AuditStatus) -> str:
    """Return by whom a unit audit is taken on from where it stands (7.1.1); empty once it is received."""
    if not status.is_signed:
        return CONDUCTORS
    return RECEIVER if status is AuditStatus.SIGNED else ""


def empty_frames(db: Session, standings: Iterable[Standing]) -> set[int]:
    """Return which of the frozen audits have a frame without records: a nil return."""
    frozen = [one.audit_id for one in standings if one.status is AuditStatus.FROZEN]
    asked = select(AuditFrame.audit_id).where(
        AuditFrame.audit_id.in_(frozen), AuditFrame.records == 0
    )
    return set(db.scalars(asked)) if frozen else set()


def next_step(db: Session, one: Standing, empty: set[int]) -> tuple[str, str]:
    """Return the step of the sampler that comes next, and what is to be done there in words."""
    if one.audit_id is None or one.status is AuditStatus.PLANNED:
        return "", "未開始，待凍結母體"
    if one.status is AuditStatus.FROZEN:
        nil = one.audit_id in empty
        return ("sign", "沒有使用紀錄，待簽核") if nil else ("draw", "已凍結，待抽樣")
    wanted = records_to_judge(db, one.audit_id)
    left = len(set(wanted) - set(latest_verdicts(db, one.audit_id)))
    return ("judge", f"查核中，尚有 {left:,} 筆待判定") if left else ("sign", "已全部判定，待簽核")


def _fields(one: Standing, step: str) -> tuple[tuple[str, str], ...]:
    there = (("unit", one.unit_code), ("quarter", str(one.period)))
    return (*there, ("step", step)) if step else there


def _name(one: Standing) -> str:
    return f"{one.agency} {one.unit} {one.period.label}單位稽核"


def _quarter(one: Standing) -> Quarter:
    assert isinstance(one.period, Quarter)
    return one.period
