"""`metadata.create_all`, which only runs on a sync connection: inside of `run_sync`."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.tables import OfMetadata, calls_of_metadata, run_by
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import enclosing_function

_RULE = "migrating/no-sync-left"


def schema(step: Step) -> None:
    """Run what makes or drops tables by a connection of the async engine."""
    for made in calls_of_metadata(step):
        function = enclosing_function(made.call.scope)
        if function is None or not function.is_async:
            continue  # at import, which is the lifespan's; or in what cannot be async, told there
        if not is_migration(made.module) and not made.call.inside:
            _one(step, made)


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
