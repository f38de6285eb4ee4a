"""A ledger of the test's own, and a house with years behind it."""

import pytest

from tests.seeds import known_seeds
from tests.services.ledger.conftest import checkpoints_file
from tests.services.retention.years import Years, live
from tests.staged import Stage
from tests.world import World

__all__ = ["checkpoints_file", "known_seeds"]


@pytest.fixture
def years(stage: Stage, world: World) -> Years:
    return stage.add(world, live)
