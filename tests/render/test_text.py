"""Sentences on a terminal: what is to be typed is never broken."""

from __future__ import annotations

import pytest

from antrean_cli.cli import COMMANDS
from antrean_cli.render.text import WIDTH, fill


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_a_sentence_names_is_never_broken(name: str) -> None:
    typed = f"antrean {name} --pilihan nilai"
    for before in range(40, 80):
        lines = fill(f"{'x' * before} lihat: {typed}; lalu tunggu").split("\n")
        assert sum(typed in line for line in lines) == 1
        assert max(map(len, lines)) <= max(WIDTH, before)
