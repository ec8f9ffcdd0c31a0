"""Rendered Python in SQLModel's words.

The templates are written once, as for SQLAlchemy's own session. SQLModel's is that session with
`exec` in place of `scalars` and `execute`, of which it warns, and a factory has to be told of it;
`exec` takes what SQLModel's `select` makes; and to a type checker a column of its classes is the value of a row, unless it is inside
`col`. What differs otherwise, as the models do, has templates of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from async_db.scaffold.houses import Symbol
from async_db.scaffold.relocating import Edit, Moves, edited, relocated

_SESSION = Symbol("sqlmodel.ext.asyncio.session", "AsyncSession")
_NAMED_ALIKE = {
    ("sqlalchemy.ext.asyncio", "AsyncSession"): _SESSION,
    ("sqlalchemy", "select"): Symbol("sqlmodel", "select"),
}
_SYNC_SESSION = {("sqlalchemy.orm", "Session"): Symbol("sqlmodel", "Session")}
"""What SQLModel's async session works with, and so what classes of sessions are made of."""
Columns = tuple[tuple[str, frozenset[str]], ...]
"""Of each table, by the name of its class."""

_EXECUTING = frozenset({"scalars", "execute"})


@dataclass(frozen=True)
class _Class:
    name: str
    bases: tuple[str, ...]
    fields: frozenset[str]
    is_table: bool


def in_sqlmodels_words(tree: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, str]:
    """Give a tree with its Python in SQLModel's words, unsorted imports and long lines included.

    Parameters:
        tree: the texts of a project by path, whose models are SQLModel's already.
    """
    columns = _columns(text for path, text in tree.items() if path.suffix == ".py")
    return {
        path: _translated(text, columns) if path.suffix == ".py" else text
        for path, text in tree.items()
    }


@lru_cache(maxsize=4096)  # most files are the same in all services that one process renders
def _translated(text: str, columns: Columns) -> str:
    module = ast.parse(text)
    in_columns = [_around(node, "col(", ")") for node in _columns_in_queries(module, dict(columns))]
    edits = [edit for pair in in_columns for edit in pair] + list(_executions(module))
    if in_columns:
        edits.append(_import(module, Symbol("sqlmodel", "col")))
    if told := list(_factories(module)):
        edits += [*told, _import(module, _SESSION)]
    symbols = _NAMED_ALIKE | (_SYNC_SESSION if _makes_a_session(module) else {})
    return relocated(edited(text, edits), "", (), Moves({}, symbols))


def _columns(texts: Iterable[str]) -> Columns:
    """Give the columns of each table, with those of the classes that it inherits from."""
    classes = {each.name: each for text in texts for each in _classes(text)}

    def fields(name: str) -> frozenset[str]:
        if (each := classes.get(name)) is None:
            return frozenset()
        return each.fields.union(*map(fields, each.bases))

    return tuple((name, fields(name)) for name, each in classes.items() if each.is_table)


@lru_cache(maxsize=4096)
def _classes(text: str) -> tuple[_Class, ...]:
    return tuple(
        _Class(
            node.name,
            tuple(base.id for base in node.bases if isinstance(base, ast.Name)),
            frozenset(_own_fields(node)),
            _is_table(node),
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    )


def _is_table(node: ast.ClassDef) -> bool:
    return any(keyword.arg == "table" for keyword in node.keywords)


def _own_fields(node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        match each:
            case ast.AnnAssign(value=ast.Call(func=ast.Name(id="Relationship"))):
                continue
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield name


def _columns_in_queries(
    module: ast.Module, columns: Mapping[str, frozenset[str]]
) -> Iterator[ast.Attribute]:
    """Give what names a column by its class; the only thing selected is left as it is."""
    alone = {
        id(node.args[0])
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and _is_select(node) and len(node.args) == 1
    }
    of_any = frozenset[str]().union(*columns.values())
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=column) if id(node) not in alone:
                if column in columns.get(name, ()):
                    yield node
            case ast.Attribute(value=ast.Attribute(attr="model"), attr=column) if column in of_any:
                yield node


def _is_select(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "select"


def _executions(module: ast.Module) -> Iterator[Edit]:
    """Have sessions `exec`, which takes parameters by name alone."""
    for node in ast.walk(module):
        match node:
            case ast.Await(
                value=ast.Call(func=ast.Attribute(value=receiver, attr=method) as func) as call
            ) if method in _EXECUTING and _is_a_session(receiver):
                end = (func.end_lineno or 0, func.end_col_offset or 0)
                yield Edit((end[0], end[1] - len(method)), end, "exec")
                for parameters in call.args[1:2]:
                    yield _around(parameters, "params=", "")[0]


def _factories(module: ast.Module) -> Iterator[Edit]:
    """Have factories make SQLModel's sessions."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id="async_sessionmaker"), args=args, keywords=keywords):
                given = [*args, *(keyword.value for keyword in keywords)]
                if given and all(keyword.arg != "class_" for keyword in keywords):
                    last = max(given, key=lambda each: (each.end_lineno, each.end_col_offset))
                    yield _around(last, "", ", class_=AsyncSession")[1]


def _is_a_session(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.endswith("session")
    return False


def _makes_a_session(module: ast.Module) -> bool:
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    bases = [base for node in classes for base in node.bases]
    return any(isinstance(base, ast.Name) and base.id == "Session" for base in bases)


def _around(node: ast.expr, before: str, after: str) -> tuple[Edit, Edit]:
    start = (node.lineno, node.col_offset)
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return Edit(start, start, before), Edit(end, end, after)


def _import(module: ast.Module, symbol: Symbol) -> Edit:
    """Import it before the first import: whoever formats the file puts it in its place."""
    imports = (node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
    first = next(imports)
    line = f"from {symbol.module} import {symbol.name}\n"
    return Edit((first.lineno, 0), (first.lineno, 0), line)
