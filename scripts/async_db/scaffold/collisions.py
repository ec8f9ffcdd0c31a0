"""Where a name of the project meets one of the scaffold's own, the scaffold's gives way.

A model may be called `Status`: then a variable `status` stands where the scaffold imports `status`
of FastAPI. What is rendered is looked at while the project's names are still placeholders, so that
whatever else is there is the scaffold's own; nothing is listed by hand.
"""

import ast
import builtins
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from async_db.scaffold.namesakes import Nodes, check_namesakes, fields, refusal
from async_db.scaffold.naming import PLACEHOLDERS, Names, filled_in, has_placeholder
from async_db.scaffold.options import OptionError

Files = Mapping[PurePosixPath, str]


def without_collisions(tree: Files, names: Names) -> dict[PurePosixPath, str]:
    """Rename what a project's names would collide with, and fill the names in.

    Parameters:
        tree: what is rendered, with placeholders for the names.
        names: the project's names.

    Raises:
        OptionError: something that cannot be called otherwise has one of the names.
    """
    python = {path: text for path, text in tree.items() if path.suffix == ".py"}
    nodes = {path: _nodes(text) for path, text in python.items()}
    check_namesakes(nodes, names)
    keywords = frozenset(
        node.arg
        for every in nodes.values()
        for node in every
        if isinstance(node, ast.keyword) and node.arg
    )
    project = _Project(names, nodes, keywords)
    filled: dict[PurePosixPath, str] = {}
    for path, text in tree.items():
        if path in python:
            text = _Module(path, text, project).resolved()
        target = PurePosixPath(filled_in(str(path), names))
        if target in filled:
            raise OptionError(f"two files would be {target}: choose another model or package")
        filled[target] = filled_in(text, names)
    return filled


@dataclass(frozen=True)
class _Project:
    """What a module has to be seen with."""

    names: Names
    nodes: Nodes
    keywords: frozenset[str]
    """The names by which anything is passed anywhere: no parameter of these can be renamed."""


