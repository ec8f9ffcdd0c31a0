"""What hands out queries without `query(…)`: dynamic relationships, query properties, mocks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.modernizing.steps.queries.chains import words
from async_db.modernizing.steps.queries.entities import Entities
from async_db.modernizing.steps.queries.relationships import lazy_of
from async_db.target import ClassObject, Module, Scope

RULE = "queries/select-not-query"
_OF_QUERIES = words("""filter filter_by all first one one_or_none count order_by limit offset join delete
    options with_entities append remove""")
_OF_SESSIONS = words("add commit rollback close flush refresh execute get")
_MOCKED = frozenset({"return_value", "side_effect"})


_MOCK = "it plays a session by `query`, which is not called any more: use a real database"
_DYNAMIC = 'lazy="dynamic" gives a 1.x query: write WriteOnlyMapped, with passive_deletes=True, and read it by `….select()`'


def _dynamic_use(name: str) -> str:
    write = f"write `session.scalars(….{name}.select()…)`, and `add` for `append`"
    return f"`{name}` is a dynamic relationship: {write}"


def legacy(step: Step, entities: Entities) -> None:
    """Leave to a person what gives queries by itself, and say what to write instead."""
    for module, node, reason in [
        *_dynamic(step),
        *_properties(step, entities),
    ]:
        step.withhold(module, node, RULE, reason)
    for module, node in _mocks(step):
        step.withhold(module, node, "testing/real-database", _MOCK)


def _dynamic(step: Step) -> Iterator[tuple[Module, ast.AST, str]]:
    names: set[str] = set()
    for made in ("relationship", "relation", "backref"):
        for call in step.project.calls.named(made):
            if lazy_of(call.node) == "dynamic":
                names |= set(_bound(step, call.scope, call.node))
                yield (
                    call.scope.module,
                    call.node,
                    _DYNAMIC,
                )
    for method in _OF_QUERIES if names else ():
        for call in step.project.calls.named(method):
            func = call.node.func
            if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute):
                name = func.value.attr
                if name in names:
                    yield (
                        call.scope.module,
                        call.node,
                        _dynamic_use(name),
                    )


def _bound(step: Step, scope: Scope, call: ast.Call) -> Iterator[str]:
    """Give the names that a relationship is known by, that of its backref if it is one."""
    if getattr(call.func, "id", getattr(call.func, "attr", "")) == "backref":
        for each in call.args[:1]:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value
    for name, bindings in scope.bindings.items():
        if any(each.value is call for each in bindings):
            yield name


def _properties(step: Step, entities: Entities) -> Iterator[tuple[Module, ast.AST, str]]:
    """Find `Model.query`, which a scoped session puts on mapped classes."""
    if not step.project.calls.named("query_property"):
        return
    for module in step.project.modules:
        for call in module.all_calls:
            func = call.node.func
            value = func.value if isinstance(func, ast.Attribute) else None
            if isinstance(value, ast.Attribute) and value.attr == "query":
                of = step.project.types.of(value.value, call.scope)
                if isinstance(of, ClassObject) and entities.is_mapped(of.of):
                    name = ast.unparse(value.value)
                    yield module, call.node, f"`{name}.query`: write select({name}) and a session"


def _mocks(step: Step) -> Iterator[tuple[Module, ast.AST]]:
    """Find what plays a session in tests, and says what `query` gives."""
    for module in step.project.modules:
        if not module.is_test or "query" not in module.text or module.tree is None:
            continue
        for statement in ast.walk(module.tree):
            if (isinstance(statement, ast.Assign) and any(map(_is_mock, statement.targets))) or (
                isinstance(statement, ast.ClassDef) and _stands_in(statement)
            ):
                yield module, statement


def _is_mock(node: ast.expr) -> bool:
    """Say whether an expression is what `query` of a mock gives, or what that gives."""
    if isinstance(node, ast.Attribute) and node.attr == "query":
        return not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    return any(
        isinstance(each, ast.Attribute)
        and each.attr in _MOCKED
        and isinstance(each.value, ast.Attribute)
        and each.value.attr == "query"
        for each in ast.walk(node)
    )


def _stands_in(node: ast.ClassDef) -> bool:
    """Say whether a class of a test plays a session: it has `query`, and what sessions have."""
    names = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    return "query" in names and bool(names & _OF_SESSIONS)
