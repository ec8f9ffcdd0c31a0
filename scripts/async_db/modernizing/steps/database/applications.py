"""What starts and stops with the application: tables, events and engines, in one lifespan."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.events import (
    ARGUMENTS,
    Events,
    Handler,
    events_of,
    reached_from,
)
from async_db.modernizing.steps.database.importing import name_in, name_known, spelling
from async_db.modernizing.steps.database.lifespans import (
    Lifetime,
    extend_lifespan,
    without_decorator,
    write_lifespan,
)
from async_db.modernizing.steps.database.placing import above
from async_db.modernizing.steps.database.tables import OfMetadata, at_start, calls_of_metadata
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import (
    Binding,
    Call,
    Function,
    FunctionObject,
    Module,
    Scope,
    libraries,
)

_DISPOSED = "engine/disposed-on-shutdown"
_EVENTS = "engine/lifespan-not-events"
_LEFT = "migrating/no-sync-left"


@dataclass(frozen=True, slots=True)
class _Engine:
    """An engine, and where it is: on a module, or in a lifespan."""

    scope: Scope
    name: str


def applications(step: Step) -> None:
    """Have each application start and end by one lifespan that makes tables and disposes of engines.

    Of a slice only its engines: the tables are made as before.
    """
    # What a test makes at import, a fixture makes, which the tests' step writes.
    made = [each for each in calls_of_metadata(step) if not each.module.is_test]
    tables = [each for each in made if _is_at_import(each) and step.world is None]
    engines = [each for each in _engines(step) if not _is_disposed(step, each)]
    if step.world is not None:
        step.everywhere()
        engines = [each for each in engines if _place(each) in step.world]
        if not engines:
            return
    done: set[Call] = set()
    for module in step.project.modules:
        if module.is_test or is_migration(module):
            continue
        for call in module.all_calls:
            if step.service.library_name(call) == libraries.APPLICATION:
                done |= _application(step, call, tables, engines)
    for each in tables:
        module, node = each.module, each.call.node
        if each.call in done:
            _take_out(step.editing(module), step.editing(module).statement(node))
            for name in _names(node):
                step.drop_import(module, name)
        else:
            reason = "it runs at import, where nothing can be awaited: move it to the lifespan"
            step.withhold(module, node, _LEFT, reason)


def _place(engine: _Engine) -> tuple[str, str]:
    return engine.scope.module.path, engine.name


def _take_out(editing: Editing, statement: ast.stmt) -> None:
    """Take a statement out, with the comment above it, which goes with what it said."""
    places = editing.places
    start = above(editing, statement.lineno)
    end = places.next_line(places.span(statement)[1])
    before = places.text[:start].replace("\r\n", "\n")
    for _ in range(len(before) - len(before.rstrip("\n")) - 1):
        if places.text[end : places.next_line(end)].strip():
            break
        end = places.next_line(end)
    editing.replace_range(start, end, "")


def _is_at_import(made: OfMetadata) -> bool:
    return isinstance(made.call.scope, Module) and not is_migration(made.module)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _engines(step: Step) -> list[_Engine]:
    """Give the async engines that modules and lifespans hold."""
    found = []
    for module in step.service.modules:
        if "engine" not in module.text.lower():
            continue
        scopes: list[Scope] = [module, *(each for each in module.all_functions if each.yields)]
        for scope in scopes:
            for name, bindings in scope.bindings.items():
                if name not in scope.globals and any(
                    _is_engine(step, each, scope) for each in bindings
                ):
                    found.append(_Engine(scope, name))
    return found


def _is_engine(step: Step, binding: Binding, scope: Scope) -> bool:
    if binding.kind not in ("assign", "annotated") or not isinstance(binding.value, ast.Call):
        return False
    of = step.service.types.of(binding.value, scope)
    return step.service.types.is_a(of, libraries.ASYNC_ENGINE)


def _is_disposed(step: Step, engine: _Engine) -> bool:
    """Say whether something disposes of an engine already, or of one that cannot be told."""
    types = step.service.types
    for call in step.service.project.calls.named("dispose"):
        func = call.node.func
        if not step.service.serves(call.scope.module) or not isinstance(func, ast.Attribute):
            continue
        if not types.is_a(types.of(func.value, call.scope), libraries.ASYNC_ENGINE):
            continue
        if not isinstance(func.value, ast.Name):
            return True
        located = types.locate(call.scope, func.value.id)
        bound = engine.scope.bindings[engine.name]
        if located is None or located[0] in bound:
            return True
    return False


def _application(
    step: Step, call: Call, tables: list[OfMetadata], engines: list[_Engine]
) -> set[Call]:
    """Give an application its lifespan; answers with the calls that it makes at its start."""
    module = call.scope.module
    given = next((each.value for each in call.node.keywords if each.arg == "lifespan"), None)
    function = _function(step, given, call.scope) if given is not None else None
    events = events_of(step, call)
    home = function.module if function is not None else module
    reached = reached_from(step, module)
    own = [each for each in tables if each.module in reached]
    owned = [each for each in engines if each.scope.module in reached and _is_here(each, function)]
    if not own and not owned and (given is not None or not events.handlers):
        return set()
    if given is None and events.others:
        rule = _DISPOSED if owned else _EVENTS
        reason = "move all of its events into one lifespan, which disposes of the engine at its end"
        step.withhold(module, call.node, rule, reason)
        return set()
    if given is not None and function is None:
        step.withhold(module, call.node, _DISPOSED, "dispose of the engine in its lifespan")
        return set()
    lifetime, made = _lifetime(step, home, own, owned, events if given is None else None)
    if function is None:
        write_lifespan(step, call, lifetime, _registering(call))
        for handler in events.handlers:
            _take_handler_out(step, module, handler)
        step.changed(module, call.node, "lifespan", rule=_EVENTS if events.handlers else _DISPOSED)
    elif extend_lifespan(step, function, lifetime):
        step.changed(home, function.node, "lifespan", rule=_DISPOSED)
    else:
        step.withhold(home, function.node, _DISPOSED, "dispose of the engine at its end")
        return set()
    for each in owned:
        engines.remove(each)
    return made


def _registering(call: Call) -> list[ast.keyword]:
    """Give the arguments of an application that a lifespan stands for."""
    return [each for each in call.node.keywords if each.arg in ARGUMENTS]


def _take_handler_out(step: Step, module: Module, handler: Handler) -> None:
    """Take out what registers a handler; an argument goes with its application's others."""
    editing = step.editing(module)
    if not isinstance(handler.written, ast.Call):
        return
    if handler.written in handler.function.node.decorator_list:
        without_decorator(step, module, handler.written)
    else:
        _take_out(editing, editing.statement(handler.written))


