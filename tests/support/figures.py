"""What the attacks measured: one table at the end of the run, wherever its lines come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

Figure = tuple[str, str, dict[str, int]]  # what, its figures, and the counts that fill in both
FIGURES = pytest.StashKey[list[Figure]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin an empty table."""
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the lines of a worker to whoever started it."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the lines of a worker; one that crashed has none."""
    output = getattr(node, "workeroutput", None) or {}
    node.config.stash[FIGURES] += output.get("figures", [])


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Print the table as it stands in tests/attacks/README.md."""
    yield
    if figures := config.stash[FIGURES]:
        terminalreporter.section(f"attacks, seed {config.getoption('--seed')}")
        for what, measured in lines(figures):
            terminalreporter.write_line(f"| {what} | {measured} |")


def lines(figures: Iterable[Figure]) -> list[tuple[str, str]]:
    """Return the lines of the table in order; those that several tests share are one."""
    together: dict[tuple[str, str], list[dict[str, int]]] = {}
    for what, measured, counts in figures:
        together.setdefault((what, measured), []).append(counts)
    found = []
    for texts, counted in together.items():
        names = {name for counts in counted for name in counts}
        whole = {
            name: (max if name.startswith("most_") else sum)(one[name] for one in counted)
            for name in names
        }
        found.append(tuple(text.format(**whole) if whole else text for text in texts))
    return sorted((what, measured) for what, measured in found)
