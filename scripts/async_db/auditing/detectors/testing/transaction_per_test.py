"""Sessions of tests on an outer transaction, whose commits end that transaction."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding
from async_db.target import Call, Module, libraries

RULE = "testing/transaction-per-test"
_MAKERS = (
    libraries.SESSIONMAKER,
    libraries.ASYNC_SESSIONMAKER,
    libraries.SESSION,
    libraries.ASYNC_SESSION,
    libraries.SQLMODEL_SESSION,
    libraries.SQLMODEL_ASYNC_SESSION,
)

_BEGINS = frozenset(
    f"{owner}.begin"
    for owner in (
        libraries.CONNECTION,
        libraries.ASYNC_CONNECTION,
        libraries.ENGINE,
        libraries.ASYNC_ENGINE,
    )
)


@detects(RULE)
def joins_wrongly(service: Service) -> Iterator[Finding]:
    """Find sessions that tests bind to a connection, without saying how they join what it began."""
    release = service.release("sqlalchemy")
    if release is not None and release.at_least("2.0") is False:
        return
    for call in service.library_calls(*_MAKERS, tests=True):
        given, certain = service.given(call, "join_transaction_mode")
        if given is not None or not certain:
            continue
        module = call.scope.module
        if "begin_nested" in module.text or not _begins(service, module):
            continue  # it restarts savepoints itself, or there is no outer transaction to join
        if _on_connection(service, call):
            yield service.finding(
                RULE,
                "proven",
                call,
                "a rollback of the code under test undoes the whole test's transaction, and a commit "
                "after it stores rows for good",
                'join_transaction_mode="create_savepoint"',
            )


def _begins(service: Service, module: Module) -> bool:
    """Say whether a file begins a transaction on a connection itself, or has an engine do so."""
    return any(
        service.library_name(call) in _BEGINS for call in module.all_calls if call.name == "begin"
    )


def _on_connection(service: Service, call: Call) -> bool:
    bind = call.node.args[0] if call.node.args else keyword(call.node, "bind")
    of = service.types.of(bind, call.scope) if bind is not None else None
    return service.types.is_a(of, libraries.CONNECTION) or service.types.is_a(
        of, libraries.ASYNC_CONNECTION
    )
