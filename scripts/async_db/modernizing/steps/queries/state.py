"""What is known of a query at one place: what it selects, and what was done with it on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from async_db.modernizing.steps.queries.chains import Chain, method, words
from async_db.modernizing.steps.queries.entities import Entities
from async_db.modernizing.steps.queries.relationships import Relationships
from async_db.target import Scope

Rows = Literal["objects", "rows", "mixed", ""]
"""Whether it gives objects of one entity or rows; `mixed` is one or the other."""
_OF_OTHER_SCOPES = words(
    "query select any has exists in_ not_in notin_ subquery scalar_subquery of_type"
)
_PLAIN = words("filter where filter_by join outerjoin order_by")
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class State:
    """A query.

    Parameters:
        rows: what it gives.
        session: how its session is written; empty if there is no one way to.
        session_from: the assignments that the session's name comes from.
        entity: the one entity that it began with, as it is written; empty if there is no such.
        selected: the entities that are selected, as they are written.
        has_entity: whether any is, so that a `Query` would drop duplicates.
        others: whether rows may be repeated, by a join or another table.
        eager: whether a collection may be loaded by the same statement.
        joined: what `filter_by` means: empty for the first entity, a name, or `?`.
        columns: what is ordered by or selected, for `distinct`.
        distinct, ordered_by: as they say.
        plain: whether nothing but conditions, joins and order were added.
        filtered_only: whether nothing but conditions were.
        one_row: whether there is always one row, as of an aggregate.
        streamed: whether rows come by and by, which are never compared.
        literal: whether it is one row, as of `exists(…)`, while nothing is filtered.
        executed: whether it says how it is executed.
        taken: the parameter that it was given as.
        problems, doubts: why it cannot be translated, or not for sure.
    """

    rows: Rows = ""
    session: str = ""
    session_from: frozenset[ast.AST] | None = None
    entity: str = ""
    selected: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    has_entity: bool = False
    others: bool = False
    eager: bool = False
    joined: str = ""
    distinct: bool = False
    ordered_by: frozenset[str] = frozenset()
    plain: bool = True
    ordered: bool = False
    filtered_only: bool = True
    one_row: bool = False
    streamed: bool = False
    literal: bool = False
    executed: bool = False
    taken: ast.arg | None = None
    problems: frozenset[str] = field(default_factory=frozenset)
    doubts: frozenset[str] = field(default_factory=frozenset)

    @property
    def repeats(self) -> bool:
        """Whether its objects may come several times, which a `Query` gave once."""
        return self.has_entity and not self.streamed and (self.others or self.eager)


def merged(states: Iterable[State | None]) -> State | None:
    """Give what is known of a query that is one of several."""
    known = [each for each in states if each is not None]
    if not known:
        return None
    found = known[0]
    for each in known[1:]:
        found = replace(
            found,
            rows=found.rows if found.rows == each.rows else "mixed",
            session=found.session if found.session == each.session else "",
            session_from=_both(found.session_from, each.session_from),
            entity=found.entity if found.entity == each.entity else "",
            selected=found.selected & each.selected,
            columns=found.columns & each.columns,
            has_entity=found.has_entity or each.has_entity,
            others=found.others or each.others,
            eager=found.eager or each.eager,
            joined=found.joined if found.joined == each.joined else _UNKNOWN,
            distinct=found.distinct or each.distinct,
            ordered_by=found.ordered_by | each.ordered_by,
            plain=found.plain and each.plain,
            ordered=found.ordered or each.ordered,
            filtered_only=found.filtered_only and each.filtered_only,
            one_row=found.one_row and each.one_row,
            streamed=found.streamed or each.streamed,
            literal=found.literal and each.literal,
            executed=found.executed or each.executed,
            taken=found.taken if found.taken is each.taken else None,
            problems=found.problems | each.problems,
            doubts=found.doubts | each.doubts,
        )
    return found


def _both(
    one: frozenset[ast.AST] | None, other: frozenset[ast.AST] | None
) -> frozenset[ast.AST] | None:
    return one | other if one is not None and other is not None else None


class Transitions:
    """Tells what a query is after each call on it.

    Parameters:
        entities: tells what columns are.
        relationships: tells what joins lead to.
    """

    def __init__(self, entities: Entities, relationships: Relationships) -> None:
        self.entities = entities
        self.relationships = relationships

    def root(self, chain: Chain, session: str, session_from: frozenset[ast.AST] | None) -> State:
        """Give what `query(…)` begins with."""
        call = chain.source
        if not isinstance(call, ast.Call):
            raise TypeError("a chain that does not begin with a call")
        begun = State(session=session, session_from=session_from)
        state = self.selecting(begun, _expanded(call), chain.scope)
        return replace(state, entity=ast.unparse(call.args[0]) if _is_one(call, state) else "")

    def selecting(self, state: State, columns: list[ast.expr], scope: Scope) -> State:
        """Give what a query is once it selects these."""
        kinds = [self.entities.kind(each, scope) for each in columns]
        sources = [ast.unparse(each) for each in columns]
        problems, doubts = set(state.problems), set(state.doubts)
        entities = [
            source
            for source, kind in zip(sources, kinds, strict=True)
            if kind in ("entity", "likely")
        ]
        several = self.entities.are_several(columns, scope)
        if not several and any(isinstance(each, ast.Starred) for each in columns):
            problems.add("what it selects is in a list that cannot be seen")
        elif "" in kinds:
            unknown = sources[kinds.index("")]
            if not several:
                problems.add(f"whether `{unknown}` is a mapped class or a column is not known")
        if "likely" in kinds:
            name = sources[kinds.index("likely")]
            doubts.add(f"`{name}` is taken for a mapped class by its name alone")
        if "table" in kinds:
            doubts.add(
                "a statement of tables alone does not flush what is pending before SQLAlchemy 2.1"
            )
        names = [_own_name(each) for each in columns]
        twice = {name for name in names if name and names.count(name) > 1}
        for name in sorted(twice):
            doubts.add(
                f"`row.{name}` meant the last of several columns of that name and means the first"
            )
        one = len(columns) == 1 and bool(entities)
        return replace(
            state,
            rows="objects" if one else "rows",
            selected=frozenset(entities),
            columns=frozenset(sources),
            has_entity=bool(entities) or "" in kinds,
            eager=state.eager
            or any(
                self.relationships.joined_by_default(self.entities.aliased_class(each, scope))
                for each, kind in zip(columns, kinds, strict=True)
                if kind in ("entity", "likely", "")
            ),
            one_row=len(columns) > 0 and all(map(self._one_row, columns)),
            literal=bool(columns) and all(map(_is_exists, columns)),
            problems=frozenset(problems),
            doubts=frozenset(doubts),
        )

    def _one_row(self, column: ast.expr) -> bool:
        return self.entities.is_aggregate(column)

    def after(self, state: State, call: ast.Call, scope: Scope) -> State:
        """Give what a query is after a call on it."""
        name = method(call)
        executed = name in ("execution_options", "autoflush")
        plain = executed or name in _PLAIN
        state = replace(
            state,
            plain=state.plain and plain,
            filtered_only=state.filtered_only
            and name in ("filter", "where", "filter_by", "execution_options"),
            one_row=state.one_row and plain,
            literal=state.literal and name in ("select_from", "options"),
            executed=state.executed or executed,
        )
        match name:
            case "filter" | "where" | "having":
                return replace(state, others=state.others or self._names_others(state, call, scope))
            case "filter_by":
                return self._filter_by(state, call)
            case "join" | "outerjoin":
                return self._join(state, call, scope)
            case "select_from":
                first = ast.unparse(call.args[0]) if call.args else ""
                begun = state.entity if state.rows == "objects" else _UNKNOWN
                others = state.others or first not in state.selected
                return replace(state, others=others, joined=state.joined or begun)
            case "options":
                return replace(state, eager=state.eager or _may_be_eager(call))
            case "order_by":
                return self._order_by(state, call)
            case "distinct":
                return replace(state, distinct=state.distinct or not call.args)
            case "yield_per":
                return replace(state, streamed=True)
            case "execution_options" if any(each.arg == "yield_per" for each in call.keywords):
                return replace(state, streamed=True)
            case "with_entities":
                selected = self.selecting(state, list(call.args), scope)
                return replace(selected, others=True, entity="")
            case "add_columns" | "add_column" | "add_entity":
                return self._add(state, call, scope)
            case "from_statement":
                return replace(state, others=True)
        return state

    def _names_others(self, state: State, call: ast.Call, scope: Scope) -> bool:
        """Say whether a condition names a mapped class that is not selected: a join by itself."""
        for node in _outer(call):
            if isinstance(node, ast.Attribute):
                owner = ast.unparse(node.value)
                if owner in state.selected:
                    continue
                if self.entities.aliased_class(node.value, scope) is not None:
                    return True
        return False

    def _filter_by(self, state: State, call: ast.Call) -> State:
        if not state.joined:
            return state
        if state.joined == _UNKNOWN or any(each.arg is None for each in call.keywords):
            doubt = (
                "`filter_by` behind a join means what was joined last; SQLAlchemy 2.1 may refuse"
            )
            return replace(state, doubts=state.doubts | {doubt})
        return state

    def _join(self, state: State, call: ast.Call, scope: Scope) -> State:
        problems = set(state.problems)
        if any(each.arg not in ("isouter", "full", "onclause") for each in call.keywords):
            problems.add("it joins by options of 1.x alone")
        if not 1 <= len(call.args) <= 2 or any(isinstance(e, ast.Starred) for e in call.args):
            problems.add("it joins several at once, as 1.x alone does")
            return replace(state, problems=frozenset(problems))
        first = call.args[0]
        if isinstance(first, ast.Tuple):
            problems.add("it joins several at once, as 1.x alone does")
        target = self.relationships.target(first, scope)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if not state.entity or state.joined:
                problems.add(f"what `{first.value}` is a relationship of is not known")
            target = ""
        selected = target in state.selected
        return replace(
            state,
            joined=target or _UNKNOWN,
            others=state.others or not selected,
            problems=frozenset(problems),
        )

    def _order_by(self, state: State, call: ast.Call) -> State:
        problems = set(state.problems)
        if any(isinstance(each, ast.Constant) and each.value is False for each in call.args):
            problems.add("`order_by(False)` is of 1.x alone")
        named = {_ordered(each) for each in call.args}
        return replace(
            state,
            ordered=True,
            ordered_by=state.ordered_by | named,
            problems=frozenset(problems),
        )

    def _add(self, state: State, call: ast.Call, scope: Scope) -> State:
        added = self.selecting(replace(state, problems=frozenset()), list(call.args), scope)
        return replace(
            added,
            rows="rows",
            one_row=False,
            literal=False,
            selected=state.selected | added.selected,
            columns=state.columns | added.columns,
            has_entity=state.has_entity or added.has_entity,
            others=state.others or not added.selected,
            problems=state.problems | {e for e in added.problems if "in a list" in e},
        )

    def refused(self, state: State) -> str:
        """Say why a query cannot be translated that was built so, if that is so at its end."""
        if state.distinct:
            for each in sorted(state.ordered_by):
                owner = each.rpartition(".")[0]
                if each not in state.columns and owner not in state.selected:
                    return (
                        f"it is distinct and ordered by `{each}`, which a `Query` selected as well "
                        "and a select does not: add it to the columns, or order by what is there"
                    )
        return ""


def _expanded(call: ast.Call) -> list[ast.expr]:
    found: list[ast.expr] = []
    for each in call.args:
        if isinstance(each, ast.Starred) and isinstance(each.value, ast.List | ast.Tuple):
            found += each.value.elts
        else:
            found.append(each)
    return found


def _is_one(call: ast.Call, state: State) -> bool:
    return len(call.args) == 1 and state.rows == "objects"


def _is_exists(node: ast.expr) -> bool:
    """Say whether a column asks whether there is something: one row, if nothing is filtered."""
    return isinstance(node, ast.Call) and (
        (isinstance(node.func, ast.Attribute) and node.func.attr == "exists")
        or (isinstance(node.func, ast.Name) and node.func.id == "exists")
    )


def _own_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _outer(call: ast.Call) -> Iterable[ast.AST]:
    """Give the nodes of a call's arguments, without what stands in statements of their own."""
    waiting: list[ast.AST] = [*call.args]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            last = last or getattr(node.func, "id", "")
            if last in _OF_OTHER_SCOPES:
                if last in ("in_", "not_in", "notin_") and isinstance(node.func, ast.Attribute):
                    waiting.append(node.func.value)
                continue
        yield node
        waiting += ast.iter_child_nodes(node)


def _may_be_eager(call: ast.Call) -> bool:
    """Say whether loader options may load a collection by the same statement."""
    for each in call.args:
        text = ast.unparse(each)
        if "joinedload" in text or "contains_eager" in text or not isinstance(each, ast.Call):
            return True
    return False


def _ordered(node: ast.expr) -> str:
    """Give what is ordered by, without its direction."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "asc",
            "desc",
            "nulls_last",
            "nulls_first",
            "nullslast",
            "nullsfirst",
        ):
            node = node.func.value
        elif getattr(node.func, "id", "") in ("asc", "desc", "nulls_last", "nullslast"):
            node = node.args[0] if node.args else node.func
        else:
            break
    return ast.unparse(node)
