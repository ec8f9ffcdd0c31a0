"""Commits that end operations: the dependency does them, where that is asked for.

It is never provably the same. What another operation left uncommitted would be stored; an answer that
cannot be serialised would undo what was stored before; a test's override would have to commit as well.
So it is done for who asks for what is not sure, and otherwise operations go on committing, which is
right too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.exiting import can_end_early
from async_db.target import Function

_RULE = "session/unit-of-work-per-operation"
_DOUBT = (
    "what other operations leave uncommitted is stored too, an answer that cannot be serialised "
    "undoes it, and a test's override has to commit as well"
)
_OTHER = frozenset({"rollback", "begin", "begin_nested", "close", "commit"})
"""What an operation that is one unit of work does not ask its session, beside the one commit."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """The commit that ends an operation.

    Parameters:
        function: the operation.
        call: of `commit`.
    """

    function: Function
    call: ast.Call


def committing(step: Step) -> None:
    """Have dependencies commit what operations did, and those flush instead; with `--unsafe` alone."""
    if not step.options.unsafe:
        return
    service = step.service
    for dependency in service.web.provided_functions:
        place = _behind_yield(dependency)
        if place is None or not can_end_early(step, dependency):
            continue
        endings = [
            ending
            for operation in service.web.route_functions
            if (ending := _ending(step, operation, dependency)) is not None
        ]
        if not endings:
            continue
        statement, name = place
        editing = step.editing(dependency.module)
        margin = " " * statement.col_offset
        editing.insert(editing.places.span(statement)[1], f"\n{margin}await {name}.commit()")
        for each in endings:
            module = each.function.module
            places = step.editing(module).places
            end = places.span(each.call.func)[1]
            step.editing(module).replace_range(end - len("commit"), end, "flush")
            step.changed(module, each.call, "commit", rule=_RULE, grade="unsafe", reason=_DOUBT)


def _behind_yield(function: Function) -> tuple[ast.stmt, str] | None:
    """Give where a dependency gives its session, if it does nothing with it but close it."""
    if not function.is_async or len(function.yields) != 1:
        return None
    if any(each.name in _OTHER - {"close"} for each in function.calls):
        return None
    for block in _blocks(function.node):
        match block[-1]:
            case ast.Expr(value=ast.Yield(value=ast.Name(id=name))) as statement:
                return statement, name
    return None


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Give the blocks that run whatever happens not: bodies of `with` and `try`, one in another."""
    body = getattr(node, "body", [])
    yield body
    for each in body:
        if isinstance(each, ast.AsyncWith) or (isinstance(each, ast.Try) and not each.orelse):
            yield from _blocks(each)


def _ending(step: Step, operation: Function, dependency: Function) -> _Ending | None:
    """Give the only commit of an operation, if nothing follows but refreshes and its answer."""
    web = step.service.web
    names = {
        each.parameter
        for each in web.dependencies_of(operation)
        if web.function_of(each.target) is dependency
    }
    return None if not names else _only_commit(operation, names)


def _only_commit(operation: Function, names: set[str]) -> _Ending | None:
    commits: list[ast.Call] = []
    for call in operation.calls:
        func = call.node.func
        if call.name in _OTHER and isinstance(func, ast.Attribute):
            if getattr(func.value, "id", "") not in names or call.name != "commit":
                return None
            commits.append(call.node)
    body = operation.node.body
    for number, statement in enumerate(body):
        match statement:
            case ast.Expr(value=ast.Await(value=ast.Call() as ended)) if [ended] == commits:
                rest = body[number + 1 :]
                return _Ending(operation, ended) if all(map(_only_answers, rest)) else None
    return None


def _only_answers(statement: ast.stmt) -> bool:
    """Say whether a statement refreshes an object, or answers with one."""
    match statement:
        case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute(attr="refresh")))):
            return True
        case ast.Return(value=None | ast.Name() | ast.Constant()):
            return True
    return False
