"""What was loaded when it was read is loaded with its object: to read it later would need an await.

A relationship that the service reads by name, in code or for a response, or that a record saw loaded
by reading, gets `lazy="selectin"`: each query that loads the object loads it too. Where a record knows
the queries that need it, these say so instead. A column that the database computes in an UPDATE is
fetched with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.query_loads import QueryLoads
from async_db.target import Class, Module

_LOADED = "loading/no-lazy-loads"
_FETCHED = "loading/refresh-server-defaults"
_RELATIONSHIPS = ("sqlalchemy.orm.relationship", "sqlalchemy.orm.relation")
_OF_SQLMODEL = "sqlmodel.Relationship"
_LAZY = 'lazy="selectin"'


def loads(step: Step) -> None:
    """Load what is read with its object, in a service that moves now."""
    if step.options.slices or not step.moves:
        return
    read: dict[str, set[str]] = {each.attribute: set() for each in step.options.loads}
    for name, reader in _read(step):
        read.setdefault(name, set()).add(reader)
    known = QueryLoads(step)
    for module in step.service.modules:
        for each in module.all_classes:
            for name, call in _declared(each):
                queries = known.queries(each, name, read[name]) if name in read else []
                if queries and "lazy" not in {one.arg for one in call.keywords}:
                    known.write(queries, name)
                else:
                    _relationship(step, module, each, name, call, set(read))
            if _computes_on_update(each):
                _fetch(step, module, each)


def _declared(of: Class) -> Iterator[tuple[str, ast.Call]]:
    for statement in of.node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                yield name, call
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                yield name, call


def _read(step: Step) -> Iterator[tuple[str, str]]:
    """Give the names of attributes that are read of objects, and of fields that responses have.

    With each goes the function that reads it, as `path:name`; nothing, for a response.
    """
    for module in step.service.modules:
        classes = {each.name for each in module.all_classes}
        readers: dict[ast.AST, str] = {
            each.node: f"{module.path}:{each.qualname}" for each in module.all_functions
        }
        waiting: list[tuple[ast.AST, str]] = (
            [(module.tree, f"{module.path}:")] if module.tree is not None else []
        )
        while waiting:
            node, reader = waiting.pop()
            reader = readers.get(node, reader)
            waiting += [(each, reader) for each in ast.iter_child_nodes(node)]
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                holder = node.value
                if not (isinstance(holder, ast.Name) and _names_class(holder.id, classes)):
                    yield node.attr, reader
        for each in module.all_classes:
            if any(str(base).startswith("pydantic.") for base in step.service.types.mro(each)):
                for statement in each.node.body:
                    if isinstance(statement, ast.AnnAssign) and isinstance(
                        statement.target, ast.Name
                    ):
                        yield statement.target.id, ""


def _names_class(name: str, classes: set[str]) -> bool:
    """Say whether a name is of a class by its looks: what is read of that is no object's."""
    return name in classes or (name[:1].isupper() and not name.isupper())


def _relationship(
    step: Step, module: Module, of: Class, name: str, call: ast.Call, read: set[str]
) -> None:
    called = step.service.types.of(call.func, of)
    library = getattr(called, "name", "")
    editing = step.editing(module)
    given = {each.arg: each.value for each in call.keywords if each.arg}
    if library == _OF_SQLMODEL:
        if name in read and "sa_relationship_kwargs" not in given:
            _add(editing, call, 'sa_relationship_kwargs={"lazy": "selectin"}')
            step.changed(module, call, "selectin", rule=_LOADED)
        return
    if library not in _RELATIONSHIPS:
        return
    if name in read and "lazy" not in given:
        if _is_of_itself(editing, of, call):
            reason = f"{name} is a tree of {of.name}: say in its queries how deep they load it"
            step.withhold(module, call, _LOADED, reason)
        else:
            _add(editing, call, _LAZY)
            step.changed(module, call, "selectin", rule=_LOADED)
    reverse = given.get("backref")
    if isinstance(reverse, ast.Constant) and reverse.value in read:
        editing.replace(reverse, f"backref({editing.source(reverse)}, {_LAZY})")
        step.add_import(module, "sqlalchemy.orm", "backref")
        step.changed(module, call, "selectin", rule=_LOADED)


def _is_of_itself(editing: Editing, of: Class, call: ast.Call) -> bool:
    """Say whether a relationship leads to its own class, as that of a tree does."""
    statement = editing.statement(call)
    said = [statement.annotation] if isinstance(statement, ast.AnnAssign) else []
    words = {
        word
        for each in (*said, *call.args[:1])
        for word in re.findall(r"\w+", editing.source(each))
    }
    return of.name in words


def _add(editing: Editing, call: ast.Call, text: str) -> None:
    """Give a call one more argument."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        editing.insert(editing.places.span(call)[1] - 1, text)
        return
    last = max(given, key=lambda each: (each.lineno, each.col_offset))
    gap = "\n" + " " * last.col_offset if last.lineno > call.lineno else " "
    editing.insert(editing.places.span(last)[1], f",{gap}{text}")


def _computes_on_update(of: Class) -> bool:
    """Say whether a column has a value that an UPDATE computes in the database."""
    for _, call in _declared(of):
        for each in call.keywords:
            value = each.value
            called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
            if each.arg == "server_onupdate" or (
                each.arg == "onupdate" and called.startswith(("func.", "sa.func.", "text"))
            ):
                return True
    return False


def _fetch(step: Step, module: Module, of: Class) -> None:
    """Have an UPDATE fetch what it computes; a class that says so otherwise is left as it is."""
    if "__mapper_args__" in of.bindings or "eager_defaults" in module.text:
        return
    editing = step.editing(module)
    last = of.node.body[-1]
    first = of.node.body[0]
    place = last
    for statement in of.node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            place = statement
    indentation = " " * first.col_offset
    end = editing.places.span(place)[1]
    editing.insert(end, f'\n{indentation}__mapper_args__ = {{"eager_defaults": True}}')
    step.changed(module, of.node, "eager_defaults", rule=_FETCHED)
