"""Reading a finding for an act, and writing its steps down."""

import secrets
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models import Finding, FindingStep, PackageReview
from services import events
from services.actor import Actor
from services.audits.evidence.keeping import keep_evidence, read_evidence
from services.documents.files import Paper
from services.errors import Conflict, Invalid, NotFound, Refused
from services.events import EventType
from services.identity.permissions import Action, permit
from services.oversight.store import require_impartial
from services.regulation.finding_states import FindingAct, Gravity, Side
from services.regulation.findings import Given, gravity_of, state_of
from services.regulation.package_review import ReviewState
from services.regulation.purpose import tidy
from services.rocdate import local_date

NOTE_MIN, NOTE_MAX = 4, 1000
MOST_FILES = 5
ACTIONS = {Side.BUREAU: Action.REVIEW_PACKAGE, Side.AGENCY: Action.ANSWER_FINDING}
"""By which permission each side moves a finding."""
_GONE = "找不到這件缺失，或您沒有它的權限。"


def load_finding(
    db: Session, actor: Actor, finding_id: int, action: Action, *, revision: int | None = None
) -> Finding:
    """Return a finding that ``actor`` may do ``action`` to; with ``revision``, what was on screen, locked.

    Its review is locked before it, as 備查 does, so that neither passes by the other. Raises Conflict when
    somebody acted on it meanwhile, or when the bureau would act after 備查; Refused for a reviewer with a
    stake in it.
    """
    query = select(Finding).where(Finding.id == finding_id)
    review = select(PackageReview).where(
        PackageReview.id
        == select(Finding.review_id).where(Finding.id == finding_id).scalar_subquery()
    )
    if revision is not None:
        db.scalar(review.with_for_update())
    finding = db.scalar(query if revision is None else query.with_for_update())
    permit(
        actor,
        action,
        agency_id=finding.agency_id if finding else None,
        unit_id=finding.unit_id if finding else None,
    )
    if finding is None:
        raise NotFound(_GONE)
    if revision is not None:
        if actor.account_id is None:
            raise Refused("缺失的處理必須由有帳號的人員辦理。")
        if action is ACTIONS[Side.BUREAU]:
            require_impartial(db, actor, finding.review)
            if finding.review.state == ReviewState.ACCEPTED:
                raise Conflict("這件函送資料已准予備查；要再處理缺失，請先撤銷備查。")
        if finding.revision != revision:
            raise Conflict("這件缺失剛剛已由他人辦理；請重新整理，看過後再辦理。")
    return finding


def given_of(steps: Sequence[FindingStep]) -> list[Given]:
    """Return the acts of a finding as the table of the rule goes by them."""
    return [
        Given(FindingAct(step.act), Gravity(step.gravity) if step.gravity else None)
        for step in steps
    ]


def standing_steps(steps: Sequence[FindingStep]) -> list[FindingStep]:
    """Return the steps that stand: a taken-back one is gone together with its taking back."""
    standing: list[FindingStep] = []
    for step in steps:
        if step.act == FindingAct.TAKE_BACK:
            standing.pop()
        else:
            standing.append(step)
    return standing


def accepted_by(steps: Sequence[FindingStep]) -> int | None:
    """Return who found an improvement acceptable, where that stands: somebody else closes a major one."""
    return next(
        (one.account_id for one in standing_steps(steps)[::-1] if one.act == FindingAct.ACCEPT),
        None,
    )


def number_finding(db: Session, actor: Actor, finding: Finding) -> None:
    """Store a new finding and give it its number: the year it was opened in, and its id."""
    finding.number = secrets.token_hex(8)  # until its own is known
    db.add(finding)
    db.flush()
    finding.number = f"缺{local_date(actor.now).year - 1911}-{finding.id:06d}"


def write_step(
    db: Session,
    actor: Actor,
    finding: Finding,
    act: FindingAct,
    note: str,
    *,
    done_on: date | None = None,
    letter: tuple[str, date | None] = ("", None),
    due_on: date | None = None,
    gravity: Gravity | None = None,
    papers: Sequence[Paper] = (),
    days_late: int = 0,
) -> None:
    """Add one act with its files and its event, and bring the finding to where all of them take it."""
    assert actor.account_id is not None  # as everybody who comes this far
    step = FindingStep(
        finding_id=finding.id,
        act=act.value,
        at=actor.now,
        account_id=actor.account_id,
        actor_name=actor.name[:60],
        note=note,
        done_on=done_on,
        letter_no=letter[0],
        letter_date=letter[1],
        due_on=due_on,
        gravity=gravity.value if gravity else "",
        days_late=days_late,
    )
    finding.steps.append(step)
    db.flush()
    settle(finding)
    for paper in papers:
        keep_evidence(db, actor, paper, act.label, finding_step_id=step.id)
    events.write(
        db,
        actor,
        EventType.FINDING_MOVED,
        about=("finding", finding.id),
        number=finding.number,
        act=act.value,
        **({"due_on": due_on.isoformat()} if due_on else {}),
        **({"letter_no": letter[0]} if letter[0] else {}),
    )


def settle(finding: Finding) -> None:
    """Bring state, gravity and days of a finding to what its acts amount to."""
    given = given_of(finding.steps)
    gravity = gravity_of(given)
    finding.state = state_of(given).value
    finding.gravity = gravity.value if gravity else ""
    days = [(step.act, step.due_on) for step in standing_steps(finding.steps) if step.due_on]
    if days:
        finding.due_on = days[-1][1]
        # An extension moves the day, and never hides the one that it moved.
        finding.first_due_on = [day for act, day in days if act != FindingAct.EXTEND][-1]
    finding.revision += 1


def checked_note(text: str, what: str) -> str:
    """Return tidied words; raise Invalid when they are too few or too many."""
    note = tidy(text)
    if not NOTE_MIN <= len(note) <= NOTE_MAX:
        raise Invalid(f"{what}請寫 {NOTE_MIN} 至 {NOTE_MAX} 個字，目前 {len(note)} 個字。")
    return note


def read_files(files: Sequence[tuple[str, bytes]]) -> list[Paper]:
    """Return the files that come with an act; raise Invalid for a wrong one, and for too many."""
    if len(files) > MOST_FILES:
        raise Invalid(f"一次最多上傳 {MOST_FILES} 個檔案；其餘請分次登錄。")
    return [read_evidence(name, content) for name, content in files]
