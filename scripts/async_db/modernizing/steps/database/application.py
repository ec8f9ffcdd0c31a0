"""What starts and stops with the application: a lifespan instead of events, that disposes the engine."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.target import (
    Binding,
    Call,
    Function,
    FunctionObject,
    Instance,
    Module,
    libraries,
)

_DISPOSED = "engine/disposed-on-shutdown"
_EVENTS = "engine/lifespan-not-events"


@dataclass(frozen=True, slots=True)
class _Engine:
    """An engine on a module.

    Parameters:
        module: the module.
        name: the variable.
    """

    module: Module
    name: str


def applications(step: Step) -> None:
    """Dispose of each engine where the application ends, and start by a lifespan alone."""
    engines = _engines(step)
    for module in step.project.modules:
        if module.is_test:
            continue
        for call in module.all_calls:
            if step.service.library_name(call) == libraries.APPLICATION:
                _application(step, call, engines)


def _engines(step: Step) -> list[_Engine]:
    found = []
    for module in step.service.modules:
        for name, bindings in module.bindings.items():
            for each in bindings:
                if isinstance(each.value, ast.Call) and _makes_engine(step, each, module):
                    found.append(_Engine(module, name))
    return found


def _makes_engine(step: Step, binding: Binding, module: Module) -> bool:
    of = step.service.types.of(binding.value, module) if binding.value is not None else None
    return isinstance(of, Instance) and of.of == libraries.ASYNC_ENGINE


def _application(step: Step, call: Call, engines: list[_Engine]) -> None:
    module = call.scope.module
    lifespan = next((each.value for each in call.node.keywords if each.arg == "lifespan"), None)
    handlers = list(_handlers(step, module))
    if lifespan is not None:
        of = step.service.types.of(lifespan, call.scope)
        if isinstance(of, FunctionObject):
            _dispose_in(step, of.function, engines)
        return
    undisposed = [each for each in engines if not _is_disposed(step, each)]
    if not handlers and not undisposed:
        return
    if isinstance(call.scope, Module) and all(each.parent is module for each, _ in handlers):
        _write_lifespan(step, call, handlers, undisposed)
    elif undisposed:
        step.withhold(module, call.node, _DISPOSED, "dispose of the engine in its lifespan")


def _is_disposed(step: Step, engine: _Engine) -> bool:
    """Say whether anything disposes of an engine already."""
    for call in step.service.project.calls.named("dispose"):
        func = call.node.func
        if isinstance(func, ast.Attribute):
            of = step.service.types.of(func.value, call.scope)
            if (
                step.service.types.is_a(of, libraries.ASYNC_ENGINE)
                and not call.scope.module.is_test
            ):
                return True
    return False


def _dispose_in(step: Step, function: Function, engines: list[_Engine]) -> None:
    """Dispose of engines at the end of a lifespan that is there."""
    undisposed = [each for each in engines if not _is_disposed(step, each)]
    module = function.module
    if not undisposed or not function.is_async or not function.yields:
        return
    editing = step.editing(module)
    last = function.node.body[-1]
    end = editing.places.span(last)[1]
    indentation = " " * function.node.body[0].col_offset
    for each in undisposed:
        editing.insert(end, f"\n{indentation}await {_named(step, each, module)}.dispose()")
    step.changed(module, function.node, "dispose", rule=_DISPOSED)


def _named(step: Step, engine: _Engine, module: Module) -> str:
    """Give the name of an engine in a module, imported where it is another's."""
    if engine.module is not module:
        step.add_import(module, step.import_name(engine.module), engine.name)
    return engine.name


def _handlers(step: Step, module: Module) -> list[tuple[Function, str]]:
    """Give the functions that run at start-up and shutdown, and which of the two."""
    found = []
    for function in module.all_functions:
        for node in function.node.decorator_list:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                event = node.args[0] if node.args else None
                of = step.service.types.of(node.func.value, function.parent or function)
                if (
                    node.func.attr == "on_event"
                    and isinstance(event, ast.Constant)
                    and step.service.types.is_a(of, libraries.APPLICATION)
                ):
                    found.append((function, str(event.value)))
    return found


def _write_lifespan(
    step: Step, call: Call, handlers: list[tuple[Function, str]], engines: list[_Engine]
) -> None:
    module = call.scope.module
    editing = step.editing(module)
    name = "lifespan" if "lifespan" not in module.bindings else "database_lifespan"
    lines = [
        "@asynccontextmanager",
        f"async def {name}(app: FastAPI) -> AsyncIterator[None]:",
        *(f"    {_called(each)}" for each, event in handlers if event == "startup"),
        "    yield",
        *(f"    {_called(each)}" for each, event in handlers if event == "shutdown"),
        *(f"    await {_named(step, each, module)}.dispose()" for each in engines),
    ]
    statement = editing.statement(call.node)
    editing.insert(editing.places.start_of_line(statement.lineno), "\n".join(lines) + "\n\n\n")
    step.add_import(module, "contextlib", "asynccontextmanager")
    step.add_import(module, "collections.abc", "AsyncIterator")
    step.add_import(module, "fastapi", "FastAPI")
    if call.node.args or call.node.keywords:
        if not call.node.args:
            first = min(call.node.keywords, key=lambda each: (each.lineno, each.col_offset))
            gap = "\n" + " " * first.col_offset if first.lineno > call.node.lineno else " "
            editing.insert(editing.places.span(first)[0], f"lifespan={name},{gap}")
        else:
            end = editing.places.span(call.node.args[-1])[1]
            editing.insert(end, f", lifespan={name}")
    else:
        editing.insert(editing.places.span(call.node)[1] - 1, f"lifespan={name}")
    for function, _ in handlers:
        _without_event(step, function)
    step.changed(module, call.node, "lifespan", rule=_EVENTS if handlers else _DISPOSED)


def _called(function: Function) -> str:
    return f"{'await ' if function.is_async else ''}{function.name}()"


def _without_event(step: Step, function: Function) -> None:
    editing = step.editing(function.module)
    for node in function.node.decorator_list:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "on_event":
            start = editing.places.start_of_line(node.lineno)
            editing.replace_range(start, editing.places.next_line(editing.places.span(node)[1]), "")
