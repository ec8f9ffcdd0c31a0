"""Why a chain is not translated, as far as it alone can tell."""

from __future__ import annotations

import ast

from async_db.modernizing.steps.queries.chains import Chain, method, words
from async_db.modernizing.steps.queries.graph import Graph
from async_db.modernizing.steps.queries.state import State, Transitions

_WITHOUT_ARGUMENTS = words("all first one one_or_none scalar count exists as_scalar")
_BY_KEY = frozenset({"options", "populate_existing", "with_for_update"})
_ONLY_ARGUMENT = frozenset({"yield_per", "autoflush", "add_entity", "add_column"})


def refusal(chain: Chain, state: State, graph: Graph, transitions: Transitions) -> str:
    """Say why a chain cannot be translated; nothing, if it can.

    Parameters:
        chain: the chain.
        state: what it is before it is used.
        graph: that it is in.
        transitions: tell what else stands in the way.
    """
    if state.problems:
        return min(state.problems)
    for each in chain.links:
        if method(each) in _ONLY_ARGUMENT and (len(each.args) != 1 or each.keywords):
            return f"`{method(each)}` is called in a way that has no counterpart"
        if method(each) == "from_statement" and not (chain.is_closed and each is chain.links[-1]):
            return "`from_statement` is built on, which a select does not let"
    return (
        transitions.refused(state)
        or _of_use(chain, state)
        or (_of_session(chain, state, graph) if chain.is_closed else "")
    )


def counts_itself(chain: Chain, state: State) -> bool:
    """Say whether rows can be counted by the statement itself, without a subquery."""
    begins = chain.kind == "root" and state.rows == "objects" and state.entity != ""
    return begins and state.plain and not state.ordered


def _of_use(chain: Chain, state: State) -> str:
    use, node = chain.use, chain.use.node
    name = use.name
    if use.kind in ("terminal", "converted") and isinstance(node, ast.Call):
        if name in _WITHOUT_ARGUMENTS and (node.args or node.keywords):
            return f"`{name}` is called in a way that has no counterpart"
        if name == "subquery" and any(each.arg != "name" for each in node.keywords):
            return "`subquery` is called with options of 1.x alone"
        if name in ("update", "delete"):
            return _of_write(chain, state, node)
        if name == "get":
            return _of_get(chain, node)
    if name == "count" and state.executed and not counts_itself(chain, state):
        return "`count` of a query that says how it is executed: count a subquery of it"
    needs_rows = use.kind in ("slice", "iterated") or (
        use.kind == "terminal" and name not in ("count", "update", "delete", "get")
    )
    if needs_rows and state.rows in ("mixed", ""):
        return "whether it gives objects or rows depends on where it comes from"
    if name == "scalar" and state.rows == "rows" and state.repeats:
        return "`scalar` of rows that a join repeats: select the one column that is meant"
    return ""


def _of_session(chain: Chain, state: State, graph: Graph) -> str:
    if chain.kind == "root":
        return ""
    if not state.session:
        return "where it is executed there is no name for its session: pass the session there too"
    flow, anchor = graph.flow(chain.scope), chain.anchor
    now = flow.at(state.session.partition(".")[0], anchor) if flow and anchor else None
    # Nothing of its own is known in an inner function, where it is what the outer one has.
    if now and state.session_from is not None and now != state.session_from:
        return f"`{state.session}` may be another session where it is executed"
    return ""


def _of_write(chain: Chain, state: State, call: ast.Call) -> str:
    name = method(call)
    if chain.kind != "root":
        return f"`{name}` of a query in a variable: write `{name}(…).where(…)` with its conditions"
    if not (state.filtered_only and state.entity):
        return f"`{name}` of more than one class with conditions has no counterpart"
    wanted = 1 if name == "update" else 0
    if any(each.arg != "synchronize_session" for each in call.keywords):
        return f"`{name}` is called in a way that has no counterpart"
    if not wanted <= len(call.args) <= wanted + 1:
        return f"`{name}` is called in a way that has no counterpart"
    return ""


def _of_get(chain: Chain, call: ast.Call) -> str:
    if chain.kind != "root" or not isinstance(chain.source, ast.Call):
        return "`get` of a query in a variable: write `session.get(…)`"
    if len(call.args) != 1 or call.keywords or len(chain.source.args) != 1:
        return "`get` is called in a way that has no counterpart"
    for each in chain.links:
        if (
            method(each) not in _BY_KEY
            or "query" in ast.unparse(each)[len(ast.unparse(each.func)) :]
        ):
            return "`get` of a query with more than options has no counterpart"
        if any(isinstance(given, ast.Starred) for given in each.args):
            return "`get` of a query with more than options has no counterpart"
    return ""
