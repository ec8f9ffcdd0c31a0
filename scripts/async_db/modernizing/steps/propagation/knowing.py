"""What calls run, as far as a record of the tests or a type checker knows it, and the model may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from async_db.modernizing.sources import Sources
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.awaitables import Treatment, treatment_by_name
from async_db.records import Edge, Knowledge
from async_db.target import Call, Function, Module


@dataclass(slots=True)
class Known:
    """What is known from elsewhere than the model.

    Parameters:
        callees: the functions of the target that calls run; more than one of a table of handlers.
        direct: what happens to calls of libraries' objects.
        source: who knows it of each call.
    """

    callees: dict[Call, list[Function]] = field(default_factory=dict)
    direct: dict[Call, Treatment] = field(default_factory=dict)
    source: dict[Call, Knowledge] = field(default_factory=dict)


def known_of(step: Step) -> Known:
    """Find the calls that edges speak of, where the steps so far have left them."""
    known = Known()
    by_path: dict[str, list[Edge]] = {}
    for edge in step.options.edges:
        by_path.setdefault(edge.path, []).append(edge)
    functions = {(each.module.path, each.qualname): each for each in step.project.functions}
    for module in step.project.modules:
        if module.path in by_path:
            for edge, call in _calls_of(step.sources, module, by_path[module.path]):
                _note(known, edge, call, functions)
    return known


def _calls_of(
    sources: Sources, module: Module, edges: Iterable[Edge]
) -> Iterable[tuple[Edge, Call]]:
    by_end = {(each.node.end_lineno, each.node.end_col_offset): each for each in module.all_calls}
    now = sources.now_at(module.path, [each.end for each in edges])
    for edge in edges:
        call = by_end.get(now.get(edge.end, (0, 0)))
        if call is not None:
            yield edge, call


def _note(known: Known, edge: Edge, call: Call, functions: dict[tuple[str, str], Function]) -> None:
    if edge.callee_path:
        function = functions.get((edge.callee_path, edge.callee))
        if function is not None:
            known.callees.setdefault(call, []).append(function)
            known.source[call] = edge.source
        return
    treatment = treatment_by_name(edge.callee)
    if treatment:
        known.direct[call] = treatment
        known.source[call] = edge.source
