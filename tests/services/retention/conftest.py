"""A ledger of the test's own, and a house with years behind it."""

import pytest

from tests.seeds import known_seeds
from tests.services.ledger.conftest import checkpoints_file
from tests.services.retention.years import Years, live
from tests.world import World

__all__ = ["checkpoints_file", "known_seeds"]


@pytest.fixture
def years(world: World) -> Years:
    return live(world)
