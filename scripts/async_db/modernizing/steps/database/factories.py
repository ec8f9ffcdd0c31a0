"""Factories and sessions: nothing that was read expires, and no thread has a session of its own."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.arguments import edit_arguments
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import Call, Module, libraries

_RULE = "session/no-expire-on-commit"
_OF_REQUESTS = "session/one-per-request"
_MAKERS = (libraries.SESSIONMAKER, libraries.SESSION, libraries.SQLMODEL_SESSION)


def factories(step: Step) -> None:
    """Make factories and sessions what async ones are told to be."""
    for module in step.project.modules:
        if is_migration(module):
            continue
        for call in module.all_calls:
            name = step.service.library_name(call)
            if name in _MAKERS:
                _factory(step, call)
            elif name == libraries.SCOPED:
                reason = "tasks of the loop would share a thread's session: make one for each request and pass it on"
                step.withhold(module, call.node, _OF_REQUESTS, reason)
            elif isinstance(call.scope, Module) and not module.is_test:
                _shared(step, call)


def _shared(step: Step, call: Call) -> None:
    """A session of a module is used by all tasks at once, which it refuses."""
    of = step.service.types.of(call.node, call.scope)
    parent = step.editing(call.scope.module).parent(call.node)
    names = (libraries.SESSION, libraries.SQLMODEL_SESSION)
    if isinstance(parent, ast.Assign) and any(step.service.types.is_a(of, name) for name in names):
        reason = "all requests would use this one session at once: open one where it is used"
        step.withhold(call.scope.module, call.node, _OF_REQUESTS, reason)


def _factory(step: Step, call: Call) -> None:
    """Nothing that was read expires at a commit: to read it again would need an await."""
    module, node = call.scope.module, call.node
    editing = step.editing(module)
    gone = [each for each in node.keywords if _is_gone(each)]
    for each in node.keywords:
        if each.arg == "query_cls":
            reason = "nothing of it makes a `Query` any more: see what its own methods were for"
            step.withhold(module, node, "queries/select-not-query", reason)
        elif each.arg == "autocommit" and each not in gone:
            reason = "a session always begins a transaction: write `async with session.begin()` where one is meant"
            step.withhold(module, node, "session/unit-of-work-per-operation", reason)
    expire = [each for each in node.keywords if each.arg == "expire_on_commit"]
    unknown = any(each.arg is None for each in node.keywords)
    edit_arguments(editing, node, gone, "" if expire or unknown else "expire_on_commit=False")
    if expire and not _is_false(expire[0].value):
        editing.replace(expire[0].value, "False")
    elif expire or unknown:
        return
    step.changed(module, node, "expire_on_commit", rule=_RULE)


def _is_gone(argument: ast.keyword) -> bool:
    if argument.arg == "autocommit":
        return _is_false(argument.value)
    return argument.arg in ("future", "enable_baked_queries")


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
