"""Rows that a server-side cursor gives: an async session streams them, and does nothing else with them.

`session.execute` of an async session refuses a statement with `yield_per` or `stream_results`; `stream`
takes it, and its rows are read by `async for`, or all at once by an awaited `all()`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import write_out
from async_db.target import Call, Function

_RULE = "migrating/no-sync-left"
_OPTIONS = frozenset({"yield_per", "stream_results"})
_STREAMING = {"execute": "stream", "scalars": "stream_scalars"}
_SAME = frozenset({"scalars", "mappings", "tuples", "columns", "unique", "yield_per", "partitions"})
"""What gives a result of a result, at once."""
_WAITING = frozenset(
    {
        *("all", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none"),
        *("fetchone", "fetchmany", "fetchall", "close"),
    }
)
_LEFT = "a server-side cursor gives its rows by `async for` over `await session.stream(…)`: read them where it is opened"
_DEPTH = 5
Edit = Callable[[], None]


def streams(step: Step) -> None:
    """Stream what a server-side cursor gives, and write out each `yield from` of an async generator."""
    for module in step.project.modules:
        for function in module.all_functions:
            if not function.is_async or (module.path, function.qualname) in step.async_before:
                continue
            for call in function.calls:
                if call.use == "awaited" and _streams(function, call):
                    _one(step, function, call)
            if function.is_generator:
                _yields(step, function)


def _streams(function: Function, call: Call) -> bool:
    """Say whether a call, awaited by now, opens a server-side cursor: only SQLAlchemy has those words."""
    func = call.node.func
    if call.name not in _STREAMING or not isinstance(func, ast.Attribute):
        return False
    said = [*call.node.args[:1], func.value]
    said += [each.value for each in call.node.keywords if each.arg == "statement"]
    options = [each.value for each in call.node.keywords if each.arg == "execution_options"]
    return any(_has_options(each, function, _DEPTH) for each in said) or any(
        isinstance(key, ast.Constant) and key.value in _OPTIONS
        for each in options
        for key in ast.walk(each)
    )


def _has_options(node: ast.expr, function: Function, depth: int) -> bool:
    """Say whether a statement, or what it was made of, asks for a server-side cursor."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            if each.func.attr == "yield_per":
                return True
            if each.func.attr == "execution_options" and any(
                keyword.arg in _OPTIONS for keyword in each.keywords
            ):
                return True
        elif isinstance(each, ast.Name) and depth:
            for bound in function.bindings.get(each.id, ()):
                if bound.value is not None and _has_options(bound.value, function, depth - 1):
                    return True
    return False


def _one(step: Step, function: Function, call: Call) -> None:
    module = function.module
    editing = step.editing(module)
    awaited = editing.parent(call.node)
    edits = _reading(editing, function, awaited) if isinstance(awaited, ast.Await) else None
    func = call.node.func
    if edits is None or not isinstance(func, ast.Attribute):
        step.withhold(module, call.node, _RULE, _LEFT)
        return
    _, end = editing.places.span(func)
    editing.replace_range(end - len(func.attr), end, _STREAMING[func.attr])
    for edit in edits:
        edit()
    step.changed(module, call.node, "stream", rule=_RULE)


def _reading(editing: Editing, function: Function, node: ast.expr) -> list[Edit] | None:
    """Give what has to be written where a result is read; None, if it is not read there alone."""
    outer, waits = _result_of(editing, node)
    parent = editing.parent(outer)
    match parent:
        case _ if waits:
            return [lambda: editing.await_(outer)]
        case ast.For() if parent.iter is outer:
            return [lambda: editing.insert(editing.places.span(parent)[0], "async ")]
        case ast.comprehension() if parent.iter is outer:
            holder = editing.parent(parent)
            if isinstance(holder, ast.GeneratorExp):
                return None
            return [lambda: _async_for(editing, parent)]
        case ast.YieldFrom() if isinstance(editing.parent(parent), ast.Expr):
            return [lambda: write_out(editing, parent, "async for")]
        case ast.Call(func=ast.Name(id="list"), args=[_], keywords=[]):
            return [lambda: _all_of(editing, parent, outer)]
        case ast.Assign(targets=[ast.Name(id=name)]) if outer is parent.value:
            return _uses(editing, function, name)
    return None


def _uses(editing: Editing, function: Function, name: str) -> list[Edit] | None:
    """Give what has to be written where a result is read that a name holds."""
    edits: list[Edit] = []
    if len(function.bindings.get(name, ())) != 1:
        return None
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            found = _reading(editing, function, node)
            if found is None or isinstance(editing.parent(node), ast.Assign):
                return None
            edits += found
    return edits or None


def _result_of(editing: Editing, node: ast.expr) -> tuple[ast.expr, bool]:
    """Give the outermost result that is made of one, and whether its last call has to be awaited."""
    outer, attribute = node, editing.parent(node)
    while isinstance(attribute, ast.Attribute) and attribute.attr in _SAME | _WAITING:
        call = editing.parent(attribute)
        if not isinstance(call, ast.Call) or call.func is not attribute:
            break
        if attribute.attr in _WAITING:
            return call, True
        outer, attribute = call, editing.parent(call)
    return outer, False


def _async_for(editing: Editing, node: ast.comprehension) -> None:
    start = editing.places.span(node.target)[0]
    editing.insert(editing.places.text.rindex("for", 0, start), "async ")


def _all_of(editing: Editing, call: ast.Call, inner: ast.expr) -> None:
    """Write `await ….all()` for `list(…)`."""
    start, end = editing.places.span(call)
    first, last = editing.places.span(inner)
    is_await = isinstance(inner, ast.Await)
    editing.replace_range(start, first, "await (" if is_await else "await ")
    editing.replace_range(last, end, ").all()" if is_await else ".all()")


def _yields(step: Step, function: Function) -> None:
    """An async generator has no `yield from`: each of what it took is yielded by itself."""
    editing = step.editing(function.module)
    for node in function.yields:
        if not isinstance(node, ast.YieldFrom) or _is_streamed(function, node):
            continue
        if isinstance(editing.parent(node), ast.Expr):
            write_out(editing, node, "for")
            step.changed(function.module, node, "yield", rule=_RULE)
        else:
            reason = "an async generator has no `yield from`: yield each of what it gives"
            step.withhold(function.module, node, _RULE, reason)


def _is_streamed(function: Function, node: ast.YieldFrom) -> bool:
    inner = {each for each in ast.walk(node) if isinstance(each, ast.Call)}
    return any(
        call.node in inner and call.use == "awaited" and _streams(function, call)
        for call in function.calls
    )
