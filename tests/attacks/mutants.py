"""Mutants: the program broken in one place, found by its syntax tree.

- `mutants_of` returns every way in which the operators below break one file. Names and formatting
  may change as they like: nothing of a mutant is written down anywhere but what `survivors.py`
  excuses, by function and operator.
- An operator is a function: it is handed a node and yields what is replaced, and by what. What is
  no behaviour is left alone: docstrings, types, imports, sentences (a text with a blank in it), and
  what stands inside an f-string (its place in the file is not known before Python 3.12).
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

Located = ast.stmt | ast.expr
Swaps = Iterator[tuple[Located, ast.AST]]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One way to break one file."""

    file: str  # below antrean_cli
    function: str  # its qualified name; "" outside of any
    operator: str
    start: int  # what is replaced, in bytes of the file
    end: int
    before: str
    after: str
    lines: range  # the lines of what is replaced
    names: frozenset[str]  # what is defined there: a function, a class, or values

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.file}:{self.lines.start} {self.function} {self.operator}: {before} → {after}"

    def broken(self, source: bytes) -> bytes:
        """Return the text of the file with the mutant in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


# -- operators


def comparisons(node: Located) -> Swaps:
    """A border moved by one, and the opposite."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield node, _with(node, "ops", index, other())


def conditions(node: Located) -> Swaps:
    """A condition that always or never holds, and one that is dropped."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        for value in (True, False):
            if not (isinstance(node, ast.While) and value):  # it would only hang
                yield node.test, ast.Constant(value)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        for index, generator in enumerate(node.generators):
            for condition in range(len(generator.ifs)):
                yield node, _with(node, "generators", index, _without(generator, "ifs", condition))


def connectives(node: Located) -> Swaps:
    """`and` for `or`, one operand dropped, `not` dropped."""
    if isinstance(node, ast.BoolOp):
        yield node, _with(node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            yield node, (rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand


def statements(node: Located) -> Swaps:
    """A statement dropped; but for the binding of a name, without which nothing would run."""
    dropped = ast.Expr | ast.AugAssign | ast.Raise | ast.Delete
    if isinstance(node, dropped | ast.Break | ast.Continue):
        yield node, ast.Pass()
    if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield node, ast.Pass()
    if isinstance(node, ast.For):
        yield node.iter, ast.Tuple(elts=[], ctx=ast.Load())


def returns(node: Located) -> Swaps:
    """Nothing is returned."""
    if isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield node, ast.Return(value=ast.Constant(None))


def constants(node: Located) -> Swaps:
    """Another number, truth, or code."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield node, ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield node, ast.Constant(node.value + 1)
        elif isinstance(node.value, str) and " " not in node.value:
            yield node, ast.Constant(f"x{node.value}")


def arithmetic(node: Located) -> Swaps:
    """The opposite operation, the other end."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield node, _with(node, "op", None, _ARITHMETIC[type(node.op)]())
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ENDS:
        yield node, _with(node, "func", None, ast.Name(_ENDS[node.func.id]))


def arguments(node: Located) -> Swaps:
    """An argument by name that is not handed over: a default takes its place."""
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg:
                yield node, _without(node, "keywords", index)


def tables(node: Located) -> Swaps:
    """One row or element less."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and _is_read(node) and len(node.elts) > 1:
        for index in range(len(node.elts)):
            yield node, _without(node, "elts", index)
    if isinstance(node, ast.Dict) and len(node.keys) > 1:
        for index in range(len(node.keys)):
            yield node, _without(_without(node, "keys", index), "values", index)


def sql(node: Located) -> Swaps:
    """Another filter or order in a statement of SQL."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
        for found in _FILTERS.finditer(node.value):
            other = _OTHER_FILTER[found[0]]
            text = f"{node.value[: found.start()]}{other}{node.value[found.end() :]}"
            yield node, ast.Constant(text)


OPERATORS: tuple[Callable[[Located], Swaps], ...] = (
    comparisons,
    conditions,
    connectives,
    statements,
    returns,
    constants,
    arithmetic,
    arguments,
    tables,
    sql,
)
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
_ENDS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT)\b")
_OTHER_FILTER = {
    "AND": "OR",
    "OR": "AND",
    "MIN": "MAX",
    "MAX": "MIN",
    "DESC": "ASC",
    "NOT IN": "IN",
    "IS NOT NULL": "IS NULL",
    "IS NULL": "IS NOT NULL",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "!=": "=",
}
_FILTERS = re.compile(r"\b(AND|OR|MIN|MAX|DESC|NOT IN|IS NOT NULL|IS NULL)\b|[<>]=?|!=")


_TYPES = ("annotation", "returns", "decorator_list", "type_params", "bases")


def _with(node: ast.AST, name: str, index: int | None, value: object) -> ast.AST:
    """Return a copy of a node with another value in a field, or at a place of a field."""
    changed = copy.copy(node)
    if index is not None:
        values = list(getattr(node, name))
        values[index] = value
        value = values
    setattr(changed, name, value)
    return changed


def _is_read(node: ast.AST) -> bool:
    """Return whether a tuple or list is a value, not a place to unpack to."""
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _without(node: ast.AST, name: str, index: int) -> ast.AST:
    """Return a copy of a node without one value of a field."""
    values = list(getattr(node, name))
    return _with(node, name, None, values[:index] + values[index + 1 :])


# -- where they are applied


def mutants_of(file: str, source: bytes) -> list[Mutant]:
    """Return every mutant of a file."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return [
        _mutant(place, file, source, starts, operator.__name__, old, new)
        for place in _places(ast.parse(source))
        for operator in OPERATORS
        for old, new in operator(place.node)
    ]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """One node, and where it stands."""

    node: Located
    function: str = ""
    names: frozenset[str] = frozenset()


def _places(tree: ast.Module) -> Iterator[_Place]:
    for statement in tree.body:
        names = (
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        yield from _below(_Place(node=statement, names=frozenset(names)))


def _below(place: _Place) -> Iterator[_Place]:
    """Yield a place and all places in it that are behaviour."""
    node = place.node
    if not _is_behaviour(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = replace(
            place,
            function=f"{place.function}.{node.name}".lstrip("."),
            names=frozenset({node.name}),
        )
    yield place
    for child in _children(node):
        yield from _below(replace(place, node=child))


def _children(node: ast.AST) -> Iterator[Located]:
    """Yield the nodes right below one, through what has no place of its own in the file."""
    typed = isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript)  # list[int]()
    for field, value in ast.iter_fields(node):
        if field in _TYPES or (typed and field == "func"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.stmt | ast.expr):
                yield child
            elif isinstance(child, ast.AST):
                yield from _children(child)


def _is_behaviour(node: Located) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False  # a docstring
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        # `Clinic = tuple[str, date]` is another name of a type
        return not re.fullmatch("_?[A-Z][a-z]+([A-Z][a-z]+)*", node.targets[0].id)
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return False
    return not isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert)


def _mutant(
    place: _Place,
    file: str,
    source: bytes,
    starts: list[int],
    operator: str,
    old: Located,
    new: ast.AST,
) -> Mutant:
    start = starts[old.lineno - 1] + old.col_offset
    end = starts[_end(old) - 1] + (old.end_col_offset or 0)
    text = ast.unparse(ast.fix_missing_locations(new))
    return Mutant(
        file=file,
        function=place.function,
        operator=operator,
        start=start,
        end=end,
        before=source[start:end].decode(),
        after=f"({text})" if isinstance(new, ast.expr) else text,
        lines=range(old.lineno, _end(old) + 1),
        names=place.names,
    )


def _end(node: Located) -> int:
    return node.end_lineno or node.lineno
