"""What the attacks measured: one table at the end of the run, wherever its lines come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

FIGURES = pytest.StashKey[list[tuple[str, str]]]()


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
    node.config.stash[FIGURES] += map(tuple, output.get("figures", []))


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Print the table as it stands in the README."""
    yield
    if figures := config.stash[FIGURES]:
        terminalreporter.section(f"attacks, seed {config.getoption('--seed')}")
        for what, measured in sorted(figures):
            terminalreporter.write_line(f"| {what} | {measured} |")
