"""What `except` clauses do with an error that came out of a `yield`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.service import Service
from async_db.auditing.yielding import tries_around_yield
from async_db.target import Function

_EVERYTHING = frozenset({"Exception", "BaseException"})


def wrong_handlers(service: Service, function: Function) -> Iterator[tuple[ast.ExceptHandler, str]]:
    """Give the clauses around a generator's `yield` that turn every error into another, or none.

    Parameters:
        service: what is audited.
        function: the generator.

    Returns:
        Each clause, with what it does: `raises another error`, `raises none`.
    """
    for statement in tries_around_yield(service, function):
        passes_on: set[str] = set()
        for handler in statement.handlers:
            names = _names(handler)
            raises = [each for each in ast.walk(handler) if isinstance(each, ast.Raise)]
            again = any(each.exc is None or _is_caught(each.exc, handler) for each in raises)
            if again:
                passes_on |= names
            elif (not names or names & _EVERYTHING) and "HTTPException" not in passes_on:
                yield handler, "raises another error" if raises else "raises none"


def _names(handler: ast.ExceptHandler) -> set[str]:
    nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {
        node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        for node in nodes
        if node is not None
    }


def _is_caught(raised: ast.expr, handler: ast.ExceptHandler) -> bool:
    return isinstance(raised, ast.Name) and raised.id == handler.name
