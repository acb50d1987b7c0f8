"""The shape of the program: rules are pure, and each name from outside has one place.

Which room may import which stands in pyproject.toml, and import-linter holds it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
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


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(name: str) -> ast.Module:
    """Return a module's syntax tree; whoever only collects these tests pays for none."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def room(name: str) -> str:
    """Return the folder or file at the top of the package that a module belongs to."""
    return name.split(".")[0]


RULES = [name for name in MODULES if room(name) == "rules"]


def imports(name: str) -> Iterator[tuple[str, str]]:
    """Yield every import of a module, wherever it stands, as (module, what); "" for a plain one."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package"
            yield from ((node.module or "", alias.name) for alias in node.names)


def calls(name: str) -> set[str]:
    """Return the names of what a module calls, without what stands before their dot."""
    functions = [node.func for node in ast.walk(tree(name)) if isinstance(node, ast.Call)]
    return {getattr(function, "attr", getattr(function, "id", "")) for function in functions}


def attributes(name: str) -> set[str]:
    """Return what a module takes of objects, called or not."""
    return {node.attr for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute)}


def texts(name: str) -> list[tuple[str, int]]:
    """Return the texts of a module with their lines: no docstring, of f-strings the fixed parts."""
    nodes = list(ast.walk(tree(name)))
    bare = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        (node.value, node.lineno)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


def outside(allowed: set[str]) -> list[str]:
    """Return the modules that belong to none of these rooms and files."""
    return [name for name in MODULES if name not in allowed and room(name) not in allowed]


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
    assert {"cli", "sync.run", "khanza.queries", "bpjs.client", "rules.visits"} <= set(MODULES)
    assert ("antrean_cli.rules.visits", "Visit") in imports("rules.add_body")
    assert len(RULES) > 10


def test_imports_keep_the_contracts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `lint-imports` says it, which can be run alone."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_rules_import_nothing_from_outside_but_pure_parts_of_the_standard_library() -> None:
    outer = {(name, room(module)) for name in RULES for module, _ in imports(name)}
    assert [
        (name, module)
        for name, module in sorted(outer)
        if module not in {*PURE_STANDARD_LIBRARY, "antrean_cli"}
    ] == []


def test_rules_read_no_clock_no_file_and_no_chance() -> None:
    """They are handed `now` and `jitter`."""
    assert [(name, found) for name in RULES if (found := IMPURE_CALLS & calls(name))] == []


def test_rules_keep_no_state() -> None:
    kept = [
        (name, node.lineno)
        for name in RULES
        for node in ast.walk(tree(name))
        if isinstance(node, (ast.Global, ast.Nonlocal))
    ]
    assert kept == []


def test_only_commands_print() -> None:
    """The pass and the client never do."""
    others = outside({"cli", "commands", "console"})
    assert [(name, found) for name in others if (found := {"print", "echo"} & calls(name))] == []


def test_requests_of_bpjs_are_named_where_bodies_are_made_only() -> None:
    """Khanza has columns of the same names; the simulator judges requests by itself."""
    bodies = {"rules.add_body", "rules.add_fields", "rules.add_lacks", "rules.payloads"}
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


def test_sql_stands_and_is_run_in_the_rooms_of_the_databases_only() -> None:
    others = outside(DATABASES)
    found = [(name, line) for name in others for text, line in texts(name) if SQL.match(text)]
    assert found == []
    run = {"execute", "executemany", "cursor"}
    assert [(name, used) for name in others if (used := run & attributes(name))] == []


def test_no_executescript() -> None:
    """It commits behind the back of whoever opened the transaction."""
    assert [name for name in MODULES if "executescript" in attributes(name)] == []


def test_khanza_is_only_read() -> None:
    writing = re.compile(rf"\s*({WRITING})(?!\S)", re.IGNORECASE)
    readers = [name for name in MODULES if room(name) == "khanza"]
    assert [text for name in readers for text, _ in texts(name) if writing.match(text)] == []
