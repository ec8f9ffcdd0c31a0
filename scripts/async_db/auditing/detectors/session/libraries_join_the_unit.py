"""A library that commits by itself, on a session whose transaction a dependency holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, is_constant
from async_db.auditing.sessions import place, source, within
from async_db.auditing.yielding import begins, encloses_yield
from async_db.findings import Finding
from async_db.target import Call, LibraryObject, enclosing_function

RULE = "session/libraries-join-the-unit"
_ADAPTERS = frozenset(
    {
        "fastapi_users.db.SQLAlchemyUserDatabase",
        "fastapi_users_db_sqlalchemy.SQLAlchemyUserDatabase",
        "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyAccessTokenDatabase",
    }
)
"""What commits after each write, made with the session that it writes by."""
_METHODS = frozenset({"fastcrud.FastCRUD"})
_WRITES = frozenset({"create", "update", "delete", "db_delete"})
"""What these do with the session that they are given, and `commit=False` turns off."""


@detects(RULE, hidden="the library of its counterexample is the proof's own")
def committed_by_a_library(service: Service) -> Iterator[Finding]:
    """Find such libraries that are handed the session of a dependency inside of its `begin()`."""
    names = {name.rpartition(".")[2] for name in _ADAPTERS} | _WRITES
    for call in service.calls_named(*sorted(names)):
        held = _held(service, call) if _commits(service, call) else None
        if held is None:
            continue
        yield service.finding(
            RULE,
            "proven",
            call,
            f"the library commits by itself, inside of the `begin()` of {within(held.scope)}: what "
            "follows is `Can't operate on closed transaction`, an answer of 500 for what is stored",
            'a session of its own on the same connection, with join_transaction_mode="create_savepoint"',
            (f"{place(call)}  {source(call)}", f"{place(held)}  {source(held)}"),
        )


def _commits(service: Service, call: Call) -> bool:
    called = service.calls.called(call)
    if not isinstance(called, LibraryObject):
        return False
    owner, _, method = called.name.rpartition(".")
    if owner in _METHODS and method in _WRITES:
        given, certain = service.given(call, "commit")
        return certain and (given is None or is_constant(given, True))
    return called.name in _ADAPTERS


def _held(service: Service, call: Call) -> Call | None:
    """Give the `begin()` of the dependency that a session among a call's arguments comes from."""
    function = enclosing_function(call.scope)
    if function is None:
        return None
    given = [*call.node.args, *(each.value for each in call.node.keywords)]
    names = {each.id for each in given if isinstance(each, ast.Name)}
    for dependency in service.web.dependencies_of(function):
        giver = service.web.function_of(dependency.target)
        if dependency.parameter not in names or giver is None:
            continue
        for begun in giver.calls:
            if encloses_yield(service, begun, giver) and begins(service, begun):
                return begun
    return None
