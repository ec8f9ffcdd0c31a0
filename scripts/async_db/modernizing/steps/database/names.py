"""The names of SQLAlchemy's sync classes and functions become those of their async counterparts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import is_migration, sync_inside
from async_db.target import (
    Function,
    LibraryObject,
    Module,
    Scope,
    enclosing_function,
    libraries,
)

_RULE = "migrating/no-sync-left"
_ASYNCIO = "sqlalchemy.ext.asyncio"
RENAMED = {
    libraries.SESSION: (_ASYNCIO, "AsyncSession"),
    libraries.SESSIONMAKER: (_ASYNCIO, "async_sessionmaker"),
    libraries.ENGINE: (_ASYNCIO, "AsyncEngine"),
    libraries.CONNECTION: (_ASYNCIO, "AsyncConnection"),
    "sqlalchemy.orm.SessionTransaction": (_ASYNCIO, "AsyncSessionTransaction"),
    "sqlalchemy.create_engine": (_ASYNCIO, "create_async_engine"),
    "sqlalchemy.engine_from_config": (_ASYNCIO, "async_engine_from_config"),
    libraries.SQLMODEL_SESSION: ("sqlmodel.ext.asyncio.session", "AsyncSession"),
    "sqlalchemy.QueuePool": ("sqlalchemy.pool", "AsyncAdaptedQueuePool"),
    "sqlalchemy.orm.close_all_sessions": (_ASYNCIO, "close_all_sessions"),
}
"""What each becomes, and the module that has it."""
_LAST = frozenset(name.rpartition(".")[2] for name in RENAMED)
_LISTENING = frozenset({"listens_for", "listen", "contains"})


@dataclass(frozen=True, slots=True)
class _Stays:
    """What is sync inside of async sessions: functions, and the names of classes."""

    functions: frozenset[Function]
    classes: frozenset[str]


def rename(step: Step) -> None:
    """Rename what is sync in all files, but for migrations and hooks, which stay so."""
    stays = _Stays(sync_inside(step.service), _sync_classes(step))
    for module in step.project.modules:
        if is_migration(module) or not any(name in module.text for name in _LAST):
            continue
        for node, scope in _named(module):
            if isinstance(node, ast.Constant):
                _in_text(step, module, node, scope)
            else:
                _one(step, module, node, scope, stays)


def _one(
    step: Step,
    module: Module,
    node: ast.Name | ast.Attribute,
    scope: Scope,
    stays: _Stays,
) -> None:
    of = step.service.types.of(node, scope)
    if not isinstance(of, LibraryObject) or of.bound_to is not None or of.name not in RENAMED:
        return
    if _is_hook(step, module, node, scope, stays):
        return
    source, name = RENAMED[of.name]
    if _clashes(step, module, name, source):
        reason = f"`{name}` is another one in this file: import {source}'s by a name of its own"
        step.withhold(module, node, _RULE, reason)
        return
    editing = step.editing(module)
    editing.replace(node, name)
    step.add_import(module, source, name)
    step.drop_import(module, _root(node))
    step.changed(module, node, "name", rule=_RULE)


def _clashes(step: Step, module: Module, name: str, source: str) -> bool:
    """Say whether a file has something else of the name that one becomes."""
    if name not in module.bindings:
        return False
    of = step.service.types.of_name(module, name)
    return not isinstance(of, LibraryObject) or of.name != libraries.canonical(f"{source}.{name}")


def _root(node: ast.Name | ast.Attribute) -> str:
    """Give the name that a name or an attribute of a module begins with."""
    current: ast.expr = node
    while isinstance(current, ast.Attribute):
        current = current.value
    return current.id if isinstance(current, ast.Name) else ""


def _is_hook(step: Step, module: Module, node: ast.AST, scope: Scope, stays: _Stays) -> bool:
    """Say whether a name is of what SQLAlchemy calls with a sync session: an event hook's."""
    function = enclosing_function(scope)
    if function is not None and function in stays.functions:
        return True
    editing = step.editing(module)
    current = editing.parent(node)
    if isinstance(current, ast.ClassDef) and current.name in stays.classes:
        return True
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.Call):
            name = getattr(current.func, "attr", getattr(current.func, "id", ""))
            if name in _LISTENING:
                return True
        current = editing.parent(current)
    return isinstance(current, ast.FunctionDef) and any(
        _decorates(each) for each in current.decorator_list
    )


def _sync_classes(step: Step) -> frozenset[str]:
    """Give the names of classes that an async session is told to be sync inside with."""
    return frozenset(
        _last(each.value)
        for module in step.project.modules
        if "sync_session_class" in module.text
        for call in module.all_calls
        for each in call.node.keywords
        if each.arg == "sync_session_class"
    )


def _decorates(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else node
    return getattr(func, "attr", getattr(func, "id", "")) in _LISTENING


def _in_text(step: Step, module: Module, node: ast.Constant, scope: Scope) -> None:
    """Rename inside an annotation that is a text."""
    text = str(node.value)
    editing = step.editing(module)
    written = after = editing.source(node)
    for word in sorted(set(re.findall(r"\w+", text)) & {*_LAST, *_aliases(module)}):
        of = step.service.types.of_name(scope, word)
        if isinstance(of, LibraryObject) and of.name in RENAMED:
            source, name = RENAMED[of.name]
            after = re.sub(rf"\b{word}\b", name, after)
            step.add_import(module, source, name)
            step.drop_import(module, word)
    if after != written:
        editing.replace(node, after)


def _named(
    module: Module,
) -> Iterator[tuple[ast.Name | ast.Attribute | ast.Constant, Scope]]:
    """Give what may name something of SQLAlchemy, each with the scope that it stands in."""
    names = {*_LAST, *_aliases(module)}
    scopes: dict[ast.AST, Scope] = {each.node: each for each in module.all_functions}
    scopes |= {each.node: each for each in module.all_classes}
    waiting: list[tuple[ast.AST, Scope]] = [(module.tree, module)] if module.tree else []
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
            yield node, scope
            continue
        if isinstance(node, ast.Attribute) and node.attr in _LAST:
            yield node, scope
            continue
        own = scopes.get(node, scope)
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and field in ("annotation", "returns"):
                    yield from ((each, own) for each in _texts(child))
                if isinstance(child, ast.AST) and not isinstance(child, ast.Constant):
                    waiting.append((child, own))


def _texts(annotation: ast.AST) -> Iterator[ast.Constant]:
    """Give the texts in an annotation that name types: those in `Literal` are values."""
    waiting = [annotation]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
        literal = isinstance(node, ast.Subscript) and _last(node.value) == "Literal"
        if not literal and not isinstance(node, ast.Call):
            waiting += ast.iter_child_nodes(node)


def _last(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _aliases(module: Module) -> Iterator[str]:
    for scope in (module, *module.all_functions):
        for name, bindings in scope.bindings.items():
            if any(each.kind == "from" and each.name in _LAST for each in bindings):
                yield name
