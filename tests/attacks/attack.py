"""How large an attack is, its random numbers, and a place for what it measured."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.support.figures import Figure


@dataclass
class Attack:
    """One attack: a sample of it, or all of it (`--all`)."""

    all: bool
    seed: int
    figures: list[Figure] = field(repr=False)

    def size(self, *, always: int, all: int) -> int:  # noqa: A002 - the option's own name
        """Return how many there are to be."""
        return all if self.all else always

    def random(self) -> random.Random:
        """Return random numbers that come again with the same `--seed`."""
        return random.Random(self.seed)

    def measured(self, what: str, figures: str, **counts: int) -> None:
        """Keep one line of the table that is printed at the end.

        Several tests may share a line: what they count is summed, and of `most_…` the largest is
        taken, before it fills in the braces of both texts.
        """
        self.figures.append((what, figures, counts))
