"""What SQLAlchemy, or another library, takes a sync engine for: the one inside of the async engine."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import is_migration, sync_inside
from async_db.target import Call, Function, LibraryObject, enclosing_function, libraries

_RULE = "migrating/no-sync-left"
_NAMES = ("listens_for", "listen", "remove", "contains")
_HARMLESS = frozenset(
    {*("isinstance", "str", "repr", "print", "id", "hasattr", "getattr", "setattr", "type", "bool")}
)


def hooks(step: Step) -> None:
    """Name the sync engine where events are registered, and where a library is given an engine."""
    inside = sync_inside(step.service)
    for name in _NAMES:
        for call in step.service.project.calls.named(name):
            if call.node.args:
                _registered(step, call, inside)
    for module in step.service.modules:
        if not is_migration(module):
            for call in module.all_calls:
                _given(step, call)


def _registered(step: Step, call: Call, inside: frozenset[Function]) -> None:
    module, target = call.scope.module, call.node.args[0]
    if _is_sync_one(target) or _is_given_sync(call, target, inside):
        return
    of = step.service.types.of(target, call.scope)
    if step.service.types.is_a(of, libraries.ENGINE):
        step.editing(module).wrap(target, "", ".sync_engine")
        step.changed(module, call.node, "sync_engine", rule=_RULE)
    elif step.service.types.is_a(of, libraries.SESSION):
        step.editing(module).wrap(target, "", ".sync_session")
        step.changed(module, call.node, "sync_session", rule=_RULE)
    elif step.service.types.is_a(of, libraries.SESSIONMAKER):
        reason = (
            "events are of a sync class: give the factory a `sync_session_class`, and name that"
        )
        step.withhold(module, call.node, _RULE, reason)


def _is_sync_one(node: ast.expr) -> bool:
    """Say whether it is said already which engine or session is meant."""
    return isinstance(node, ast.Attribute) and node.attr in ("sync_engine", "sync_session")


def _is_given_sync(call: Call, target: ast.expr, inside: frozenset[Function]) -> bool:
    """Say whether a function got what events are registered on as a sync object."""
    function = enclosing_function(call.scope)
    return function in inside and getattr(target, "id", "") in {
        each.arg for each in (function.parameters if function is not None else ())
    }


def _given(step: Step, call: Call) -> None:
    """An engine that a library is given: what instruments it wants the sync one, else it is told."""
    service = step.service
    given = [*call.node.args, *(each.value for each in call.node.keywords)]
    engines = [
        each
        for each in given
        if isinstance(each, ast.Name | ast.Attribute)
        and not _is_sync_one(each)
        and service.types.is_a(service.types.of(each, call.scope), libraries.ENGINE)
    ]
    if not engines or call.name in (*_NAMES, *_HARMLESS, "create_all", "drop_all", "reflect"):
        return
    if call.name == "instrument":
        for each in engines:
            step.editing(call.scope.module).wrap(each, "", ".sync_engine")
        step.changed(call.scope.module, call.node, "sync_engine", rule=_RULE)
    elif _is_foreign(step, call):
        reason = f"`{call.name}` is given the async engine: see that it takes one"
        step.withhold(call.scope.module, call.node, _RULE, reason)


def _is_foreign(step: Step, call: Call) -> bool:
    """Say whether what is called is of a library that we do not know."""
    root = call.node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    called = step.service.calls.called(call)
    if called is not None and not isinstance(called, LibraryObject):
        return False
    located = [
        binding
        for scope in (call.scope, call.scope.module)
        for binding in scope.bindings.get(root.id, ())
        if binding.kind in ("from", "import")
    ]
    return any(
        not step.project.index.knows(each.target) and not libraries.is_library(each.target)
        for each in located
        if each.target and not each.target.startswith(".")
    )
