"""Tables that a test's file makes when it is imported: a fixture makes them, which can await."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.target import Call, Module, libraries

_RULE = "migrating/no-sync-left"
_NAMES = ("create_all", "drop_all")


def tables(step: Step) -> None:
    """Write a fixture in the place of what makes tables at import."""
    for module in step.project.modules:
        if module.is_test and any(each in module.text for each in _NAMES):
            calls = [each for each in module.calls if _makes_tables(step, each)]
            if calls:
                _fixture(step, module, calls)


def _makes_tables(step: Step, call: Call) -> bool:
    if call.name not in _NAMES or call.use != "discarded":
        return False
    statement = step.editing(call.scope.module).statement(call.node)
    engine = _engine(call)
    types = step.service.types
    return (
        isinstance(statement, ast.Expr)
        and call.scope.module.tree is not None
        and statement in call.scope.module.tree.body
        and engine is not None
        and types.is_a(types.of(engine, call.scope), libraries.ASYNC_ENGINE)
    )


def _engine(call: Call) -> ast.expr | None:
    named = [each.value for each in call.node.keywords if each.arg == "bind"]
    return next(iter([*named, *call.node.args[:1]]), None)


def _fixture(step: Step, module: Module, calls: list[Call]) -> None:
    editing = step.editing(module)
    scope = "session" if module.path.endswith("conftest.py") else "module"
    lines = [
        f'@pytest.fixture(scope="{scope}", autouse=True)',
        "async def _create_tables() -> None:",
    ]
    for call in calls:
        engine = _engine(call)
        if engine is None:
            continue
        rest = [editing.source(each) for each in call.node.args if each is not engine]
        rest += [editing.source(each) for each in call.node.keywords if each.value is not engine]
        run = ", ".join([editing.source(call.node.func), *rest])
        lines.append(f"    async with {editing.source(engine)}.begin() as connection:")
        lines.append(f"        await connection.run_sync({run})")
    first, *others = calls
    for call in others:
        editing.delete_statement(editing.statement(call.node))
    editing.replace(first.node, "\n".join(lines))
    step.add_import(module, "pytest", "")
    step.changed(module, first.node, "fixture", rule=_RULE)
