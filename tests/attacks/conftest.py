"""What every attack gets."""

from __future__ import annotations

import pytest

from tests.attacks.attack import Attack
from tests.support.figures import FIGURES


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Attack:
    """The attack's size and seed, by the options of the run."""
    config = request.config
    return Attack(
        all=config.getoption("--all"),
        seed=config.getoption("--seed"),
        figures=config.stash[FIGURES],
    )
