"""A session that is only closed when nothing went wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.yielding import session_generators, tries_around_yield
from async_db.findings import Finding
from async_db.target import Call, Function

RULE = "session/close-on-cancel"


@detects(RULE)
def not_closed(service: Service) -> Iterator[Finding]:
    """Find generators that make the session they give, and close it in no `finally` or `with`."""
    for function in session_generators(service):
        for call in function.calls:
            if call.use == "entered" or not service.sessions.factory_of(call):
                continue
            name = _assigned(function, call)
            if name and not _is_closed(service, function, name):
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    f"{function.qualname} makes a session that no `with` and no `finally` closes: when "
                    "the client is gone or the operation fails, its connection stays out",
                    "`async with sessions() as session:` around the `yield`",
                )


def _assigned(function: Function, call: Call) -> str:
    """Give the name that a session gets, if that is what the generator yields."""
    for name, bindings in function.bindings.items():
        if any(binding.kind == "assign" and binding.value is call.node for binding in bindings):
            given = [each.value for each in function.yields]
            if any(isinstance(each, ast.Name) and each.id == name for each in given):
                return name
    return ""


def _is_closed(service: Service, function: Function, name: str) -> bool:
    for around in ast.walk(function.node):
        if isinstance(around, ast.With | ast.AsyncWith):
            for item in around.items:
                inside = ast.walk(item.context_expr)
                if any(isinstance(each, ast.Name) and each.id == name for each in inside):
                    return True
    for statement in tries_around_yield(service, function):
        for last in statement.finalbody:
            for each in ast.walk(last):
                if isinstance(each, ast.Attribute) and each.attr in ("close", "remove", "aclose"):
                    return True
                if isinstance(each, ast.Call) and any(
                    isinstance(argument, ast.Name) and argument.id == name for argument in each.args
                ):
                    return True  # whatever it is, it may close it
    return False
