"""What the bureau does with the packages of the demo city: findings in every state, and one left untouched (7.2).

Made by the services, on days that are past; a load that was cut off goes on with what nobody has touched yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from data.append_only import lifted, not_owned
from data.engine import reading, transaction
from data.models import Account, Agency, PackageReview, Verdict
from services.actor import Actor
from services.demo.acting import acting
from services.demo.stories import ALTERED_AGENCY
from services.oversight.acting import accept_package, take_review
from services.oversight.findings.acting import Words, move_finding
from services.oversight.findings.asking import Draft, ask
from services.oversight.findings.view import view_finding
from services.oversight.receiving import check_again
from services.oversight.store import newest_package
from services.oversight.view import view_review
from services.regulation.finding_states import FindingAct, Gravity
from services.regulation.package_review import ReviewState
from services.regulation.roles import AccountStatus, Role
from services.rocdate import local_date

_LETTER = "北市地資字第{year}3045678號"
_ANSWER = "北市秘字第{year}3067890號"
_TAKEN = timedelta(days=4)


@dataclass(frozen=True)
class _Story:
    """What is asked about one package, and how far it went."""

    title: str
    note: str
    acts: tuple[FindingAct, ...] = ()
    check: str = ""
    gravity: Gravity = Gravity.DEFICIENT


_A = FindingAct
_ORDERED = (_A.ANSWER, _A.CONFIRM, _A.ORDER)
_IMPROVED = (*_ORDERED, _A.IMPROVE, _A.DISCIPLINE, _A.NOTIFY)
_STORIES: dict[str, tuple[_Story, ...]] = {
    "CIV": (),
    "SOC": (
        _Story("逾期函送", "請說明逾 8 月底期限函送的原因及改進作法。", check="timing"),
        _Story("夜間查詢", "請檢送夜間查詢紀錄的案卷影本。", (_A.ANSWER,), check="flags"),
    ),
    "FIN": (
        _Story("重抽理由", "請說明重抽的必要性。", (_A.ANSWER, _A.CLEAR), check="redraws"),
        _Story("案號登載不實", "請說明案號與標的不符的紀錄。", (_A.ANSWER, _A.CONFIRM)),
        _Story("查詢原因空泛", "請說明查詢原因。", _ORDERED),
    ),
    ALTERED_AGENCY: (
        _Story(
            "簽核後內容遭更動",
            "系統檢核發現簽核後的判定與簽核時不同，請查明何人何時更動。",
            _IMPROVED,
            check="unchanged",
            gravity=Gravity.MAJOR,
        ),
        _Story(
            "佐證資料不足",
            "判定缺失的紀錄請補佐證資料。",
            (*_IMPROVED, _A.ACCEPT),
            check="evidence",
            gravity=Gravity.MAJOR,
        ),
        _Story("停權未即時", "離職人員停權的時程請說明。", (*_IMPROVED, _A.CLOSE)),
    ),
}
"""By agency; of one that stands here nobody has anything to ask of, the package is 備查."""
_NOTES = {
    _A.ANSWER: "已調閱案卷查明，說明及案卷影本如附件。",
    _A.CLEAR: "說明與案卷相符，可採認。",
    _A.CONFIRM: "說明與案卷不符，列為缺失。",
    _A.ORDER: "請於期限內提出改善措施，並提報首長議處、通報政風單位。",
    _A.IMPROVE: "已重申規定並增設主管覆核，改善情形如附件。",
    _A.DISCIPLINE: "已提報首長核定，予以書面告誡。",
    _A.NOTIFY: "已通報政風室列管。",
    _A.ACCEPT: "改善措施具體可行，請另一位複核人員結案。",
    _A.CLOSE: "改善完成，同意結案。",
}
_BY_AGENCY = {_A.ANSWER, _A.IMPROVE, _A.DISCIPLINE, _A.NOTIFY}


def review_packages(now: datetime) -> None:
    """Take, ask about and decide the packages that nobody has touched; what has no story waits for visitors."""
    with reading() as db:
        rows = db.execute(
            select(PackageReview.id, Agency.code, Agency.id, PackageReview.received_at)
            .join(Agency, Agency.id == PackageReview.agency_id)
            .where(PackageReview.state == ReviewState.RECEIVED.value)
            .order_by(PackageReview.id)
        ).all()
        reviewer = db.scalars(select(Account.id).where(Account.username == "reviewer")).one()
    for review_id, code, agency_id, received_at in rows:
        if code in _STORIES:
            at = received_at + _TAKEN
            _review(reviewer, review_id, code, _manager(agency_id), at, now)


def _review(
    reviewer: int, review_id: int, code: str, manager: int, at: datetime, now: datetime
) -> None:
    person = acting(reviewer, at)
    if code == ALTERED_AGENCY:
        _alter(review_id)
        check_again(person, review_id)
    take_review(person, review_id, view_review(person, review_id).revision)
    stories = _STORIES[code]
    for number, story in enumerate(stories):
        view = view_review(person, review_id)
        due = local_date(at) + timedelta(days=14)
        draft = Draft(story.title, story.note, story.check)
        finding = ask(person, review_id, view.revision, [draft], due)[0]
        for act, moment in zip(story.acts, _days(at, number, now), strict=False):
            _move(acting(manager if act in _BY_AGENCY else reviewer, moment), finding, act, story)
    if not stories:
        day = acting(reviewer, at + timedelta(days=3))
        view = view_review(day, review_id)
        if not view.left:
            accept_package(day, review_id, view.revision, _numbered(_LETTER, day), day.today)


def _days(at: datetime, number: int, now: datetime) -> Iterator[datetime]:
    """Yield one moment after another, a few days apart and never after ``now``."""
    for step in range(1, 20):
        yield min(at + timedelta(days=4 * step + number, hours=step), now)


def _move(person: Actor, finding: int, act: FindingAct, story: _Story) -> None:
    revision = view_finding(person, finding).revision
    letter = _numbered(_LETTER if act is _A.ORDER else _ANSWER, person)
    by_letter = act is _A.ORDER or act in _BY_AGENCY
    words = Words(
        _NOTES[act],
        due_on=person.today + timedelta(days=30),
        done_on=person.today,
        letter_no=letter if by_letter else "",
        letter_date=person.today if by_letter else None,
        gravity=story.gravity,
    )
    move_finding(person, finding, revision, act, words)


def _numbered(letter: str, person: Actor) -> str:
    return letter.format(year=person.today.year - 1911)


def _alter(review_id: int) -> None:
    """Change a verdict behind the system's back, as whoever owns the database could: the checks find it."""
    with transaction() as db:
        if not_owned(db.connection(), ("verdicts",)):
            return
        review = db.get_one(PackageReview, review_id)
        package = newest_package(db, review.audit_id)
        assert package is not None  # as every review's
        unit = package.manifest["audits"][1]["audit_id"]
        first = select(Verdict.id).where(Verdict.audit_id == unit).order_by(Verdict.id).limit(1)
        with lifted(db.connection(), ("verdicts",)):
            changed = "（內容於簽核後遭改寫）"
            db.execute(
                update(Verdict).where(Verdict.id == first.scalar_subquery()).values(note=changed)
            )


def _manager(agency_id: int) -> int:
    with reading() as db:
        return db.scalars(
            select(Account.id)
            .where(
                Account.unit.has(agency_id=agency_id),
                Account.role == Role.AGENCY_MANAGER.value,
                Account.status == AccountStatus.ACTIVE.value,
            )
            .order_by(Account.id)
            .limit(1)
        ).one()
