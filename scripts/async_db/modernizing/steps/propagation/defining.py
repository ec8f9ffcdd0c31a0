"""What stands in the heads of functions that become async: `async def`, decorators, annotations."""

from __future__ import annotations

import ast

from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.families import Families
from async_db.modernizing.steps.propagation.moving import Moving
from async_db.target import Call, Function, FunctionObject, LibraryObject, Module

_RULE = "migrating/slice-by-slice"
_MANAGERS = {
    "contextlib.contextmanager": "asynccontextmanager",
    "contextlib.AbstractContextManager": "AbstractAsyncContextManager",
}
_GIVES = {
    "Iterator": "AsyncIterator",
    "Iterable": "AsyncIterator",
    "Generator": "AsyncGenerator",
    "ContextManager": "AsyncContextManager",
    "AbstractContextManager": "AbstractAsyncContextManager",
}
_ENTERING = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def write_definitions(step: Step, moving: Moving) -> None:
    """Make functions async.

    Parameters:
        step: the step.
        moving: what it found.
    """
    families = Families(step.service.calls, moving.doubles)
    for function in moving.functions:
        if function.is_async:
            continue
        of_generators = any(each.is_generator for each in families.of(function))
        if function.is_generator or not of_generators:
            editing = step.editing(function.module)
            editing.insert(editing.places.span(function.node)[0], "async ")
            step.changed(function.module, function.node, "async def", rule=_RULE)
        if of_generators:
            annotate(step, function)
        _decorators(step, function)
        if function.name in _ENTERING:
            _rename(step, function)
    for name in _MANAGERS:
        for call in step.service.calls.named(name.rpartition(".")[2]):
            _made_manager(step, call, moving)


def _made_manager(step: Step, call: Call, moving: Moving) -> None:
    """Have `contextmanager(get_db)` make an async one, where `get_db` is async now."""
    name = step.service.library_name(call)
    if name in _MANAGERS and len(call.node.args) == 1:
        given = step.service.types.of(call.node.args[0], call.scope)
        if isinstance(given, FunctionObject) and given.function in moving.functions:
            rename(step, call.scope.module, call.node.func, _MANAGERS[name], "contextlib")
            step.changed(call.scope.module, call.node, "name", rule=_RULE)


def _rename(step: Step, function: Function) -> None:
    """Call what `with` enters by the name that `async with` asks for."""
    editing = step.editing(function.module)
    start, end = editing.places.span(function.node)
    place = editing.places.text.index(function.name, start, end)
    editing.replace_range(place, place + len(function.name), _ENTERING[function.name])


def _decorators(step: Step, function: Function) -> None:
    scope = function.parent or function
    for node in function.node.decorator_list:
        named = node.func if isinstance(node, ast.Call) else node
        of = step.service.types.of(named, scope)
        if isinstance(of, LibraryObject) and of.name in _MANAGERS:
            rename(step, function.module, named, _MANAGERS[of.name], "contextlib")


def annotate(step: Step, function: Function) -> None:
    """Say what an async generator gives: `AsyncIterator`, `AsyncGenerator` of two types."""
    said = function.node.returns
    head = said.value if isinstance(said, ast.Subscript) else said
    if head is None or not isinstance(head, ast.Name | ast.Attribute):
        return
    of = step.service.types.of(head, function.parent or function)
    last = of.name.rpartition(".")[2] if isinstance(of, LibraryObject) else ""
    if last not in _GIVES:
        return
    source = _source(function.module, head)
    rename(step, function.module, head, _GIVES[last], source)
    if last == "Generator" and isinstance(said, ast.Subscript):
        parts = said.slice.elts if isinstance(said.slice, ast.Tuple) else []
        if len(parts) == 3:
            editing = step.editing(function.module)
            start, end = editing.places.span(parts[1])[1], editing.places.span(parts[2])[1]
            editing.replace_range(start, end, "")


def _source(module: Module, head: ast.expr) -> str:
    """Give the module that a name of `typing` is imported from in a file."""
    if isinstance(head, ast.Name):
        for binding in module.bindings.get(head.id, ()):
            if binding.kind == "from" and not binding.target.startswith("."):
                return binding.target
    return "collections.abc"


def rename(step: Step, module: Module, node: ast.expr, name: str, source: str) -> None:
    """Put a name of a library in the place of another, and import it.

    Parameters:
        step: the step.
        module: the file.
        node: the name as it stands, or the attribute of a module.
        name: what to write instead.
        source: the module to import it from, where it is not written as an attribute.
    """
    editing = step.editing(module)
    if isinstance(node, ast.Attribute):
        _, end = editing.places.span(node)
        editing.replace_range(end - len(node.attr), end, name)
        return
    if isinstance(node, ast.Name):
        editing.replace(node, name)
        step.add_import(module, source, name)
        step.drop_import(module, node.id)
