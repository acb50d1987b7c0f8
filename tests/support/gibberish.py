"""The program with every sentence of its own replaced by gibberish, on demand.

`python -m tests.support.gibberish` loads `antrean_cli` through a loader that changes each sentence
in the source as it is compiled. It then carries out orders, a line of JSON each: the arguments and
the environment of one command. The answer is the exit code, and how many lines were told.

What is no sentence of ours stays: BPJS's own words, Khanza's values and SQL, what goes to BPJS as
part of a body, and what older versions have written.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from zlib import crc32

PACKAGE = "antrean_cli"
# Texts that are compared with what others wrote, or stored: no sentence of ours stands there.
LEFT_ALONE = (
    "antrean_cli.simulator",  # BPJS and a hospital of their own
    "antrean_cli.rules.answers",  # BPJS's words
    "antrean_cli.ledger.old_sentences",
    "antrean_cli.khanza",  # SQL
    "antrean_cli.ledger.ledger",
    "antrean_cli.ledger.migrations",
    "antrean_cli.checkup.grants",  # the words of a server's GRANT
)
# Values of Khanza's, of BPJS's requests, and of ours that are stored.
VALUES = frozenset(
    {
        *("Berkas Diterima", "Pulang Paksa", "NON JKN", "Tidak ada", "Non racikan"),
        *("batal Mobile JKN", "stts Batal", "Dibatalkan pasien"),
        "Peserta harap 30 menit lebih awal guna pencatatan administrasi.",
        *("not a database", "unable to open", "disk i/o"),  # SQLite's, where Python tells no code
    }
)
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|BEGIN|SHOW)\b")
_TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,.:;]? +[(']?[A-Za-z]{2,}")


def gibberish(text: str) -> str:
    """Return what stands for a sentence: other words, and another one for each."""
    return f"qx{crc32(text.encode()):08x} zv"


def is_sentence(text: str) -> bool:
    """Return whether a text of the source is meant for people: two words, and not all capitals."""
    if text in VALUES or text.upper() == text or _SQL.match(text):
        return False
    return bool(_TWO_WORDS.search(text))


class Scrambler(ast.NodeTransformer):
    """Replaces sentences; patterns of regular expressions and formats of times are none."""

    replaced = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave a pattern of a regular expression as it is."""
        of_re = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re"
        first = node.args[0] if of_re and node.args else None
        self.generic_visit(node)
        if first is not None:
            node.args[0] = first
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """Leave the form of a value as it is."""
        node.value = self.visit(node.value)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Replace a sentence."""
        if isinstance(node.value, str) and is_sentence(node.value):
            type(self).replaced += 1
            return ast.copy_location(ast.Constant(gibberish(node.value)), node)
        return node


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compile the source anew: bytecode on the disk is that of the real sentences."""
        tree = Scrambler().visit(ast.parse(self.get_data(self.get_filename(fullname))))
        return compile(tree, self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds the program's modules, and lets the loader change them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of one of our modules, None for any other."""
        if not fullname.startswith(PACKAGE) or fullname.startswith(LEFT_ALONE):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class Program:
    """The process that runs commands of the program without sentences."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.gibberish"],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def run(self, args: Sequence[str], environ: Mapping[str, str]) -> tuple[int, int, int]:
        """Run a command; return its exit code, and the lines on its stdout and stderr."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"args": args, "environ": environ}) + "\n")
        code, out, err = json.loads(self._process.stdout.readline())
        return code, out, err

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _serve() -> None:
    from tests.support import command  # with it comes the program

    for line in sys.stdin:
        order = json.loads(line)
        done = command.run(*order["args"], environ=order["environ"])
        told = (done.stdout.count("\n"), done.stderr.count("\n"))
        print(json.dumps([done.returncode, *told]), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    sys.meta_path.insert(0, Finder())
    _serve()
