"""Statements as chains of calls: `select(Order).where(...).limit(10)`."""

from __future__ import annotations

import ast

from async_db.auditing.service import Service
from async_db.target import Call, LibraryObject


def chain_of(service: Service, call: Call) -> tuple[list[str], str]:
    """Give the methods that a statement is built with, and the canonical name of its start.

    Those after the given call count too, as far as they stand in the same expression.

    Parameters:
        service: what is audited.
        call: one of the methods.
    """
    steps: list[str] = []
    node: ast.expr = call.node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        of = service.types.of(node.func, call.scope)
        if isinstance(of, LibraryObject) and not isinstance(inner, ast.Call):
            return [*steps, *_after(service, call)], of.name
        steps.append(node.func.attr)
        node = inner
    root = ""
    if isinstance(node, ast.Call):
        of = service.types.of(node.func, call.scope)
        root = of.name if isinstance(of, LibraryObject) else ""
    return [*steps, *_after(service, call)], root


def _after(service: Service, call: Call) -> list[str]:
    found: list[str] = []
    inner: ast.AST = call.node
    for around in service.within_function(call.node, call.scope.module):
        if isinstance(around, ast.Attribute) and around.value is inner:
            found.append(around.attr)
        elif not (isinstance(around, ast.Call) and around.func is inner):
            break
        inner = around
    return found
