"""`scoped_session`, which has a session for each thread: a plain factory, where one dependency asks it.

A dependency makes a session for each request anyway. Where others ask the registry too, they share what
it gives, and only a person can say who is given which session.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.definitions import Definition, Definitions, Reference
from async_db.modernizing.step import Step
from async_db.target import Call, Function, Module, enclosing_function, libraries

_RULE = "session/one-per-request"


@dataclass(frozen=True, slots=True)
class _Use:
    """What one dependency does with a registry.

    Parameters:
        name: that holds the session which it gives.
        removals: the calls of `remove`, which closes that.
    """

    name: str
    removals: tuple[tuple[Module, ast.Call], ...]


def scoped(step: Step) -> None:
    """Make registries plain factories, where that is the same; the others are told later."""
    calls = [
        call
        for call in step.project.calls.named("scoped_session")
        if step.service.library_name(call) == libraries.SCOPED
    ]
    if not calls:
        return
    definitions = Definitions(step.project)
    for call in calls:
        module, node = call.scope.module, call.node
        editing = step.editing(module)
        made = editing.parent(node)
        if not isinstance(made, ast.Assign | ast.AnnAssign) or len(node.args) != 1 or node.keywords:
            continue
        target = made.target if isinstance(made, ast.AnnAssign) else made.targets[0]
        registry = definitions.of.get((module, getattr(target, "id", "")))
        used = _used(step, definitions, registry) if registry is not None else None
        if used is None or isinstance(made, ast.AnnAssign):
            continue
        editing.replace_range(
            editing.places.span(node)[0], editing.places.span(node.args[0])[0], ""
        )
        editing.replace_range(
            editing.places.span(node.args[0])[1], editing.places.span(node)[1], ""
        )
        if isinstance(node.func, ast.Name):
            step.drop_import(module, node.func.id)
        for home, removal in used.removals:
            step.editing(home).replace(removal, f"{used.name}.close()")
        step.changed(module, node, "factory", rule=_RULE)


def _used(step: Step, definitions: Definitions, registry: Definition) -> _Use | None:
    """Give how a registry is used, if one dependency alone does that."""
    provided = {each.node for each in step.service.web.provided_functions}
    functions: set[Function] = set()
    names: list[str] = []
    removals: list[tuple[Module, ast.Call]] = []
    for reference in definitions.references:
        if reference.to is not registry:
            continue
        call = _call_around(reference)
        function = enclosing_function(call.scope) if call is not None else None
        if call is None or function is None or function.node not in provided:
            return None
        functions.add(function)
        if call.node.func is reference.node:
            names += _holding(step, reference.module, call.node)
        elif call.name == "remove" and call.use == "discarded":
            removals.append((reference.module, call.node))
        else:
            return None
    return _Use(names[0], tuple(removals)) if len(functions) == len(names) == 1 else None


def _call_around(reference: Reference) -> Call | None:
    """Give the call of what is named, or of a method of it."""
    for call in reference.module.all_calls:
        func = call.node.func
        if func is reference.node or getattr(func, "value", None) is reference.node:
            return call
    return None


def _holding(step: Step, module: Module, node: ast.Call) -> list[str]:
    """Give the name that holds what a call gives."""
    match step.editing(module).parent(node):
        case ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
        case ast.withitem(optional_vars=ast.Name(id=name)):
            return [name]
    return []