@dataclass(frozen=True)
class _Edit:
    """A replacement on one line, at offsets of its UTF-8 form."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Scopes:
    """The names of a module."""

    units: tuple[frozenset[str], ...]
    bound: frozenset[str]
    imported: frozenset[str]


class _Module:
    """One rendered module, with placeholders."""

    def __init__(self, path: PurePosixPath, text: str, project: _Project) -> None:
        self._path, self._text, self._project = path, text, project
        self._names = project.names
        self._nodes = project.nodes[path]
        scopes = _scopes(text)
        self._units, self._bound, self._imported = scopes.units, scopes.bound, scopes.imported

    def resolved(self) -> str:
        """Give the text with every own name that a derived one would hide called otherwise."""
        edits = list(self._one_and_several())
        for name in sorted({name for unit in self._units for name in self._hidden_in(unit)}):
            edits += self._renamed(name)
        return _edited(self._text, edits)

    def _one_and_several(self) -> Iterator[_Edit]:
        """Call several of what has no plural of its own, as `series`, `all_series`."""
        several = PLACEHOLDERS.entities
        if self._names.entity != self._names.entities or several in self._bound:
            return
        classes = [node for node in self._nodes if isinstance(node, ast.ClassDef)]
        in_classes = {
            id(part)
            for node in classes
            for statement in node.body
            for part in ast.iter_child_nodes(statement)
        }
        for node in self._nodes:
            name = node.id if isinstance(node, ast.Name) else getattr(node, "arg", None)
            if (
                isinstance(node, ast.Name | ast.arg)
                and name == several
                and id(node) not in in_classes
            ):
                end = node.col_offset + len(several)
                yield _Edit(node.lineno, node.col_offset, end, f"all_{PLACEHOLDERS.entity}")

    def _hidden_in(self, unit: frozenset[str]) -> Iterator[str]:
        derived = {self._real(name) for name in unit if has_placeholder(name)}
        own = {name for name in unit if not has_placeholder(name)}
        yield from own & derived
        # A builtin is hidden by whatever the module binds.
        module = {self._real(name) for name in self._bound if has_placeholder(name)}
        yield from own & module & set(dir(builtins)) - self._bound

    def _real(self, name: str) -> str:
        return filled_in(name, self._names)

    def _refused(self, why: str) -> OptionError:
        return refusal(self._names, self._path, why)

    def _renamed(self, name: str) -> Iterator[_Edit]:
        other = self._free_name(name)
        if name not in self._bound and hasattr(builtins, name):
            raise self._refused(f"{name!r} is needed as Python's own")
        if name in self._bound - self._imported and self._is_named_elsewhere(name):
            raise self._refused(f"{name!r} is what other files use of it")
        for node in self._nodes:
            match node:
                case ast.Name(id=found) if found == name:
                    yield _Edit(node.lineno, node.col_offset, node.col_offset + len(name), other)
                case ast.alias(asname=None) if node.name == name:
                    end = node.end_col_offset or node.col_offset
                    yield _Edit(node.lineno, end, end, f" as {other}")
                case ast.arg(arg=found) if found == name:
                    if name in self._project.keywords or self._is_interface(node):
                        raise self._refused(f"{name!r} is a parameter that others know")
                    yield _Edit(node.lineno, node.col_offset, node.col_offset + len(name), other)
                case _ if why := self._why_fixed(node, name):
                    raise self._refused(f"{name!r} is {why}")

    def _is_named_elsewhere(self, name: str) -> bool:
        others = (nodes for path, nodes in self._project.nodes.items() if path != self._path)
        return any(_names(other, self._path.stem, name) for other in others)

    def _free_name(self, name: str) -> str:
        taken = {self._real(other) for unit in self._units for other in unit}
        other = f"{name}_"
        while other in taken:
            other += "_"
        return other

    def _why_fixed(self, node: ast.AST, name: str) -> str | None:
        """Say as what a name is bound where it cannot be called otherwise, if it is there."""
        match node:
            case (
                ast.FunctionDef(name=found)
                | ast.AsyncFunctionDef(name=found)
                | ast.ClassDef(name=found)
            ) if found == name:
                return "a function or class of its own"
            case ast.ClassDef() if name in set(fields(node)):
                return f"an attribute of {self._real(node.name)}"
            case ast.ExceptHandler(name=found) if found == name:
                return "a caught error"
            case ast.alias(asname=found) if found == name:
                return "what an import is called"
            case ast.alias(name=module, asname=None) if module.startswith(f"{name}."):
                return "a part of what is imported"
            case ast.Global(names=found_names) | ast.Nonlocal(names=found_names) if (
                name in found_names
            ):
                return "a variable of code around it"
            case ast.MatchAs(name=found) | ast.MatchStar(name=found) if found == name:
                return "what a pattern catches"
            case ast.MatchMapping(rest=found) if found == name:
                return "what a pattern catches"
        return None

    def _is_interface(self, argument: ast.arg) -> bool:
        """Say whether a parameter's name is looked at: by FastAPI, by pytest, by a library's call."""
        functions = (
            node
            for node in self._nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.decorator_list or node.name.startswith("test"))
        )
        return any(argument in ast.walk(function.args) for function in functions)


# Most files are the same in all services that are rendered one after the other.
@lru_cache(maxsize=1024)
def _nodes(text: str) -> Sequence[ast.AST]:
    return tuple(ast.walk(ast.parse(text)))


@lru_cache(maxsize=1024)
def _scopes(text: str) -> _Scopes:
    table = symtable.symtable(text, "<module>", "exec")
    symbols = table.get_symbols()
    bound = (s for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace())
    return _Scopes(
        tuple(_units(table)),
        frozenset(symbol.get_name() for symbol in bound),
        frozenset(symbol.get_name() for symbol in symbols if symbol.is_imported()),
    )


def _names(nodes: Sequence[ast.AST], other: str, name: str) -> bool:
    """Say whether code means a name of another module: by import, as an attribute, as a text."""
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    called = {a.asname or a.name for node in imports for a in node.names if a.name == other}
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(path)) if path.split(".")[-1] == other:
                if any(alias.name == name for alias in node.names):
                    return True
            case ast.Attribute(value=ast.Name(id=owner), attr=found):
                if owner in called and found == name:
                    return True
            case ast.Call(args=[ast.Name(id=owner), ast.Constant(value=found), *_]):  # setattr
                if owner in called and found == name:
                    return True
    return False


def _units(table: symtable.SymbolTable) -> Iterator[frozenset[str]]:
    """Split a module into code in which a name means one thing, and give the names in each.

    Functions in a function belong to it, and those in a class are alone.
    """
    yield frozenset(table.get_identifiers())
    for child in table.get_children():
        if child.get_type() == "class":
            yield from _units(child)
        else:
            yield frozenset(_all_names(child))


def _all_names(table: symtable.SymbolTable) -> Iterator[str]:
    yield from table.get_identifiers()
    for child in table.get_children():
        yield from _all_names(child)


def _edited(text: str, edits: Collection[_Edit]) -> str:
    lines = text.encode().splitlines(keepends=True)
    for edit in sorted(set(edits), key=lambda edit: (edit.line, edit.start), reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text.encode() + line[edit.end :]
    return b"".join(lines).decode()
