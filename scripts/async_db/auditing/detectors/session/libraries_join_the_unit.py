"""A library that commits by itself, on a session whose transaction a dependency holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, is_constant
from async_db.auditing.sessions import place, source, within
from async_db.auditing.yielding import begins, encloses_yield
from async_db.findings import Finding
from async_db.target import Call, Class, ClassObject, LibraryObject, Type, enclosing_function

RULE = "session/libraries-join-the-unit"
_ADAPTERS = frozenset(
    {
        "fastapi_users.db.SQLAlchemyUserDatabase",
        "fastapi_users_db_sqlalchemy.SQLAlchemyUserDatabase",
        "fastapi_users_db_sqlalchemy.access_token.SQLAlchemyAccessTokenDatabase",
    }
)
"""What commits after each write, made with the session that it writes by."""
_ROUTERS = frozenset({"fastapi_crudrouter.SQLAlchemyCRUDRouter"})
"""What commits in operations of its own, on the session of the dependency that it is given."""
_METHODS = {
    "fastcrud.FastCRUD": (frozenset({"create", "update", "delete", "db_delete"}), True),
    "sqlalchemy_crud_plus.CRUDPlus": (
        frozenset(
            {
                *("create_model", "create_models", "bulk_create_models", "bulk_update_models"),
                *("update_model", "update_model_by_column"),
                *("delete_model", "delete_model_by_column"),
            }
        ),
        False,
    ),
}
"""What writes by the session that it is given, and whether it commits unless `commit=` says so."""
_REPOSITORIES = frozenset({"SQLAlchemyAsyncRepository", "SQLAlchemyAsyncSlugRepository"})
"""Advanced Alchemy's, which commit after each write where they are made with `auto_commit=True`."""


@detects(RULE, hidden="the library of its counterexample is the proof's own")
def committed_by_a_library(service: Service) -> Iterator[Finding]:
    """Find such libraries that are handed the session of a dependency inside of its `begin()`."""
    names = {name.rpartition(".")[2] for name in (*_ADAPTERS, *_ROUTERS)}
    names.update(*(methods for methods, _ in _METHODS.values()))
    for call in (*service.calls_named(*sorted(names)), *_repositories(service)):
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
    if isinstance(called, ClassObject):
        return _is_repository(service, called.of)
    if not isinstance(called, LibraryObject):
        return False
    owner, _, method = called.name.rpartition(".")
    methods, by_itself = _METHODS.get(owner, (frozenset(), False))
    if method in methods:
        given, certain = service.given(call, "commit")
        return certain and (by_itself if given is None else is_constant(given, True))
    return called.name in _ADAPTERS | _ROUTERS or method in _REPOSITORIES


def _repositories(service: Service) -> Iterator[Call]:
    """Give the calls that make a repository which commits by itself."""
    names = set(_REPOSITORIES)
    for module in service.modules:
        names.update(each.name for each in module.all_classes if _is_repository(service, each))
    for call in service.calls_named(*sorted(names)):
        called = service.calls.called(call)
        own = isinstance(called, ClassObject) and _is_repository(service, called.of)
        if own or service.library_name(call).startswith("advanced_alchemy."):
            given, certain = service.given(call, "auto_commit")
            if certain and is_constant(given, True):
                yield call


def _is_repository(service: Service, of: Class) -> bool:
    if not of.node.bases:
        return False
    base = service.types.library_base(of) or ""
    return base.startswith("advanced_alchemy.") and base.rpartition(".")[2] in _REPOSITORIES


def _held(service: Service, call: Call) -> Call | None:
    """Give the `begin()` of the dependency that a session among a call's arguments comes from."""
    given = [*call.node.args, *(each.value for each in call.node.keywords)]
    if service.library_name(call) in _ROUTERS:
        return _begun_in(service, [service.types.of(each, call.scope) for each in given])
    function = enclosing_function(call.scope)
    if function is None:
        return None
    names = {each.id for each in given if isinstance(each, ast.Name)}
    needed = service.web.dependencies_of(function)
    return _begun_in(service, [each.target for each in needed if each.parameter in names])


def _begun_in(service: Service, targets: Iterable[Type | None]) -> Call | None:
    for target in targets:
        giver = service.web.function_of(target)
        for begun in giver.calls if giver is not None else ():
            if (
                giver is not None
                and encloses_yield(service, begun, giver)
                and begins(service, begun)
            ):
                return begun
    return None
