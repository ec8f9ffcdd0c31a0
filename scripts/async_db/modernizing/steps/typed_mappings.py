"""`Column` models become typed ones, where that is asked for; each table stays as it is.

What a column is given stays with it, its type as well: the annotation says to a type checker what
the column said already. Relationships need none, and are left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.entities import Entities
from async_db.modernizing.steps.queries.names import Names
from async_db.target import Binding, Class, LibraryObject, Module, libraries

RULE = "queries/typed-mappings"
_BUILTIN = {
    "int": "Integer BigInteger SmallInteger INTEGER BIGINT SMALLINT",
    "str": "String Text Unicode UnicodeText VARCHAR TEXT CHAR",
    "bool": "Boolean BOOLEAN",
    "float": "Float REAL Double",
    "bytes": "LargeBinary BYTEA",
}
_IMPORTED = {
    "DateTime": ("datetime", "datetime"),
    "TIMESTAMP": ("datetime", "datetime"),
    "Date": ("datetime", "date"),
    "Time": ("datetime", "time"),
    "Interval": ("datetime", "timedelta"),
    "Uuid": ("uuid", "UUID"),
    "UUID": ("uuid", "UUID"),
    "Numeric": ("decimal", "Decimal"),
    "DECIMAL": ("decimal", "Decimal"),
    "JSON": ("typing", "Any"),
    "JSONB": ("typing", "Any"),
}
_PYTHON = {name: python for python, names in _BUILTIN.items() for name in names.split()}
_CHANGING = frozenset({"as_uuid", "asdecimal", "native_uuid"})
"""Arguments of types by which Python gets something else."""


def typed_mappings(step: Step) -> None:
    """Annotate the columns of mapped classes, and make their base a class."""
    if not step.options.typed_mappings:
        return
    release = step.service.release("sqlalchemy")
    if release is not None and release.at_least("2.0") is False:
        return
    entities = Entities(step.service)
    names = Names(step)
    for module in step.project.modules:
        _base(step, names, module)
        for each in module.all_classes:
            if entities.is_mapped(each):
                _columns(step, names, each)


def _base(step: Step, names: Names, module: Module) -> None:
    """Make `Base = declarative_base()` a class, if it is told nothing but its metadata."""
    for call in step.project.calls.named("declarative_base"):
        if call.scope is not module:
            continue
        statement = step.editing(module).statement(call.node)
        called = step.project.calls.called(call)
        known = isinstance(called, LibraryObject)
        if not known or not (isinstance(statement, ast.Assign) and statement.value is call.node):
            continue
        target = statement.targets[0]
        plain = not call.node.args and all(each.arg == "metadata" for each in call.node.keywords)
        if not plain or len(statement.targets) > 1 or not isinstance(target, ast.Name):
            reason = "write `class Base(DeclarativeBase)`: it is told more than its metadata"
            step.withhold(module, statement, RULE, reason)
            continue
        editing = step.editing(module)
        body = "pass"
        for each in call.node.keywords:
            body = f"metadata = {editing.source(each.value)}"
        base = names.of("DeclarativeBase", module, "sqlalchemy.orm")
        editing.replace(statement, f"class {target.id}({base}):\n    {body}")
        step.drop_import(module, "declarative_base")
        step.changed(module, statement, "base", rule=RULE)


def _columns(step: Step, names: Names, of: Class) -> None:
    module = of.module
    editing = step.editing(module)
    for binding, statement, call in _made(step, of):
        reason, annotation = _annotation(step, names, of, call)
        if reason:
            step.withhold(module, statement, RULE, f"write `Mapped[…]` by hand: {reason}")
            continue
        mapped = names.of("Mapped", of, "sqlalchemy.orm")
        column = names.of("mapped_column", of, "sqlalchemy.orm")
        end = editing.places.span(statement.targets[0])[1]
        editing.insert(end, f": {mapped}[{annotation}]")
        editing.replace(call.func, column)
        step.drop_import(module, "Column")
        step.changed(module, binding.value or statement, "mapping", rule=RULE)


def _made(step: Step, of: Class) -> Iterator[tuple[Binding, ast.Assign, ast.Call]]:
    """Give the columns that the body of a class assigns."""
    editing = step.editing(of.module)
    for bindings in of.bindings.values():
        for binding in bindings:
            call = binding.value
            if binding.kind != "assign" or not isinstance(call, ast.Call):
                continue
            called = step.project.types.of(call.func, of)
            if not isinstance(called, LibraryObject) or called.name != "sqlalchemy.Column":
                continue
            statement = editing.statement(call)
            if not isinstance(statement, ast.Assign) or statement.value is not call:
                continue
            if len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
                yield binding, statement, call


def _annotation(step: Step, names: Names, of: Class, call: ast.Call) -> tuple[str, str]:
    """Give why a column's annotation cannot be told, or the annotation."""
    given = {each.arg: each.value for each in call.keywords}
    if None in given or any(isinstance(each, ast.Starred) for each in call.args):
        return "its arguments cannot be seen", ""
    nullable = given.get("nullable")
    if nullable is not None and not isinstance(nullable, ast.Constant):
        return "whether it may be NULL is not a constant", ""
    key = given.get("primary_key")
    if key is not None and not isinstance(key, ast.Constant):
        return "whether it is a key is not a constant", ""
    if nullable is None:
        may_be_null = not (isinstance(key, ast.Constant) and key.value)
    else:
        may_be_null = bool(nullable.value)
    python = _python(step, names, of, call, given.get("type_"))
    if not python:
        return "what its type is in Python is not known", ""
    if python.partition(".")[0] in of.bindings:
        return f"`{python}` is the name of an attribute of its class", ""
    return "", f"{python} | None" if may_be_null else python


def _python(step: Step, names: Names, of: Class, call: ast.Call, named: ast.expr | None) -> str:
    """Give what a column's values are in Python, as it can be written there."""
    for each in [*call.args[:2], *([named] if named is not None else [])]:
        type_ = each.func if isinstance(each, ast.Call) else each
        library = step.project.types.of(type_, of)
        if not isinstance(library, LibraryObject):
            continue
        last = libraries.canonical(library.name).rpartition(".")[2]
        if isinstance(each, ast.Call) and any(key.arg in _CHANGING for key in each.keywords):
            return ""
        if last in _PYTHON:
            return _PYTHON[last]
        if last in _IMPORTED:
            source, name = _IMPORTED[last]
            return names.of(name, of.module, source)
    return ""