def _is_here(engine: _Engine, function: Function | None) -> bool:
    return isinstance(engine.scope, Module) or engine.scope is function


def _lifetime(
    step: Step,
    home: Module,
    tables: Iterable[OfMetadata],
    engines: Iterable[_Engine],
    events: Events | None,
) -> tuple[Lifetime, set[Call]]:
    """Give what an application does at its start and end, and the calls on metadata among it."""
    imports: list[str] = []
    start: list[str] = []
    made: set[Call] = set()
    for each in tables:
        lines = at_start(step, each, home) if _is_whole_statement(step, each) else None
        if lines is not None:
            made.add(each.call)
            start += [] if lines[-1] in start else [*_comment(step, each), *lines]
    end: list[str] = []
    for handler in events.handlers if events is not None else ():
        line = f"{'await ' if handler.function.is_async else ''}{handler.name}()"
        (start if handler.event == "startup" else end).append(line)
    for engine in engines:
        name = engine.name
        module = engine.scope.module
        if isinstance(engine.scope, Module) and module is not home:
            if not name_known(step, home, module, name) and home in reached_from(step, module):
                imports.append(f"from {spelling(step, home, module)} import {name}")
            else:
                name = name_in(step, home, module, name)
        end.append(f"await {name}.dispose()")
    return Lifetime(tuple(imports), tuple(start), tuple(end)), made


def _comment(step: Step, made: OfMetadata) -> list[str]:
    """Give the comment that stands above a call, line by line."""
    editing = step.editing(made.module)
    line = editing.statement(made.call.node).lineno
    text = editing.places.text[above(editing, line) : editing.places.start_of_line(line)]
    return [each.strip() for each in text.splitlines()]


def _is_whole_statement(step: Step, made: OfMetadata) -> bool:
    editing = step.editing(made.module)
    statement = editing.statement(made.call.node)
    alone = isinstance(statement, ast.Expr) and statement.value is made.call.node
    return alone and made.is_engine and isinstance(editing.parent(statement), ast.Module)


def _function(step: Step, given: ast.expr, scope: Scope) -> Function | None:
    """Give the lifespan that an application is given, also through a parameter or a combination."""
    if isinstance(given, ast.Name):
        binding = next(iter(scope.bindings.get(given.id, ())), None)
        if binding is not None and binding.kind == "parameter" and binding.value is not None:
            return _function(step, binding.value, scope.parent or scope)
    of = step.service.types.of(given, scope)
    if isinstance(of, FunctionObject) and of.function.yields and of.function.is_async:
        return of.function
    if isinstance(given, ast.Call):
        return next(filter(None, (_function(step, each, scope) for each in given.args)), None)
    return None
