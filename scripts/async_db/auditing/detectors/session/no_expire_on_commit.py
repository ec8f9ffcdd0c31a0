"""An async session whose objects are expired by a commit, and cannot be read afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, is_constant
from async_db.findings import Finding
from async_db.target import Call, ClassObject, Instance, LibraryObject, libraries

RULE = "session/no-expire-on-commit"
_MAKERS = (libraries.ASYNC_SESSIONMAKER, libraries.SESSIONMAKER, libraries.ASYNC_SESSION)


@detects(RULE)
def expires(service: Service) -> Iterator[Finding]:
    """Find factories of async sessions, and such sessions themselves, without the option."""
    if any("configure(expire_on_commit=False" in module.text for module in service.modules):
        return
    for call in service.library_calls(*_MAKERS, libraries.SQLMODEL_ASYNC_SESSION):
        given, certain = service.given(call, "expire_on_commit")
        if not certain or not _makes_async(service, call):
            continue
        if given is None or is_constant(given, True):
            yield service.finding(
                RULE,
                "proven",
                call,
                "a commit expires what these sessions have loaded, and reading it then is "
                "MissingGreenlet: an answer of 500 for what is stored",
                "expire_on_commit=False",
            )


def _makes_async(service: Service, call: Call) -> bool:
    made = service.types.of(call.node, call.scope)
    if isinstance(made, Instance) and made.of in (
        libraries.ASYNC_SESSION,
        libraries.SQLMODEL_ASYNC_SESSION,
    ):
        return True
    if isinstance(made, LibraryObject | ClassObject):
        return False
    return service.sessions.kind(service.types.result(made)) == "async"
