"""Where a project makes its application, and what its lifespan yields."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.scaffold.houses.house import Application, Symbol
from async_db.scaffold.houses.layout import Layout
from async_db.target import Call, Function, FunctionObject, libraries


def application(layout: Layout) -> Application | None:
    """Give the call that makes the application: of several, the first that has a lifespan."""
    calls = [
        call
        for call in layout.project.calls.named("FastAPI")
        if call.scope.module in layout.serving
        and layout.project.types.is_a(
            layout.project.types.of(call.node, call.scope), libraries.APPLICATION
        )
    ]
    found = [_application(layout, call) for call in calls]
    return next((each for each in found if each.lifespan), found[0] if found else None)


def lifespan_function(layout: Layout, call: Call) -> Function | None:
    """Give the function that an application is given as its lifespan."""
    given = next((each.value for each in call.node.keywords if each.arg == "lifespan"), None)
    if given is None:
        return None
    of = layout.project.types.of(given, call.scope)
    if isinstance(of, FunctionObject):
        return of.function
    # `asynccontextmanager` makes something else of a function; its name still leads to it.
    located = (
        layout.project.types.locate(call.scope, given.id) if isinstance(given, ast.Name) else None
    )
    definition = located[0].definition if located else None
    return definition if isinstance(definition, Function) else None


def _written(function: Function, node: ast.expr) -> str:
    """Give an expression as it is written, if that is one line."""
    text = ast.get_source_segment(function.module.text, node) or ""
    return ast.unparse(node) if "\n" in text or not text else text


def _events(layout: Layout) -> Iterator[str]:
    """Give calls of what `on_event` runs when the application starts."""
    for function in layout.project.functions:
        for decorator in function.node.decorator_list:
            match decorator:
                case ast.Call(
                    func=ast.Attribute(attr="on_event"), args=[ast.Constant(value="startup")]
                ):
                    yield f"{'await ' if function.is_async else ''}{function.name}()"


def _application(layout: Layout, call: Call) -> Application:
    path, line = call.scope.module.path, call.node.lineno
    function = lifespan_function(layout, call)
    if function is None:
        return Application(path, line, events=tuple(_events(layout)))
    symbol: Symbol = layout.symbol(function, function.name, function.line)
    calls = frozenset(each.name for each in function.calls)
    for each in function.yields:
        if isinstance(each, ast.Yield):
            text = _written(function, each.value) if each.value is not None else ""
            text = "" if text == "None" else text
            return Application(path, line, symbol, text, each.lineno, calls)
    return Application(path, line, symbol, calls=calls)
