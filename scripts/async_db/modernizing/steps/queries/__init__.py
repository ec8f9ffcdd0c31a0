"""The 1.x `Query` becomes the 2.0 `select`, by a session that is sync still.

What each form becomes is in the table of `queries/select-not-query`, which is proved by running it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.asking import SESSION_NAMES, asks_for_mapped
from async_db.modernizing.steps.queries.chains import method
from async_db.modernizing.steps.queries.entities import Entities
from async_db.modernizing.steps.queries.graph import Graph, Group
from async_db.modernizing.steps.queries.legacy import legacy
from async_db.modernizing.steps.queries.refusals import refusal
from async_db.modernizing.steps.queries.relationships import Relationships
from async_db.modernizing.steps.queries.state import Transitions
from async_db.modernizing.steps.queries.states import States
from async_db.modernizing.steps.queries.translating import Translator
from async_db.target import Call, LibraryObject, Module

RULE = "queries/select-not-query"


def queries(step: Step) -> None:
    """Translate the queries of a target; say of each that is left why."""
    entities = Entities(step.service)
    doubts: dict[ast.Call, str] = {}
    roots = list(_roots(step, entities, doubts))
    if roots:
        graph = Graph(step, roots)
        relationships = Relationships(step.service, entities)
        states = States(graph, Transitions(entities, relationships))
        translator = Translator(step, graph, states)
        for group in graph.groups:
            _judge(step, group, graph, states)
            _carry_out(step, group, translator, doubts)
        translator.finish()
    legacy(step, entities)


def _roots(step: Step, entities: Entities, doubts: dict[ast.Call, str]) -> Iterator[Call]:
    """Give the calls of `query` on a session, and note of which that is not sure."""
    calls, sessions = step.project.calls, step.service.sessions
    for call in calls.named("query"):
        func = call.node.func
        if not isinstance(func, ast.Attribute):
            continue
        called = calls.called(call)
        if called is not None:
            bound = called.bound_to if isinstance(called, LibraryObject) else None
            if sessions.kind(bound) == "sync":
                yield call
            continue
        given = call.node.args
        if any(asks_for_mapped(entities, each, call.scope) for each in given):
            yield call
        elif _last(func.value).lower() in SESSION_NAMES and given and not _is_text(given[0]):
            name = ast.unparse(func.value)
            doubts[call.node] = f"`{name}` is taken for a session by its name alone"
            yield call


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.Constant)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _judge(step: Step, group: Group, graph: Graph, states: States) -> None:
    """Note what stands against translating a group, and what makes it doubtful."""
    for chain in group.chains:
        state = states.ends(chain)
        if state is None:
            group.problems.append("what it is given cannot be seen")
            continue
        reason = refusal(chain, state, graph, states.transitions)
        if reason:
            group.problems.append(reason)
        group.doubts += sorted(state.doubts)
        last = chain.links[-1] if chain.is_closed and chain.links else None
        if any(method(each) == "params" and each is not last for each in chain.links):
            group.doubts.append("`params` of a select is for what was built before it alone")
        if chain.kind == "root" and not _is_where_it_says(step, chain.module, chain.source):
            group.problems.append("it stands in an f-string, where its place cannot be told")
    inside = {_in_slice(step, each.module, each.source) for each in group.chains}
    if len(inside) > 1:
        group.problems.append("it is used in and outside of what is to be moved")


def _is_where_it_says(step: Step, module: Module, node: ast.expr) -> bool:
    """Say whether a node is at its place, which `ast` tells wrongly in f-strings of Python 3.11."""
    try:
        written = ast.parse(step.editing(module).source(node), mode="eval").body
    except (SyntaxError, ValueError):
        written = None
    if written is not None and ast.dump(written) == ast.dump(node):
        return True
    try:
        within = ast.parse(f"({step.editing(module).source(node)})", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.dump(within) == ast.dump(node)


def _in_slice(step: Step, module: Module, node: ast.AST) -> bool:
    if step.world is not None:
        return step.may_change(module, node)  # also a copy that stands outside of the slice's files
    slices = [each.strip("/") for each in step.options.slices]
    return not slices or any(
        module.path == each or module.path.startswith(f"{each}/") for each in slices
    )


def _carry_out(
    step: Step, group: Group, translator: Translator, known_doubts: dict[ast.Call, str]
) -> None:
    roots = list(group.roots)
    if not all(_in_slice(step, each.module, each.source) for each in roots):
        return
    doubts = [*group.doubts]
    for root in roots:
        if isinstance(root.source, ast.Call) and root.source in known_doubts:
            doubts.append(known_doubts[root.source])
    if group.problems:
        reason = f"write select(…) by hand: {group.problems[0]}"
        for root in roots:
            step.withhold(root.module, root.source, RULE, reason)
    elif doubts:
        for root in roots:
            step.doubtful(root.module, root.source, "select", RULE, doubts[0])
        if step.options.unsafe:
            translator.translate(group)
    else:
        for root in roots:
            step.changed(root.module, root.source, "select", rule=RULE)
        translator.translate(group)
