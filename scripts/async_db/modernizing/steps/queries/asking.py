"""What is asked of a session: by that one is known where nothing says that it is one."""

from __future__ import annotations

import ast

from async_db.modernizing.steps.queries.chains import words
from async_db.modernizing.steps.queries.entities import Entities
from async_db.target import LibraryObject, Scope

SESSION_NAMES = words(
    "db session db_session sess dbsession database_session _session _db sqla_session s"
)


def asks_for_mapped(entities: Entities, node: ast.expr, scope: Scope) -> bool:
    """Say whether there is a mapped class, a column of one or SQLAlchemy's `func` in an argument."""
    if isinstance(node, ast.Name) and entities.is_given_mapped(node.id, scope):
        return True
    return any(
        entities.mapped_class(each, scope) is not None or _is_func(entities, each, scope)
        for each in ast.walk(node)
        if isinstance(each, ast.Name | ast.Attribute)
    )


def _is_func(entities: Entities, node: ast.Name | ast.Attribute, scope: Scope) -> bool:
    if (node.attr if isinstance(node, ast.Attribute) else node.id) != "func":
        return False
    of = entities.types.of(node, scope)
    return isinstance(of, LibraryObject) and of.name.startswith("sqlalchemy.")
