"""What two files of a project would call the same, where neither name can give way."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from async_db.scaffold.naming import Names, filled_in, has_placeholder
from async_db.scaffold.options import OptionError

Nodes = Mapping[PurePosixPath, Sequence[ast.AST]]
Classes = Sequence[tuple[PurePosixPath, ast.ClassDef]]

# What SQLAlchemy itself sets on the classes made of this one, and reads from them.
INHERITED = {"DeclarativeBase": frozenset({"metadata", "registry"})}


def refusal(names: Names, path: PurePosixPath, why: str) -> OptionError:
    """Say that a project cannot have these names, and for which file that is so."""
    shown = filled_in(str(path), names)
    return OptionError(
        f"model = {names.model!r} does not go: in {shown}, {why}; choose another one"
    )


def check_namesakes(nodes: Nodes, names: Names) -> None:
    """See that each table has a name of its own, and that no column replaces an inherited one.

    Parameters:
        nodes: all that is in the Python files of a project, with placeholders for its names.
        names: the project's names.

    Raises:
        OptionError: naming the first that does not hold.
    """
    classes = [
        (path, node)
        for path, every in nodes.items()
        for node in every
        if isinstance(node, ast.ClassDef)
    ]
    _check_tables(classes, names)
    _check_inherited(classes, names)


def _check_tables(classes: Classes, names: Names) -> None:
    tables: dict[str, PurePosixPath] = {}
    for path, node in classes:
        for statement in node.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(written))
                ):
                    table = filled_in(written, names)
                    if table in tables:
                        other = filled_in(str(tables[table]), names)
                        raise refusal(names, path, f"a table {table!r} is there, as in {other}")
                    tables[table] = path


def _check_inherited(classes: Classes, names: Names) -> None:
    by_name = {node.name: node for _, node in classes}
    for path, node in classes:
        derived = {filled_in(field, names) for field in fields(node) if has_placeholder(field)}
        for field in sorted(derived & set(_inherited(node, by_name))):
            owner = filled_in(node.name, names)
            raise refusal(names, path, f"{field!r} is an attribute that {owner} inherits")


def _inherited(node: ast.ClassDef, by_name: Mapping[str, ast.ClassDef]) -> Iterator[str]:
    for base in node.bases:
        if isinstance(base, ast.Name):
            yield from INHERITED.get(base.id, ())
            if base.id in by_name:
                yield from fields(by_name[base.id])
                yield from _inherited(by_name[base.id], by_name)


def fields(node: ast.ClassDef) -> Iterator[str]:
    """Give the names of what a class defines by itself."""
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
