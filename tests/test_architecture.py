"""The shape of the program: rules are pure, and each name from outside has one place.

Which room may import which stands in pyproject.toml, and import-linter holds it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from antrean_cli.rules.add_fields import FIELDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antrean_cli"
PURE_STANDARD_LIBRARY = {
    "calendar", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib", "hmac",
    "itertools", "marshal", "operator", "re", "typing", "zlib",
}  # fmt: skip
IMPURE_CALLS = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "sleep",
    "random", "urandom", "uuid4", "token_hex", "getenv",
    "open", "read_text", "print", "input", "eval", "exec",
}  # fmt: skip
HEADERS = {"x-cons-id", "x-timestamp", "x-signature", "user_key"}
# `kodebooking`, `taskid` and `waktu` are our own words too: columns of the ledger, keys of JSON.
REQUEST_KEYS = {*FIELDS, "jenisresep"} - {"kodebooking"}
WRITING = "INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE"
SQL = re.compile(
    rf"\s*(?:(?:{WRITING}|SELECT|WITH|PRAGMA|ATTACH)\s|(?:BEGIN|COMMIT|ROLLBACK|VACUUM)\b)"
)
DATABASES = {"khanza", "ledger", "simulator"}


def module_name(path: Path) -> str:
    """Return a file's dotted name in the package: "rules.answers", "cli", "" for the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}


def room(name: str) -> str:
    """Return the folder or file at the top of the package that a module belongs to."""
    return name.split(".")[0]


RULES = [name for name in TREES if room(name) == "rules"]


def imports(name: str) -> Iterator[tuple[str, str]]:
    """Yield every import of a module, wherever it stands, as (module, what); "" for a plain one."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package"
            yield from ((node.module or "", alias.name) for alias in node.names)


def calls(name: str) -> set[str]:
    """Return the names of what a module calls, without what stands before their dot."""
    functions = [node.func for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    return {getattr(function, "attr", getattr(function, "id", "")) for function in functions}


def attributes(name: str) -> set[str]:
    """Return what a module takes of objects, called or not."""
    return {node.attr for node in ast.walk(TREES[name]) if isinstance(node, ast.Attribute)}


def texts(name: str) -> list[tuple[str, int]]:
    """Return the texts of a module with their lines: no docstring, of f-strings the fixed parts."""
    tree = TREES[name]
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.value, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


def outside(allowed: set[str]) -> list[str]:
    """Return the modules that belong to none of these rooms and files."""
    return [name for name in TREES if name not in allowed and room(name) not in allowed]


def places(wanted: set[str], allowed: set[str]) -> list[str]:
    """Return where one of these texts stands outside the rooms and files where it may."""
    return [
        f"{name}:{line}: {text}"
        for name in outside(allowed)
        for text, line in texts(name)
        if text.lower() in wanted
    ]


def test_every_module_is_there() -> None:
    """A check of this file: an empty package would pass everything."""
    assert {"cli", "sync.run", "khanza.queries", "bpjs.client", "rules.visits"} <= set(TREES)
    assert ("antrean_cli.rules.visits", "Visit") in imports("rules.payloads")
    assert len(RULES) > 10


def test_imports_keep_the_contracts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `lint-imports` says it, which can be run alone."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("name", RULES)
def test_rules_import_nothing_from_outside_but_pure_parts_of_the_standard_library(
    name: str,
) -> None:
    outer = {room(module) for module, _ in imports(name)} - {"antrean_cli"}
    assert outer <= PURE_STANDARD_LIBRARY


@pytest.mark.parametrize("name", RULES)
def test_rules_read_no_clock_no_file_and_no_chance(name: str) -> None:
    """They are handed `now` and `jitter`."""
    assert IMPURE_CALLS.isdisjoint(calls(name))


@pytest.mark.parametrize("name", RULES)
def test_rules_keep_no_state(name: str) -> None:
    kept = [node for node in ast.walk(TREES[name]) if isinstance(node, (ast.Global, ast.Nonlocal))]
    assert kept == []


@pytest.mark.parametrize("name", outside({"cli", "commands", "console"}))
def test_only_commands_print(name: str) -> None:
    """The pass and the client never do."""
    assert {"print", "echo"}.isdisjoint(calls(name))


def test_requests_of_bpjs_are_named_where_bodies_are_made_only() -> None:
    """Khanza has columns of the same names; the simulator judges requests by itself."""
    bodies = {"rules.add_fields", "rules.payloads"}
    others = {
        *(
            "bpjs.replies",
            "khanza",
            "rules.fingerprints",
            "rules.origins",
            "rules.service_days",
            "simulator",
        ),
    }
    assert places(REQUEST_KEYS, bodies | others) == []


def test_headers_of_bpjs_are_named_where_requests_are_signed_only() -> None:
    """The simulator's command hands its keys over by the simulator's own names for them."""
    assert places(HEADERS, {"bpjs.signature", "simulator", "commands.simulator"}) == []


@pytest.mark.parametrize("name", outside(DATABASES))
def test_sql_stands_and_is_run_in_the_rooms_of_the_databases_only(name: str) -> None:
    assert [(text, line) for text, line in texts(name) if SQL.match(text)] == []
    assert {"execute", "executemany", "cursor"}.isdisjoint(attributes(name))


@pytest.mark.parametrize("name", TREES)
def test_no_executescript(name: str) -> None:
    """It commits behind the back of whoever opened the transaction."""
    assert "executescript" not in attributes(name)


@pytest.mark.parametrize("name", [name for name in TREES if room(name) == "khanza"])
def test_khanza_is_only_read(name: str) -> None:
    writing = re.compile(rf"\s*({WRITING})(?!\S)", re.IGNORECASE)
    assert [text for text, _ in texts(name) if writing.match(text)] == []
