"""factory_boy's factories, which write by a sync session: inside of `run_sync` there is one."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.target import Class

_RULE = "migrating/no-sync-left"
_BASE = "factory.alchemy.SQLAlchemyModelFactory"
_SESSIONS = ("sqlalchemy_session", "sqlalchemy_session_factory")
_REASON = (
    "a factory writes by a sync session: give it the `sync_session` of an AsyncSession, and call "
    "it by `await session.run_sync(lambda _: Factory())`"
)


def factories(step: Step) -> None:
    """Say of each factory's session what a person does with it, where sessions have moved."""
    if step.sources.texts == step.before.texts:
        return
    for module in step.project.modules:
        if not module.is_test or not any(each in module.text for each in _SESSIONS):
            continue
        for of in module.all_classes:
            if isinstance(of.parent, Class) and _BASE in step.service.types.mro(of.parent):
                for statement in of.node.body:
                    if isinstance(statement, ast.Assign) and _names_session(statement.targets[0]):
                        step.withhold(module, statement, _RULE, _REASON)


def _names_session(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _SESSIONS
