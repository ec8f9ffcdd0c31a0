"""What a module is made of: scopes, the names bound in them, functions, classes and calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
BindingKind = Literal[
    "import",  # of a module: `target` is what the name means, `name` all that is imported
    "from",  # of a name out of a module: `target` is the module's, `name` the name's
    "function",
    "class",
    "assign",  # `value` is what it is set to
    "annotated",  # `annotation`, and `value` if there is one
    "parameter",  # `annotation` and the default as `value`
    "with",  # `value` is the context manager
    "for",  # `value` is what is iterated over
    "unknown",
]


@dataclass(slots=True, eq=False)
class Binding:
    """One place where a name gets its value."""

    kind: BindingKind
    line: int
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    target: str = ""
    name: str = ""
    definition: Function | Class | None = None
    is_async: bool = False
    typing_only: bool = False
    index: int | None = None
    """Which part of `value`, where a tuple is unpacked."""


@dataclass(slots=True, eq=False)
class Call:
    """A call, and how its result is used."""

    node: ast.Call
    scope: Scope
    """The scope that it stands in: a function, a class body or the module."""
    use: Literal["", "awaited", "discarded", "entered", "iterated"] = ""
    """What is done with the result at once: `entered` is `with`, `iterated` is `for`."""
    inside: Literal["", "lambda", "comprehension"] = ""
    name: str = ""
    """The last part of what is called, such as `commit` in `self.session.commit()`."""


@dataclass(slots=True, eq=False)
class Read:
    """An attribute that is read, which runs a property."""

    node: ast.Attribute
    scope: Function
    use: Literal[""] = ""
    inside: Literal["", "lambda"] = ""

    @property
    def name(self) -> str:
        """The name of the attribute."""
        return self.node.attr


@dataclass(slots=True, eq=False)
class Scope:
    """Where names are bound: a module, a class or a function.

    Parameters:
        name: as it is written; a module's is its import name.
        module: that it stands in, itself if it is one.
        parent: around it; None of a module.
    """

    name: str
    line: int
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    module: Module = field(init=False)
    function: Function | None = field(init=False, default=None)
    """The nearest function around it, itself included."""

    def __post_init__(self) -> None:
        if self.parent is not None:
            self.module = self.parent.module
            self.function = self.parent.function

    @property
    def qualname(self) -> str:
        """The dotted name inside the module, empty for the module itself."""
        if self.parent is None:
            return ""
        outer = self.parent.qualname
        return f"{outer}.{self.name}" if outer else self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.module.name}:{self.qualname or '*'}>"


@dataclass(slots=True, eq=False, repr=False)
class Function(Scope):
    """A function or method, with what a look at its body tells."""

    node: ast.FunctionDef | ast.AsyncFunctionDef = field(kw_only=True)
    returns: list[ast.expr] = field(default_factory=list)
    yields: list[ast.Yield | ast.YieldFrom] = field(default_factory=list)
    awaits: bool = False
    loops: bool = False
    """Whether it has a `for` loop."""
    owner: Class | None = field(init=False)
    """The class that it is a method of."""

    def __post_init__(self) -> None:
        Scope.__post_init__(self)
        self.function = self
        self.owner = self.parent if isinstance(self.parent, Class) else None

    @property
    def is_async(self) -> bool:
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_generator(self) -> bool:
        return bool(self.yields)

    @property
    def parameters(self) -> list[ast.arg]:
        """Positional and keyword parameters, in order, without `*args` and `**kwargs`."""
        given = self.node.args
        return [*given.posonlyargs, *given.args, *given.kwonlyargs]


@dataclass(slots=True, eq=False, repr=False)
class Class(Scope):
    """A class; what its methods set on `self` is in `attributes`."""

    node: ast.ClassDef = field(kw_only=True)
    attributes: dict[str, list[tuple[Binding, Function]]] = field(default_factory=dict)


@dataclass(slots=True, eq=False, repr=False)
class Module(Scope):
    """A file of the target, read.

    Parameters:
        path: relative to the project, with slashes.
        names: all names under which it could be imported, the most likely one first.
        text: as Python reads it.
        stars: the modules of which all names are imported.
    """

    path: str = ""
    names: tuple[str, ...] = ()
    text: str = ""
    tree: ast.Module | None = None
    stars: list[str] = field(default_factory=list)
    imports: list[Binding] = field(default_factory=list)
    """What it and its functions import, by name."""
    all_functions: list[Function] = field(default_factory=list)
    all_classes: list[Class] = field(default_factory=list)
    all_calls: list[Call] = field(default_factory=list)
    states: dict[str, list[tuple[ast.expr, Scope]]] = field(default_factory=dict)
    """What is set on an attribute called `state`, as an application's is."""
    attributes_read: list[tuple[ast.Attribute, Function]] = field(default_factory=list)
    """What functions read of other objects, outside of lambdas: perhaps a property."""
    _lines: list[str] = field(default_factory=list)

    is_test: bool = field(init=False)
    """Whether it is there for the tests alone, by where it lies and how it is called."""

    def __post_init__(self) -> None:
        self.module = self
        *folders, name = self.path.split("/")
        self.is_test = (
            name == "conftest.py"
            or name.startswith("test_")
            or name.endswith("_test.py")
            or any(folder in ("test", "tests") for folder in folders)
        )

    @property
    def lines(self) -> list[str]:
        if not self._lines:
            self._lines = self.text.splitlines()
        return self._lines

    @property
    def is_package(self) -> bool:
        return self.path.rpartition("/")[2] == "__init__.py"

    def source(self, node: ast.AST) -> str:
        """Give the line that a node begins in, without its indentation."""
        return self.line_at(getattr(node, "lineno", 0))

    def line_at(self, number: int) -> str:
        """Give a line, counted from 1, without its indentation; empty where there is none."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def enclosing_function(scope: Scope | None) -> Function | None:
    """Give the nearest function around a scope, itself included."""
    return scope.function if scope is not None else None


def scopes_outwards(scope: Scope) -> Iterator[Scope]:
    """Give the scopes that a name used in `scope` is looked for in: class bodies only at first."""
    current: Scope | None = scope
    while current is not None:
        if current is scope or not isinstance(current, Class):
            yield current
        current = current.parent


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Give the line that a definition begins in, its decorators included."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])
