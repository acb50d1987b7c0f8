"""Which tests run which lines of the program, and how long each takes.

As a plugin (`pytest -p tests.attacks.reach`, also with several workers) it writes that down in the
folder that the environment variable REACH names; `Reach.read` reads it.
"""

from __future__ import annotations

import ast
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest

from tests.attacks.mutants import Mutant

A_TEST = 0.01  # seconds that pytest itself needs for one


class _Recorder:
    """The plugin, in each process that runs tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.coverage = coverage.Coverage(
            data_file=folder / "lines", data_suffix=True, config_file=False, source=["antrean_cli"]
        )
        self.coverage.set_option("run:relative_files", True)  # another tree may read it
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_unconfigure(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        seconds = {test: time for test, time in self.seconds.items() if test not in self.failed}
        (self.folder / f"seconds.{os.getpid()}.json").write_text(json.dumps(seconds))


def pytest_configure(config: pytest.Config) -> None:
    """Record, unless this process only hands the tests to others."""
    if not config.getoption("numprocesses", None):
        config.pluginmanager.register(_Recorder(Path(os.environ["REACH"])))


class _User(NamedTuple):
    """A function that uses a name, and the lines of its body."""

    file: str
    function: str
    lines: range


Users = Mapping[str, Iterable[_User]]


@dataclass(frozen=True, kw_only=True)
class Imports:
    """What the import of each file (below antrean_cli) runs, and what it makes of what.

    `bodies` are the lines of the functions, which it does not run; `made` are the names that each
    of its statements makes, with those that it makes them of.
    """

    bodies: Mapping[str, Sequence[range]]
    made: Mapping[str, Sequence[tuple[frozenset[str], frozenset[str]]]]

    @classmethod
    def of(cls, package: Path) -> Imports:
        """Read the files of a package."""
        bodies: dict[str, list[range]] = {}
        made: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
        for path in package.rglob("*.py"):
            file, tree = str(path.relative_to(package)), ast.parse(path.read_bytes())
            bodies[file] = [
                _body(one) for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)
            ]
            made[file] = [
                (_names(one, ast.Store), _names(one, ast.Load))
                for one in tree.body
                if not isinstance(one, ast.FunctionDef | ast.ClassDef)
            ]
        return cls(bodies=bodies, made=made)

    def is_run_by_import(self, mutant: Mutant) -> bool:
        """Return whether an import runs a mutant, and no function does."""
        return not any(mutant.lines.start in body for body in self.bodies.get(mutant.file, ()))

    def made_of(self, mutant: Mutant) -> frozenset[str]:
        """Return the names of a mutant, and of what its file makes of them."""
        names = mutant.names
        for makes, uses in self.made.get(mutant.file, ()):
            if names & uses:
                names |= makes
        return names


def _body(function: ast.FunctionDef) -> range:
    return range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1)


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> frozenset[str]:
    return frozenset(
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    )


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What was written down: of each file (below antrean_cli) the tests of each line."""

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]
    imports: Imports
    users: Users  # of each name the functions of the program that use it
    naming: Users  # and those of the tests

    @classmethod
    def read(cls, folder: Path, tree: Path) -> Reach:
        """Read what was written down of the tests of a tree."""
        package = tree / "antrean_cli"
        data = coverage.CoverageData(basename=str(folder / "all"))
        for part in folder.glob("lines.*"):
            one = coverage.CoverageData(basename=str(part))
            one.read()
            data.update(one)
        seconds: dict[str, float] = {}
        for report in folder.glob("seconds.*.json"):
            seconds |= json.loads(report.read_text())
        return cls(
            lines={
                str(Path(file).relative_to(package.name)): {
                    line: frozenset(tests) & seconds.keys()
                    for line, tests in data.contexts_by_lineno(file).items()
                }
                for file in data.measured_files()
            },
            seconds=seconds,
            imports=Imports.of(package),
            users=_users(package),
            naming=_users(tree / "tests"),
        )

    def tests_of(self, mutant: Mutant, seconds: float) -> list[str]:
        """Return the tests that run a mutant, the quickest first, as many as the time allows.

        What is made when the program is imported is run by whoever uses its name, or what is made
        of it, or its file, and not only by the test that happened to import it first.
        """
        tests = self._tests(mutant.file, mutant.lines)
        if not tests or self.imports.is_run_by_import(mutant):
            tests |= self._tests(mutant.file, self.lines.get(mutant.file, ()))
            tests |= self._tests_of_users(self.imports.made_of(mutant))
        chosen: list[str] = []
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            seconds -= self.seconds[test] + A_TEST
            if seconds < 0 and chosen:
                break
            chosen.append(test)
        return chosen

    def _tests_of_users(self, names: Iterable[str]) -> frozenset[str]:
        users = [user for name in names for user in self.users.get(name, ())]
        naming = {
            f"tests/{user.file}::{user.function}"
            for name in names
            for user in self.naming.get(name, ())
        }
        direct = frozenset(test for test in self.seconds if test.partition("[")[0] in naming)
        return direct.union(*(self._tests(user.file, user.lines) for user in users))

    def _tests(self, file: str, lines: Iterable[int]) -> frozenset[str]:
        tests = self.lines.get(file, {})
        return frozenset().union(*(tests.get(line, ()) for line in lines))


def _users(folder: Path) -> Users:
    """Return, of each name, the functions below a folder that use it."""
    users: dict[str, list[_User]] = defaultdict(list)
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef):
                user = _User(str(path.relative_to(folder)), node.name, _body(node))
                used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                used |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                for name in used:
                    users[name].append(user)
    return users
