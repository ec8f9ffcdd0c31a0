"""`metadata.create_all`, which only runs on a sync connection: inside of `run_sync`."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import Call, enclosing_function, libraries

_RULE = "migrating/no-sync-left"
_OF_METADATA = ("create_all", "drop_all", "reflect")


def schema(step: Step) -> None:
    """Run what makes or drops tables by a connection of the async engine."""
    for name in _OF_METADATA:
        for call in step.service.project.calls.named(name):
            if not is_migration(call.scope.module):
                _one(step, call)


def bound_to(step: Step, call: Call) -> tuple[ast.expr, str] | None:
    """Give what a call on metadata runs by, and whether it is an `engine` or a `connection`."""
    named = [each.value for each in call.node.keywords if each.arg == "bind"]
    given = [*named, *call.node.args[:1]]
    if not given or not isinstance(call.node.func, ast.Attribute):
        return None
    types = step.service.types
    of = types.of(given[0], call.scope)
    for kind, sync, own in (
        ("engine", libraries.ENGINE, libraries.ASYNC_ENGINE),
        ("connection", libraries.CONNECTION, libraries.ASYNC_CONNECTION),
    ):
        if types.is_a(of, sync) or types.is_a(of, own):
            return given[0], kind
    return None


def _one(step: Step, call: Call) -> None:
    module = call.scope.module
    found = bound_to(step, call)
    function = enclosing_function(call.scope)
    if found is None or call.inside:
        return
    by, kind = found
    if function is None and module.is_test:
        return  # a fixture does it, which the tests' step writes
    if function is None:
        reason = "it runs at import, where nothing can be awaited: move it to the lifespan"
        step.withhold(module, call.node, _RULE, reason)
        return
    if not function.is_async:
        return  # it cannot be async, which is told there
    editing = step.editing(module)
    statement = editing.statement(call.node)
    if not isinstance(statement, ast.Expr) or statement.value is not call.node:
        step.withhold(module, call.node, _RULE, f"run `{call.name}` by `run_sync`")
        return
    rest = [editing.source(each) for each in call.node.args if each is not by]
    rest += [
        f"{each.arg}={editing.source(each.value)}"
        for each in call.node.keywords
        if each.value is not by
    ]
    run = f"run_sync({', '.join([editing.source(call.node.func), *rest])})"
    if kind == "connection":
        editing.replace(call.node, f"await {editing.source(by)}.{run}")
    else:
        inner = " " * (statement.col_offset + 4)
        block = (
            f"async with {editing.source(by)}.begin() as connection:\n{inner}await connection.{run}"
        )
        editing.replace(call.node, block)
    step.changed(module, call.node, "run_sync", rule=_RULE)
