"""The shape of the program: imports run one way, rules are pure, and each external name has one
place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "antrean_cli"
# Every import goes to a lower floor, or stays on its own; the edges do not know each other.
FLOORS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"commands"},
    {"console"},
    {"checkup", "monitoring", "render", "simulator"},
    {"operator"},
    {"sync"},
    {"khanza", "ledger", "bpjs"},
    {"config"},
    {"rules"},
    {"errors", ""},
]
EDGES = ("khanza", "ledger", "bpjs")
PURE_STANDARD_LIBRARY = {
    "enum",
    "re",
    "collections",
    "dataclasses",
    "datetime",
    "functools",
    "typing",
    "zlib",
}
CLOCKS_AND_IO = {
    "now",
    "utcnow",
    "today",
    "time",
    "time_ns",
    "monotonic",
    "perf_counter",
    "sleep",
} | {
    *(
        "open",
        "print",
        "input",
        "eval",
        "exec",
        "getenv",
        "urandom",
        "random",
        "uuid4",
        "token_hex",
        "read_text",
    )
}
HEADERS = {"x-cons-id", "x-timestamp", "x-signature", "user_key"}
# The seed's fields, and what the catalogue adds. `kodebooking`, `taskid` and `waktu` are our own
# words as well: they are columns of the ledger and keys of our JSON output.
REQUEST_KEYS = {
    *(
        "jenispasien",
        "nomorkartu",
        "nik",
        "nohp",
        "kodepoli",
        "namapoli",
        "pasienbaru",
        "norm",
        "tanggalperiksa",
    ),
    *(
        "kodedokter",
        "namadokter",
        "jampraktek",
        "jeniskunjungan",
        "nomorreferensi",
        "nomorantrean",
        "angkaantrean",
    ),
    *(
        "estimasidilayani",
        "sisakuotajkn",
        "kuotajkn",
        "sisakuotanonjkn",
        "kuotanonjkn",
        "keterangan",
        "jenisresep",
    ),
}
SQL = (
    *("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "REPLACE ", "WITH "),
    *(
        "CREATE ",
        "ALTER ",
        "DROP ",
        "TRUNCATE ",
        "PRAGMA ",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "VACUUM",
        "ATTACH ",
    ),
)


def module_name(path: Path) -> str:
    """Return a file's dotted name inside the package:

    "rules.chain", "cli", or "" for the package itself.
    """
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield every import of a module, wherever it stands, as (module, name); name is "" for a plain
    import.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package"
            yield from ((node.module or "", alias.name) for alias in node.names)


def inner(name: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    found = set()
    for module, what in imports(TREES[name]):
        if module == "antrean_cli" or module.startswith("antrean_cli."):
            base = module.removeprefix("antrean_cli").removeprefix(".")
            deeper = f"{base}.{what}" if base else what
            found.add(deeper if deeper in TREES else base)
    return found


def outer(name: str) -> set[str]:
    """Return the packages from outside that a module imports."""
    return {module.split(".")[0] for module, _ in imports(TREES[name])} - {"antrean_cli"}


def room(name: str) -> str:
    """Return the folder or file at the top of the package that a module belongs to."""
    return name.split(".")[0]


def floor(name: str) -> int:
    """Return on which floor a module is, counted from the top."""
    found = [number for number, rooms in enumerate(FLOORS) if room(name) in rooms]
    assert found, f"antrean_cli/{room(name)} is on no floor: give it one here"
    return found[0]


def texts(tree: ast.Module) -> list[tuple[str, int]]:
    """Return the texts of a module that are not docstrings, with their lines; of f-strings, the
    fixed parts.
    """
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.value, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]


def places(wanted: set[str], allowed: set[str]) -> list[str]:
    """Return where one of these texts stands outside the rooms and files where it may."""
    return [
        f"{name}:{line}: {text}"
        for name, tree in TREES.items()
        if name not in allowed and room(name) not in allowed
        for text, line in texts(tree)
        if text.lower() in wanted
    ]


def test_every_module_is_there() -> None:
    """A check of this file: an empty package would pass everything."""
    known = {"cli", "sync.run", "khanza.queries", "ledger.ledger", "bpjs.client", "rules.visits"}
    assert known <= set(TREES)
    assert "rules.answers" in inner("bpjs.client")
    assert "rules.outages" in inner("sync.run")


@pytest.mark.parametrize("name", TREES)
def test_imports_run_one_way(name: str) -> None:
    assert {other for other in inner(name) if floor(other) < floor(name)} == set()


@pytest.mark.parametrize("name", [name for name in TREES if room(name) in EDGES])
def test_edges_do_not_know_each_other(name: str) -> None:
    strangers = {edge for edge in EDGES if edge != room(name)}
    assert {room(other) for other in inner(name)} & strangers == set()


def test_there_is_no_import_circle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"a circle: {' → '.join((*path, name))}"
        if name not in done:
            for other in inner(name) - {name}:
                visit(other, (*path, name))
            done.add(name)

    for name in TREES:
        visit(name, ())


@pytest.mark.parametrize("name", [name for name in TREES if room(name) == "rules"])
def test_rules_import_nothing_but_rules_and_pure_parts_of_the_standard_library(name: str) -> None:
    assert outer(name) <= PURE_STANDARD_LIBRARY
    assert {room(other) for other in inner(name)} <= {"rules"}


@pytest.mark.parametrize("name", [name for name in TREES if room(name) == "rules"])
def test_rules_read_no_clock_no_file_and_no_chance(name: str) -> None:
    """They are handed `now` and `jitter`."""
    called = []
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call):
            function = node.func
            called.append(
                function.attr
                if isinstance(function, ast.Attribute)
                else getattr(function, "id", "")
            )
    assert CLOCKS_AND_IO.isdisjoint(called)


@pytest.mark.parametrize("name", [name for name in TREES if room(name) == "rules"])
def test_rules_keep_no_state(name: str) -> None:
    assert not [
        node for node in ast.walk(TREES[name]) if isinstance(node, (ast.Global, ast.Nonlocal))
    ]


@pytest.mark.parametrize("name", [name for name in TREES if room(name) == "simulator"])
def test_the_simulator_has_rules_of_its_own(name: str) -> None:
    """A stand-in that shared our code would share our mistakes."""
    strangers = [
        (module, what)
        for module, what in imports(TREES[name])
        if room(module) == "antrean_cli" and not module.startswith("antrean_cli.simulator")
    ]
    allowed = [("antrean_cli.khanza.tables", "TABLES")] if name == "simulator.hospital" else []
    assert [found for found in strangers if found not in allowed] == []


def test_only_commands_print() -> None:
    """The pass and the client never print."""
    printing = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("print", "echo")
    ]
    assert {room(name) for name in printing} <= {"cli", "commands", "console"}


def test_click_is_known_to_the_command_line_only() -> None:
    assert {room(name) for name in TREES if "click" in outer(name)} <= {
        "cli",
        "commands",
        "console",
    }


@pytest.mark.parametrize(
    ("package", "where"),
    [
        ("requests", {"bpjs.faults", "bpjs.transport"}),
        ("urllib3", {"bpjs.faults", "bpjs.transport"}),
        ("pymysql", {"khanza.connection"}),
        ("Crypto", {"bpjs.replies", "simulator.server"}),
        ("lzstring", {"simulator.server"}),
        ("dotenv", {"config.env_file"}),
        ("tabulate", {"render.tables"}),
    ],
)
def test_each_package_is_known_to_one_place(package: str, where: set[str]) -> None:
    assert {name for name in TREES if package in outer(name)} == where


def test_requests_of_bpjs_are_named_in_payloads_only() -> None:
    """Khanza's columns of the same names stand in khanza.py; the simulator judges requests by
    itself.
    """
    assert places(REQUEST_KEYS, {"rules.payloads", "bpjs.replies", "khanza", "simulator"}) == []


def test_headers_of_bpjs_are_named_in_the_client_only() -> None:
    """The simulator's command hands its keys over by the simulator's own names for them."""
    assert places(HEADERS, {"bpjs.client", "simulator", "commands.simulator"}) == []


def test_sql_stands_in_the_files_of_the_databases_only() -> None:
    allowed = {"khanza", "ledger", "simulator"}
    found = [
        f"{name}:{line}: {text.strip()[:40]}"
        for name, tree in TREES.items()
        if room(name) not in allowed
        for text, line in texts(tree)
        if text.lstrip().startswith(SQL)
    ]
    assert found == []


def test_statements_are_run_by_the_files_of_the_databases_only() -> None:
    found = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("execute", "executemany", "executescript", "cursor")
    }
    assert {room(name) for name in found} <= {"khanza", "ledger", "simulator"}


def test_no_executescript() -> None:
    """It commits behind the back of whoever opened the transaction."""
    for name, tree in TREES.items():
        assert not [
            n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "executescript"
        ], name


def test_khanza_is_only_read() -> None:
    writing = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "TRUNCATE")
    for name in (name for name in TREES if room(name) == "khanza"):
        said = [text.lstrip().upper() for text, _ in texts(TREES[name])]
        assert not [text for text in said if text.startswith(tuple(f"{word} " for word in writing))]
