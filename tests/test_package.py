"""What a hospital installs: the program, the pages beside it, and the texts that it needs."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from antrean_cli import __version__

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antrean_cli"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that was built from what stands here."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools import build_meta; build_meta.build_wheel('.')"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = source.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_a_wheel_has_every_module_every_page_and_every_catalogue(wheel: set[str]) -> None:
    kept = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.suffix in (".py", ".md", ".po", ".mo", ".txt")
    }
    assert len(kept) > 100
    assert kept - wheel == set()


def test_a_wheel_has_nothing_but_the_package(wheel: set[str]) -> None:
    about = f"antrean-{__version__}.dist-info"
    assert {name.split("/")[0] for name in wheel} == {"antrean_cli", about}


def test_the_version_is_the_newest_of_the_changelog() -> None:
    changelog = (PACKAGE / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert versions[0] == __version__
    assert versions == sorted(versions, key=lambda text: list(map(int, text.split("."))))[::-1]


def test_an_old_python_is_told_in_a_sentence_that_it_is_too_old() -> None:
    """It reads no more of the package than these two files, which the oldest can parse."""
    for name in ("__init__.py", "__main__.py"):
        ast.parse((PACKAGE / name).read_text(encoding="ascii"), feature_version=(3, 4))
    older = "sys.version_info, sys.version = (3, 9, 18, 'final', 0), '3.9.18 (main)'"
    start = f"import runpy, sys; {older}; runpy.run_module('antrean_cli', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = "antrean: perlu Python 3.10 atau lebih baru; ini Python 3.9.18\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_each_library_is_listed_with_its_licence() -> None:
    """All that an installation brings along, in SECURITY.md and with their hashes."""
    page = (PACKAGE / "SECURITY.md").read_text(encoding="utf-8")
    pinned = (PACKAGE / "constraints.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([\w-]+)==\S+ \\$", pinned, re.MULTILINE)
    assert {"click", "pymysql", "urllib3"} <= set(names)
    for name in names:
        assert name == "setuptools" or re.search(rf"^\|.*\b{name}\b", page, re.MULTILINE), name
    for needed in re.findall(r'^    "([\w-]+)>=', _dependencies(), re.MULTILINE):
        assert needed in names


def _dependencies() -> str:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text[text.index("\ndependencies") : text.index("[project.optional-dependencies]")]
