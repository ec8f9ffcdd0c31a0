"""Which calls of libraries give something to await, once their objects are async ones."""

from __future__ import annotations

import ast
from typing import Literal

from async_db.target import (
    Call,
    Function,
    Instance,
    LibraryObject,
    Manager,
    Scope,
    Types,
    libraries,
)

TEST_CLIENT = "starlette.TestClient"
TRANSACTIONS = ("sqlalchemy.orm.SessionTransaction", libraries.TRANSACTION)
Treatment = Literal["", "await", "enter", "run_sync", "schema", "left"]
"""What happens to a call: `enter` is `async with`; `schema` is the database step's; `left` waits, and
a person has to say how."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REQUESTS = _words("get post put patch delete head options request send")
"""The methods of a test's client that send a request."""
_OF_TRANSACTION = _words("commit rollback close")
_AWAITED = {
    libraries.SESSION: _words(
        """execute scalar scalars exec get get_one commit rollback flush refresh delete merge close
        close_all connection reset invalidate"""
    ),
    libraries.SCOPED: _words("remove"),
    libraries.CONNECTION: _words(
        "execute scalar scalars exec_driver_sql commit rollback close invalidate execution_options"
    ),
    libraries.ENGINE: _words("dispose raw_connection"),
    TEST_CLIENT: REQUESTS | {"close"},
}
_ENTERED = {
    libraries.SESSION: _words("begin begin_nested"),
    libraries.CONNECTION: _words("begin begin_nested"),
    libraries.ENGINE: _words("connect begin"),
    libraries.SESSIONMAKER: _words("begin"),
}
"""What is entered, or awaited where it is not."""
_ONLY_SYNC = {
    libraries.SESSION: _words(
        "bulk_save_objects bulk_insert_mappings bulk_update_mappings enable_relationship_loading"
    ),
}
_ENTERED_OBJECTS = (libraries.SESSION, libraries.CONNECTION, TEST_CLIENT)
NAMES = frozenset().union(
    _OF_TRANSACTION,
    *_AWAITED.values(),
    *_ENTERED.values(),
    *_ONLY_SYNC.values(),
    libraries.BLOCKING[libraries.QUERY],
)
"""The names of all methods that this knows."""


def treatment_of(call: Call, types: Types) -> Treatment:
    """Say what happens to a call of a library's method; nothing, if it waits for nothing.

    Parameters:
        call: the call, of an object that is sync by its type.
        types: tells the types.
    """
    if call.use == "entered":
        return "enter" if is_entered(call, types) or _is_streamed(call, types) else ""
    called = types.of(call.node.func, call.scope)
    if isinstance(called, LibraryObject) and called.bound_to is not None:
        owner, _, method = called.name.rpartition(".")
        return _of_method(owner, method)
    return "await" if _of_transaction(call, types) else ""


def treatment_by_name(name: str) -> Treatment:
    """Say what happens to a call of a library's method, by its dotted name."""
    owner, _, method = name.rpartition(".")
    return _of_method(libraries.canonical(owner), method)


def _of_method(owner: str, method: str) -> Treatment:
    for base in libraries.library_bases(owner):
        if method in _AWAITED.get(base, ()) or method in _ENTERED.get(base, ()):
            return "await"
        if method in _ONLY_SYNC.get(base, ()):
            return "run_sync"
        if base == libraries.QUERY and method in libraries.BLOCKING[base]:
            return "left"
    return ""


def _of_transaction(call: Call, types: Types) -> bool:
    """Say whether a call ends a transaction that `begin_nested()` gave."""
    func = call.node.func
    if call.name not in _OF_TRANSACTION or not hasattr(func, "value"):
        return False
    of = types.of(func.value, call.scope)
    inner = of.of if isinstance(of, Manager) and not of.is_async else of
    return isinstance(inner, Instance) and inner.of in TRANSACTIONS


def runs_schema(call: Call, types: Types) -> bool:
    """Say whether a call on metadata is given an engine or a connection, and waits for it."""
    named = [each.value for each in call.node.keywords if each.arg == "bind"]
    given = [*named, *call.node.args[:1]]
    of = types.of(given[0], call.scope) if given else None
    return types.is_a(of, libraries.ENGINE) or types.is_a(of, libraries.CONNECTION)


def inspected_by(call: Call, types: Types) -> Literal["", "engine", "connection", "session"]:
    """Say by what an inspector reads that SQLAlchemy's `inspect` makes; nothing, if it makes none."""
    given = call.node.args[0] if call.node.args else None
    if call.name != "inspect" or given is None:
        return ""
    if isinstance(given, ast.Name | ast.Attribute):
        of = types.of(given, call.scope)
        if types.is_a(of, libraries.ENGINE):
            return "engine"
        if types.is_a(of, libraries.CONNECTION):
            return "connection"
    inner = given.value if isinstance(given, ast.Await) else given
    named = inner.func if isinstance(inner, ast.Call) else inner
    if isinstance(named, ast.Attribute) and named.attr in ("connection", "get_bind", "bind"):
        session = types.of(named.value, call.scope)
        if any(types.is_a(session, name) for name in (libraries.SESSION, libraries.SCOPED)):
            return "session"
    return ""


def uses_client(call: Call, types: Types) -> bool:
    """Say whether a call is of a test's client, or makes one."""
    given = types.of(call.node, call.scope)
    if types.is_a(given, TEST_CLIENT):
        return True
    called = types.of(call.node.func, call.scope)
    return isinstance(called, LibraryObject) and types.is_a(called.bound_to, TEST_CLIENT)


def _is_streamed(call: Call, types: Types) -> bool:
    """Say whether a call asks a test's client for an answer that is read piece by piece."""
    called = types.of(call.node.func, call.scope) if call.name == "stream" else None
    return isinstance(called, LibraryObject) and types.is_a(called.bound_to, TEST_CLIENT)


def is_request(node: ast.expr, scope: Scope, types: Types) -> bool:
    """Say whether an expression is a method of a test's client that sends a request, not called."""
    if not isinstance(node, ast.Attribute) or node.attr not in REQUESTS:
        return False
    of = types.of(node, scope)
    return isinstance(of, LibraryObject) and types.is_a(of.bound_to, TEST_CLIENT)


def keeps_client(function: Function, types: Types) -> bool:
    """Say whether a function makes a test's client for what no async one does: a WebSocket."""
    if function.is_async or not any(each.name == "websocket_connect" for each in function.calls):
        return False
    return any(types.is_a(types.of(each.node, each.scope), TEST_CLIENT) for each in function.calls)


def is_entered(call: Call, types: Types) -> bool:
    """Say whether what a call gives is entered by `async with` once it is async."""
    given = types.of(call.node, call.scope)
    return waits_on_entry(types, given)


def waits_on_entry(types: Types, given: object) -> bool:
    """Say whether an object of a library is entered by `async with` once it is async."""
    if isinstance(given, Manager) and not given.is_async:
        inner = given.of
        names = (*TRANSACTIONS, *_ENTERED_OBJECTS)
        return any(types.is_a(inner, name) for name in names)
    return any(types.is_a(given, name) for name in _ENTERED_OBJECTS)  # type: ignore[arg-type]  # a type of ours, or None
