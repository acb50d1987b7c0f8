"""Mutants of our own: the program is broken on purpose, one place at a time, and some test must fail.

- mutants.py is the table: what is broken, how, and by which test it is caught. That is a test of every ordinary run, so
  that whoever breaks the program in that way hears of it at once.
- A mutant lives in a copy of the tree; the tree itself is never touched.
- Caught means that a test failed. A copy that cannot even be imported proves nothing, and a test that fails without
  the mutant proves nothing either: all of them are run once on an unbroken copy, and who fails there does not count.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attacks.conftest import Attack
from tests.attacks.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
PARTS = ("antrean_cli", "tests", "setup.cfg", "pyproject.toml")
AT_A_TIME = 2
SECONDS = 1800  # far more than the tests of one mutant, or all of them on the unbroken copy, take


def test_every_mutant_is_caught(attack: Attack, tmp_path: Path) -> None:
    """Each run makes every mutant of today's text, so that the table cannot rot; `--all` runs its test as well."""
    for mutant in MUTANTS:
        ast.parse(broken(mutant, ROOT))
    if attack.all:
        survivors = hunt(tmp_path)
        attack.measured("mutants of our own", f"{len(MUTANTS)} made, {len(MUTANTS) - len(survivors)} caught")
        assert survivors == []


def hunt(folder: Path) -> list[str]:
    """Make every mutant, run its test, and return those that go unnoticed."""
    whole = folder / "whole"
    copy(ROOT, whole)
    worthless = failing(whole, {mutant.test for mutant in MUTANTS})
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        noticed = pool.map(lambda mutant: failing_with(mutant, whole) - worthless, MUTANTS)
        return [mutant.what for mutant, tests in zip(MUTANTS, noticed, strict=True) if not tests]


def failing_with(mutant: Mutant, whole: Path) -> set[str]:
    """Return which tests fail in a copy of the tree that has the mutant in it."""
    with TemporaryDirectory(dir=whole.parent) as folder:
        tree = Path(folder, "tree")
        copy(whole, tree)
        (tree / "antrean_cli" / mutant.file).write_text(broken(mutant, whole), encoding="utf-8")
        return failing(tree, {mutant.test})


def broken(mutant: Mutant, tree: Path) -> str:
    """Return the text of the mutant's file with the mutant in it."""
    text = (tree / "antrean_cli" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.original) == 1, f"{mutant.file} has changed, and so must: {mutant.what}"
    return text.replace(mutant.original, mutant.mutated)


def copy(tree: Path, to: Path) -> None:
    """Copy what the tests need, with its times, so that bytecode stays good."""
    to.mkdir()
    for name in PARTS:
        part = tree / name
        (shutil.copytree if part.is_dir() else shutil.copy2)(part, to / name)


def failing(tree: Path, tests: Iterable[str]) -> set[str]:
    """Run some tests in a tree and return which of them fail, without their parameters.

    The host's zone is none of Indonesia's, so that whoever goes by it is seen.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--tb=no", "-p", "no:cacheprovider", f"--basetemp={tree}.tmp"]
        + [f"tests/{test}" for test in tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode in (0, 1), f"they could not be run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return set(re.findall(r"^FAILED tests/(\S+?::\w+)", done.stdout, re.MULTILINE))
