"""Half-years that lie with the bureau, as the services bring them there on the days of the rule."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data.engine import transaction
from data.models import AccountDuty
from services.actor import Actor
from services.oversight.acting import take_review
from services.oversight.findings.asking import Draft, ask
from services.oversight.queue import view_queue
from services.oversight.receiving import deliver
from services.oversight.view import view_review
from services.regulation.roles import Duty, Role
from tests.services.audits import whole
from tests.services.audits.whole import H1, LETTER, Q1, Q2
from tests.world import CREATED, World, add_person, at

SENT = at(2026, 8, 20)
DUE = date(2026, 9, 10)
REVIEWED = at(2026, 8, 25)


@dataclass
class Dated(World):
    """The small world on a day: everybody acts at its ``now``, whatever the helpers ask for."""

    now: datetime = SENT

    def actor(self, name: str, now: datetime | None = None) -> Actor:
        return super().actor(name, self.now)


def approved(world: World) -> tuple[Dated, int]:
    """Bring the tax office's half-year to its approval, clean and in time; a second reviewer is there."""
    dated = Dated(world.agencies, world.units, world.accounts, world.source_id)
    reviewer = ((Duty.BUREAU_REVIEWER, "all"),)
    with transaction() as db:
        add_person(db, dated, 90, "reviewer2", "bureau1", Role.GENERAL_USER, reviewer)
        # Who heads the second unit in these worlds holds the duty on record, too.
        manager, unit = dated.accounts["agency_manager"], dated.units["tax2"]
        head = Duty.UNIT_HEAD.value
        db.add(AccountDuty(account_id=manager, duty=head, unit_id=unit, granted_at=CREATED))
    whole.fill_half_year(dated)
    for quarter, day in ((Q1, at(2026, 4, 20)), (Q2, at(2026, 7, 15))):
        dated.now = day
        for unit_key in ("tax1", "tax2"):
            whole.received_unit(dated, unit_key, quarter)
    dated.now = at(2026, 7, 25)
    audit_id = whole.drawn_agency(dated)
    whole.judged(dated.actor("agency_manager"), audit_id)
    whole.sign_agency(dated, audit_id)
    whole.act(dated, audit_id, "approved", "agency_head")
    return dated, audit_id


def received(world: World) -> Dated:
    """The same, sent."""
    dated, audit_id = approved(world)
    dated.now = SENT
    deliver(dated.actor("agency_manager"), audit_id, LETTER, date(2026, 8, 20))
    dated.now = REVIEWED
    return dated


def taken(world: World) -> Dated:
    """The same, taken in hand by the first reviewer."""
    dated = received(world)
    take_review(dated.actor("reviewer"), review_of(dated), 1)
    return dated


def review_of(world: World) -> int:
    """Return the review of the tax office's package."""
    rows = view_queue(world.actor("reviewer"), H1).rows
    return next(row.review_id for row in rows if row.agency_code == "TAX" and row.review_id)


def asked(world: World, **draft: Any) -> int:
    """Ask about something; return the finding."""
    review = view_review(world.actor("reviewer"), review_of(world))
    drafts = [Draft(**{"title": "說明查詢目的", "note": "請檢送案卷影本說明。"} | draft)]
    return ask(world.actor("reviewer"), review.review_id, review.revision, drafts, DUE)[0]
