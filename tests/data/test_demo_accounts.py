"""The accounts' side of the demo city: reviews, applications and leavings that people can go on with."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from data.engine import reading
from data.models import Account, Application
from services.accounts.leaving.listing import open_leavings, own_leavings, unprepared
from services.actor import Actor
from services.applications.acting import approve, review
from services.applications.completing import complete
from services.applications.listing import (
    count_due,
    list_applications,
    my_applications,
)
from services.demo.load import DemoSummary
from services.demo.papers import tiny_pdf
from services.demo.people import DEMO_SIGN_INS
from services.documents.files import read_paper
from services.identity.people import as_actor, load_account
from services.identity.permissions import Action, reach
from services.regulation.access_review import Choice
from services.regulation.application_states import State
from services.regulation.roles import Role
from services.reviews.closing import close_review
from services.reviews.deciding import Decision, decide
from services.reviews.listing import LineFilters, list_lines
from services.reviews.overview import agency_reviews, list_reviews
from services.reviews.record import signed_record
from services.reviews.view import view_review
from services.rocdate import local_date
from tests.world import NOW


def actors() -> dict[str, Actor]:
    """Return the published sign-ins as they stand at the moment of the load."""
    with reading() as db:
        ids = db.scalars(
            select(Account.id).where(Account.username.in_(name for name, _ in DEMO_SIGN_INS))
        )
        found = [load_account(db, id_) for id_ in ids]
        return {one.username: as_actor(one, NOW) for one in found if one}


def test_reviews_are_closed_open_and_overdue(demo_city: DemoSummary) -> None:
    """The records hold their hash, decisions are all there, and what was seen had happened by then."""
    people = actors()
    reviews = {one.code: one for one in agency_reviews(people["reviewer"])}
    assert [code for code, one in reviews.items() if one.overdue] == [demo_city.behind_agency]
    assert {code for code, one in reviews.items() if one.open_id} == {"TAX", "UDD"}
    assert all(one.last_closed_at for one in reviews.values())
    tax = reviews["TAX"]
    assert 0 < tax.decided < tax.lines
    closed = [one for one in list_reviews(people["reviewer"]) if one.closed_at]
    assert len(closed) == demo_city.agencies
    for one in closed:
        record = signed_record(people["reviewer"], one.id).content
        opened = local_date(one.opened_at).isoformat()
        assert sum(record["counts"].values()) == len(record["lines"]) > 0
        for line in record["lines"]:
            assert line["decided"] and line["decided_by"] and line["outcome"]
            assert line["seen"]["username"] not in line["decided_by"]
            assert (line["seen"]["last_used_on"] or "") < opened
            assert line["seen"]["created_on"] <= opened


def test_an_open_review_can_be_decided_and_closed(demo_city: DemoSummary) -> None:
    """What was decided in the load still holds: nobody finds lines that have to be looked at anew."""
    people = actors()
    campaign = next(
        one.open_id for one in agency_reviews(people["agency_manager"]) if one.open_id is not None
    )
    for who in ("system_manager", "agency_manager"):
        rows = list_lines(people[who], campaign, LineFilters(), None, 1000).rows
        mine = [
            Decision(row.account_id, row.state, Choice.KEEP)
            for row in rows
            if (row.role in (Role.AGENCY_MANAGER, Role.SYSTEM_MANAGER)) is (who == "system_manager")
        ]
        decide(people[who], campaign, mine)
    manager = people["agency_manager"]
    assert close_review(manager, campaign, view_review(manager, campaign).plan)


def test_applications_stand_in_every_state_and_at_every_party(demo_city: DemoSummary) -> None:
    with reading() as db:
        rows = db.execute(select(Application.state, Application.kind, Application.role)).all()
    assert {row.state for row in rows} == {"open", "returned", "refused", "completed"}
    assert {row.kind for row in rows} >= {"create", "change", "reinstate"}
    people = actors()
    due = {
        who: count_due(actor)
        for who, actor in people.items()
        if reach(actor, Action.VIEW_APPLICATIONS)
    }
    assert min(due[who] for who in ("head", "unit_manager", "agency_manager")) >= 1
    assert min(due[who] for who in ("agency_head", "reviewer", "system_manager")) >= 1
    assert [line.state for line in my_applications(people["clerk"])] == [State.RETURNED]
    assert [line.days_left for line in own_leavings(people["ethics"])] == [40]
    assert {line.days_left for line in open_leavings(people["head"])} == {-3, 10}
    assert unprepared(people["head"]) == 2


def test_what_waits_can_be_done_by_whom_it_waits_for(demo_city: DemoSummary) -> None:
    """The engine takes the next step of every application that the load left open."""
    people = actors()
    steps: dict[str, Callable[[Actor, Any], object]] = {
        "unit_manager": lambda who, one: complete(who, one.id, one.revision),
        "system_manager": lambda who, one: complete(
            who,
            one.id,
            one.revision,
            read_paper("scan.pdf", tiny_pdf("pledge")),
            knows_applicant=True,
        ),
        "head": lambda who, one: approve(who, one.id, one.revision),
        "agency_head": lambda who, one: approve(who, one.id, one.revision),
        "reviewer": lambda who, one: review(who, one.id, one.revision),
    }
    for who, step in steps.items():
        with reading() as db:
            found = db.scalars(select(Application).where(Application.state == "open")).all()
        waiting = [
            one for one in found
            if any(line.id == one.id and line.is_mine_to_do for line in list_applications(people[who]).lines)
        ]  # fmt: skip
        assert waiting, who
        step(people[who], waiting[0])
