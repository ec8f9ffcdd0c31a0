"""`metadata.create_all`, which only runs on a sync connection: inside of `run_sync`."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.tables import OfMetadata, calls_of_metadata, run_by
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import Call, enclosing_function, libraries

_RULE = "migrating/no-sync-left"


def schema(step: Step) -> None:
    """Run what makes or drops tables by a connection of the async engine."""
    for made in calls_of_metadata(step):
        function = enclosing_function(made.call.scope)
        if function is None or not function.is_async:
            continue  # at import, which is the lifespan's; or in what cannot be async, told there
        if not is_migration(made.module) and not made.call.inside:
            _one(step, made)
    for call in step.service.project.calls.named("inspect"):
        _inspected(step, call)


def _one(step: Step, made: OfMetadata) -> None:
    module, node = made.module, made.call.node
    editing = step.editing(module)
    statement = editing.statement(node)
    if not isinstance(statement, ast.Expr | ast.Return) or statement.value is not node:
        step.withhold(module, node, _RULE, f"run `{made.call.name}` by `run_sync`")
        return
    by, run = editing.source(made.by), run_by(step, made)
    if made.is_engine:
        inner = " " * (statement.col_offset + 4)
        opening = f"async with {by}.begin() as connection:\n{inner}"
        editing.insert(editing.places.span(statement)[0], opening)
        editing.replace(node, f"await connection.{run}")
    else:
        editing.replace(node, f"await {by}.{run}")
    step.changed(module, node, "run_sync", rule=_RULE)


def _inspected(step: Step, call: Call) -> None:
    """An inspector reads by a sync connection, and all that is asked of it waits."""
    module = call.scope.module
    if is_migration(module) or not call.node.args:
        return
    of = step.service.types.of(call.node.args[0], call.scope)
    if step.service.types.is_a(of, libraries.ENGINE):
        reason = "inspect and ask within `await connection.run_sync(lambda sync: inspect(sync)…)`"
        step.withhold(module, call.node, _RULE, reason)
