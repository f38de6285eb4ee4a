"""待辦 names destructions to the managers who can confirm them, and to nobody else (clause 6.1)."""

import pytest

from services.papers.destroying import (
    confirm_destruction,
    propose_destruction,
    withdraw_destruction,
)
from services.papers.listing import paper_detail
from services.papers.waiting import count_to_confirm
from tests.pages.browsing import open_app, open_page, texts
from tests.services.papers.helpers import cancel, kept
from tests.world import EVERYBODY, World, at

OWED = "份文件已提出銷毀"
# The managers concerned with a clerk of the tax office; the first of them is the one who proposes.
PROPOSER, SECOND = "unit_manager", "agency_manager"


@pytest.fixture
def proposed(world: World) -> int:
    paper = kept(world, "clerk", custodian=PROPOSER)
    cancel(world, "clerk", at(2024, 5, 22))
    propose_destruction(world.actor(PROPOSER), paper, "註銷已滿一年")
    return paper


@pytest.mark.parametrize("who", sorted(set(EVERYBODY) - {"clerk"}))
def test_only_the_second_manager_owes_it(world: World, proposed: int, who: str) -> None:
    assert (f"1 {OWED}" in texts(open_app(who)).replace("*", "")) is (who == SECOND)


def test_its_link_leads_to_the_documents_that_wait(world: World, proposed: int) -> None:
    app = open_page(SECOND, "kept_documents", state="proposed")
    assert [str(one) for one in app.dataframe[0].value["文件"]] == [str(proposed)]


def test_it_is_owed_until_somebody_has_done_it(world: World, proposed: int) -> None:
    first, second = world.actor(PROPOSER), world.actor(SECOND)
    assert (count_to_confirm(first), count_to_confirm(second)) == (0, 1)
    step = paper_detail(second, proposed).proposal
    assert step is not None
    withdraw_destruction(second, proposed, "再留一年", proposal_id=step.id)
    assert count_to_confirm(second) == 0
    propose_destruction(second, proposed, "註銷已滿二年")
    assert (count_to_confirm(first), count_to_confirm(second)) == (1, 0)
    step = paper_detail(first, proposed).proposal
    assert step is not None
    confirm_destruction(first, proposed, proposal_id=step.id)
    assert (count_to_confirm(first), count_to_confirm(second)) == (0, 0)
