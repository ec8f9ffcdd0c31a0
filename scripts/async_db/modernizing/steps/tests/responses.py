"""Answers that tests read piece by piece: `client.stream(…)`, whose answer is read asynchronously."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.target import Module

_RULE = "testing/asgi-transport"
_PIECES = frozenset({"iter_bytes", "iter_lines", "iter_raw", "iter_text"})
_WHOLE = frozenset({"read", "close"})
_TAKE_ALL = frozenset({"list", "set", "tuple", "sorted", "sum", "any", "all", "join", "dict"})
_LEFT = "an answer that is streamed gives its pieces by `async for`: take them in a loop"


def responses(step: Step) -> None:
    """Read by `async for`, or awaited, what `async with client.stream(…)` gives."""
    for module in step.project.modules:
        if not module.is_test or ".stream(" not in module.text or module.tree is None:
            continue
        for statement in ast.walk(module.tree):
            if isinstance(statement, ast.AsyncWith):
                for name in _names(statement):
                    _answer(step, module, statement, name)


def _names(statement: ast.AsyncWith) -> Iterator[str]:
    for item in statement.items:
        match item:
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(attr="stream")),
                optional_vars=ast.Name(id=name),
            ):
                yield name


def _answer(step: Step, module: Module, statement: ast.AsyncWith, name: str) -> None:
    editing = step.editing(module)
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=method)) if (
                of == name and not isinstance(editing.parent(node), ast.Await)
            ):
                if method in _WHOLE:
                    _rename(editing, node, method)
                    editing.await_(node)
                elif method in _PIECES and _take_pieces(editing, node):
                    _rename(editing, node, method)
                elif method in _PIECES:
                    step.withhold(module, node, _RULE, _LEFT)
                    continue
                else:
                    continue
                step.changed(module, node, "stream", rule=_RULE)


def _rename(editing: Editing, call: ast.Call, method: str) -> None:
    end = editing.places.span(call.func)[1]
    editing.replace_range(end - len(method), end, f"a{method}")


def _take_pieces(editing: Editing, call: ast.Call) -> bool:
    """Write `async for` where pieces are taken; say whether they can be taken there."""
    parent = editing.parent(call)
    match parent:
        case ast.For() if parent.iter is call:
            editing.insert(editing.places.span(parent)[0], "async ")
            return True
        case ast.comprehension() if parent.iter is call:
            if isinstance(editing.parent(parent), ast.GeneratorExp):
                return False
            start = editing.places.span(parent.target)[0]
            editing.insert(editing.places.text.rindex("for", 0, start), "async ")
            return True
        case ast.Call() if call in parent.args:
            taken = getattr(parent.func, "attr", getattr(parent.func, "id", ""))
            if taken in _TAKE_ALL:
                editing.wrap(call, "[each async for each in ", "]")
                return True
    return False
