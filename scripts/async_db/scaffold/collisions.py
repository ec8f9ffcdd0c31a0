"""Where a name of the project meets one of the scaffold's own, the scaffold's gives way.

A model may be called `Status`: then a variable `status` stands where the scaffold imports `status`
of FastAPI. What is rendered is looked at while the project's names are still placeholders, so that
whatever else is there is the scaffold's own; nothing is listed by hand.
"""

import ast
import builtins
import symtable
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

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
    keywords = _keywords(tree)
    filled: dict[PurePosixPath, str] = {}
    for path, text in tree.items():
        if path.suffix == ".py":
            text = _Module(path, text, names, keywords).resolved()
        target = PurePosixPath(filled_in(str(path), names))
        if target in filled:
            raise OptionError(f"two files would be {target}: choose another model or package")
        filled[target] = filled_in(text, names)
    return filled


def _keywords(tree: Files) -> frozenset[str]:
    """Give the names by which anything is passed anywhere: no parameter of these can be renamed."""
    return frozenset(
        node.arg
        for path, text in tree.items()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg
    )


@dataclass(frozen=True)
class _Unit:
    """Code in which a name means one thing: a module's own lines, a class's, or a function's."""

    names: frozenset[str]
    is_class: bool = False


@dataclass(frozen=True)
class _Edit:
    """A replacement on one line, at offsets of its UTF-8 form."""

    line: int
    start: int
    end: int
    text: str


class _Module:
    """One rendered module, with placeholders."""

    def __init__(
        self, path: PurePosixPath, text: str, names: Names, keywords: Collection[str]
    ) -> None:
        self._path, self._text, self._names, self._keywords = path, text, names, keywords
        self._tree = ast.parse(text)
        table = symtable.symtable(text, str(path), "exec")
        self._units = list(_units(table))
        self._bound = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
        }

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
        classes = [node for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef)]
        fields = {
            id(part)
            for node in classes
            for line in node.body
            for part in ast.iter_child_nodes(line)
        }
        for node in ast.walk(self._tree):
            name = node.id if isinstance(node, ast.Name) else getattr(node, "arg", None)
            if isinstance(node, ast.Name | ast.arg) and name == several and id(node) not in fields:
                end = node.col_offset + len(several)
                yield _Edit(node.lineno, node.col_offset, end, f"all_{PLACEHOLDERS.entity}")

    def _hidden_in(self, unit: _Unit) -> Iterator[str]:
        derived = {self._real(name) for name in unit.names if has_placeholder(name)}
        own = {name for name in unit.names if not has_placeholder(name)}
        yield from own & derived
        # A builtin is hidden by whatever the module binds.
        module = {self._real(name) for name in self._bound if has_placeholder(name)}
        yield from own & module & set(dir(builtins)) - self._bound

    def _real(self, name: str) -> str:
        return filled_in(name, self._names)

    def _refused(self, why: str) -> OptionError:
        path = filled_in(str(self._path), self._names)
        return OptionError(
            f"model = {self._names.model!r} does not go: in {path}, {why}; choose another one"
        )

    def _renamed(self, name: str) -> Iterator[_Edit]:
        other = f"{name}_"
        if name not in self._bound and hasattr(builtins, name):
            raise self._refused(f"{name!r} is needed as Python's own")
        for node in ast.walk(self._tree):
            match node:
                case ast.Name(id=found) if found == name:
                    yield _Edit(node.lineno, node.col_offset, node.col_offset + len(name), other)
                case ast.alias(asname=None) if node.name == name:
                    end = node.end_col_offset or node.col_offset
                    yield _Edit(node.lineno, end, end, f" as {other}")
                case ast.arg(arg=found) if found == name:
                    if name in self._keywords or self._is_interface(node):
                        raise self._refused(f"{name!r} is a parameter that others know")
                    yield _Edit(node.lineno, node.col_offset, node.col_offset + len(name), other)
                case (
                    ast.FunctionDef(name=found)
                    | ast.AsyncFunctionDef(name=found)
                    | ast.ClassDef(name=found)
                ) if found == name:
                    raise self._refused(f"{name!r} is defined")
                case ast.ExceptHandler(name=found) | ast.alias(asname=found) if found == name:
                    raise self._refused(f"{name!r} is used otherwise")
                case ast.ClassDef() if name in set(_fields(node)):
                    raise self._refused(f"{name!r} is an attribute of {self._real(node.name)}")
                case ast.Global(names=found_names) | ast.Nonlocal(names=found_names) if (
                    name in found_names
                ):
                    raise self._refused(f"{name!r} is used otherwise")

    def _is_interface(self, argument: ast.arg) -> bool:
        """Say whether a parameter's name is looked at: by FastAPI, by pytest, by a library's call."""
        functions = (
            node
            for node in ast.walk(self._tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list
        )
        return any(argument in ast.walk(function.args) for function in functions)


def _units(table: symtable.SymbolTable) -> Iterator[_Unit]:
    """Split a module: functions in a function belong to it, and those in a class are alone."""
    yield _Unit(frozenset(table.get_identifiers()), table.get_type() == "class")
    for child in table.get_children():
        if child.get_type() == "class":
            yield from _units(child)
        else:
            yield _Unit(frozenset(_all_names(child)))


def _all_names(table: symtable.SymbolTable) -> Iterator[str]:
    yield from table.get_identifiers()
    for child in table.get_children():
        yield from _all_names(child)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name


def _edited(text: str, edits: Collection[_Edit]) -> str:
    lines = text.encode().splitlines(keepends=True)
    for edit in sorted(set(edits), key=lambda edit: (edit.line, edit.start), reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text.encode() + line[edit.end :]
    return b"".join(lines).decode()
