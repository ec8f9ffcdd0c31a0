"""An async engine that nobody ever disposes of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding
from async_db.target import Function, LibraryObject, Module, enclosing_function

RULE = "engine/disposed-on-shutdown"
_DISPOSES = re.compile(r"\.dispose\b")


@detects(RULE)
def never_disposed(service: Service) -> Iterator[Finding]:
    """Find async engines in a service in which the word `.dispose` does not occur."""
    if not service.has_application:
        return
    places = [each for each in service.modules if _DISPOSES.search(each.text)]
    if places and not _never_called(service, places):
        return
    for call, is_async in service.engine_calls:
        pool = keyword(call.node, "poolclass")
        of = service.types.of(pool, call.scope) if pool is not None else None
        keeps_none = isinstance(of, LibraryObject) and of.name.endswith(".NullPool")
        if is_async and not keeps_none:
            yield service.finding(
                RULE,
                "suspected" if places else "proven",
                call,
                "nothing in the service disposes of this engine: its connections are cut off when the "
                "process ends, and reported as leaks",
                "`await engine.dispose()` in the lifespan, in a `finally` after its `yield`",
            )


def _never_called(service: Service, places: list[Module]) -> bool:
    """Say whether all that disposes of engines stands in methods that nobody calls or passes on."""
    methods = []
    for module in places:
        calls = [call for call in module.all_calls if call.name == "dispose"]
        if len(calls) != len(_DISPOSES.findall(module.text)):
            return False  # it is passed on
        for call in calls:
            function = enclosing_function(call.scope)
            if function is None or function.owner is None:
                return False
            methods.append(function)
    return all(not _is_used(service, method) for method in methods)


def _is_used(service: Service, method: Function) -> bool:
    if method.name[:2] == "__":
        return True
    for call in service.calls_named(method.name):
        if method.is_async and call.use == "discarded":
            continue  # not its: what it would return is run by nobody
        runs = {callee.function for callee in service.calls.callees(call)}
        if method in runs or service.calls.called(call) is None:
            return True
    passed = re.compile(rf"\.{re.escape(method.name)}\b(?!\s*\()")
    return any(passed.search(module.text) for module in service.modules)
