"""The program is broken in one place at a time, and some ordinary test must fail.

Which places, and how: mutants.py. By which tests: hunt.py. Who may survive: survivors.py.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.attacks.attack import Attack
from tests.attacks.hunt import BROKEN, CAUGHT, ROOT, every_mutant, hunt
from tests.attacks.mutants import mutants_of
from tests.attacks.reach import Imports
from tests.attacks.survivors import EXCUSED

WANTED = 95  # of 100 that make a difference


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("x = a < b", {"a < b → (a <= b)", "a < b → (a >= b)"}),
        ("x = a == b", {"a == b → (a != b)"}),
        ("x = a is not None", {"a is not None → (a is None)"}),
        ("x = a in b", {"a in b → (a not in b)"}),
        ("x = a if b else c", {"b → (True)", "b → (False)"}),
        ("x = [a for a in b if c]", {"[a for a in b if c] → ([a for a in b])"}),
        ("while a: b()", {"a → (False)", "b() → pass"}),
        ("if a: b.c = d", {"a → (True)", "a → (False)", "b.c = d → pass"}),
        ("x = a and b", {"a and b → (a or b)", "a and b → (a)", "a and b → (b)"}),
        ("x = not a", {"not a → (a)"}),
        ("for a in b: x = a", {"b → (())"}),
        ("def f(): return a", {"return a → return None"}),
        ("def f(a=1, *, b=True): x = a", {"1 → (2)", "True → (False)"}),
        ("x = a + b", {"a + b → (a - b)"}),
        ("x = max(a, b)", {"max(a, b) → (min(a, b))"}),
        ("x = f(a, b=c)", {"f(a, b=c) → (f(a))"}),
        ("x = a, b", {"a, b → ((a,))", "a, b → ((b,))"}),
        ("x = {a: b, c: d}", {"{a: b, c: d} → ({a: b})", "{a: b, c: d} → ({c: d})"}),
        ('x = "code"', {""""code" → ('xcode')"""}),
        ('x = "a sentence"', set()),
        ('"A docstring."', set()),
        ("x: int | None", set()),
        ("Numbers = Sequence[int, str]", set()),
        ("x = dict[int, str]()", set()),
        ("from a import b", set()),
        ("if TYPE_CHECKING: a = 1", set()),
        (
            "x = 'SELECT a WHERE b <= c'",
            {"'SELECT a WHERE b <= c' → ('SELECT a WHERE b < c')"},
        ),
    ],
)
def test_each_operator_breaks_what_it_should(source: str, mutants: set[str]) -> None:
    made = [f"{mutant.before} → {mutant.after}" for mutant in mutants_of("a.py", source.encode())]
    assert sorted(made) == sorted(mutants)


def test_a_mutant_is_the_file_with_one_place_changed(attack: Attack) -> None:
    for mutant in attack.random().sample(every_mutant(), 100):
        source = (ROOT / "antrean_cli" / mutant.file).read_bytes()
        compile(mutant.broken(source), str(mutant), "exec")


def test_what_an_import_makes_is_tried_with_all_that_is_made_of_it(tmp_path: Path) -> None:
    source = b"A = 1\nB = A + 1\nC = 2\n\ndef f(x=3):\n    return B + 4\n"
    (tmp_path / "a.py").write_bytes(source)
    imports = Imports.of(tmp_path)
    constants = [one for one in mutants_of("a.py", source) if one.operator == "constants"]
    made = {one.before: (imports.is_run_by_import(one), imports.made_of(one)) for one in constants}
    assert made == {
        "1": (True, frozenset({"B"})),  # the second of the two
        "2": (True, frozenset({"C"})),
        "3": (True, frozenset({"f"})),
        "4": (False, frozenset({"f"})),
    }
    assert imports.made_of(constants[0]) == {"A", "B"}


def test_almost_every_mutant_is_caught(attack: Attack) -> None:
    """Without `--all` none is hunted: that takes tens of minutes."""
    if not attack.all:
        return
    mutants = attack.random().sample(every_mutant(), 400)
    fates = [(mutant, fate) for mutant, fate in hunt(mutants, side_by_side=2) if fate != BROKEN]
    survivors = [mutant for mutant, fate in fates if fate != CAUGHT]
    alike = Counter((mutant.file, mutant.function, mutant.operator) for mutant in survivors)
    excused = sum(min(number, len(EXCUSED.get(place, ()))) for place, number in alike.items())
    caught, count = len(fates) - len(survivors), len(fates) - excused
    attack.measured(
        "mutants: a comparison, condition, statement, constant or row of a table changed",
        f"{len(fates)} made, {excused} make no difference, {caught} of {count} caught",
    )
    assert 100 * caught >= WANTED * count, "\n".join(map(str, survivors))
