"""Alembic's `env.py`: it stays sync, with its own URL and driver, unless it took the service's engine.

What a migration sends may be several statements in one text, or text for a number, which psycopg2
takes and asyncpg does not; so a driver is changed under migrations by a person who reads them.
"""

from __future__ import annotations

import ast

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module, enclosing_function, libraries

_RULE = "migrating/alembic-async-env"


def migrations(step: Step) -> None:
    """Have `env.py` connect by the service's async engine, where it did by its sync one."""
    for module in step.service.environments:
        for call in module.all_calls:
            if call.use == "entered" and call.name in ("connect", "begin"):
                func = call.node.func
                engine = func.value if isinstance(func, ast.Attribute) else None
                of = step.service.types.of(engine, call.scope) if engine is not None else None
                if step.service.types.is_a(of, libraries.ASYNC_ENGINE):
                    _connect(step, module, call)


def _connect(step: Step, module: Module, call: Call) -> None:
    editing = step.editing(module)
    statement = editing.statement(call.node)
    function = enclosing_function(call.scope)
    if isinstance(statement, ast.AsyncWith):
        return
    runs = _runs_of(step, module, function) if function is not None else None
    if (
        not isinstance(statement, ast.With)
        or function is None
        or not runs
        or not _is_plain(statement, call.node)
    ):
        reason = "the engine is async: connect by `async with`, and `await connection.run_sync(…)`"
        step.withhold(module, call.node, _RULE, reason)
        return
    _write(step, module, statement, function)
    for each in runs:
        editing.wrap(each.node, "asyncio.run(", ")")
    step.add_import(module, "asyncio", "")
    step.changed(module, call.node, "env.py", rule=_RULE)


def _runs_of(step: Step, module: Module, function: Function) -> list[Call] | None:
    """Give the calls that run a function when the file is run; None if there are others."""
    calls = [call for call, _ in step.service.calls.callers(function)]
    fine = all(isinstance(each.scope, Module) and each.use == "discarded" for each in calls)
    return calls if fine and not function.is_async else None


def _is_plain(statement: ast.With, connected: ast.Call) -> bool:
    """Say whether all that a `with` statement does is to connect, and its block ends by itself."""
    return (
        len(statement.items) == 1
        and statement.items[0].context_expr is connected
        and isinstance(statement.items[0].optional_vars, ast.Name)
        and statement.body[0].lineno > statement.lineno
        and not any(isinstance(each, ast.Return | ast.Yield) for each in ast.walk(statement))
    )


def _write(step: Step, module: Module, statement: ast.With, function: Function) -> None:
    """Make the block a function that is given the connection, and run it by an async one."""
    editing = step.editing(module)
    places = editing.places
    item = statement.items[0]
    variable = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else "connection"
    margin = " " * statement.col_offset
    start = places.span(statement)[0]
    head = _end_of_head(editing, statement)
    editing.replace_range(start, head, f"def migrate({variable}: Connection) -> None:")
    connected = editing.source(item.context_expr)
    engine = editing.source(item.context_expr.func.value)  # type: ignore[attr-defined]  # seen by `_connect`
    lines = [
        "",
        f"async with {connected} as {variable}:",
        f"    await {variable}.run_sync(migrate)",
        f"await {engine}.dispose()",
    ]
    text = "".join(f"\n{margin}{each}" if each else "\n" for each in lines)
    editing.insert(places.span(statement.body[-1])[1], text)
    editing.insert(places.span(function.node)[0], "async ")
    step.add_import(module, "sqlalchemy", "Connection")


def _end_of_head(editing: Editing, statement: ast.With) -> int:
    """Give where the colon ends that opens the block."""
    last = statement.items[0].optional_vars or statement.items[0].context_expr
    end = editing.places.span(last)[1]
    return editing.places.text.index(":", end) + 1
