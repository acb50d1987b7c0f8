"""What every attack gets: how large it is to be, its random numbers, and a place for what it
measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

FIGURES = pytest.StashKey[list[tuple[str, str]]]()


@dataclass
class Attack:
    """One attack: a sample of it, or all of it (`--all`)."""

    all: bool
    seed: int
    figures: list[tuple[str, str]] = field(repr=False)

    def size(self, *, always: int, all: int) -> int:  # noqa: A002 - the option's own name
        """Return how many there are to be."""
        return all if self.all else always

    def random(self) -> random.Random:
        """Return random numbers that come again with the same `--seed`."""
        return random.Random(self.seed)

    def measured(self, what: str, figures: str) -> None:
        """Keep one line of the table that is printed at the end."""
        self.figures.append((what, figures))


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Attack:
    """The attack's size and seed, by the options of the run."""
    config = request.config
    return Attack(
        all=config.getoption("--all"),
        seed=config.getoption("--seed"),
        figures=config.stash.setdefault(FIGURES, []),
    )


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Print what the attacks measured, as a table for the README."""
    yield
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section(f"attacks, seed {config.getoption('--seed')}")
        for what, measured in figures:
            terminalreporter.write_line(f"| {what} | {measured} |")
