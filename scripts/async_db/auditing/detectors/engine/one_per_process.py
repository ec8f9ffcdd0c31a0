"""An engine that is created for each request."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Function, enclosing_function

RULE = "engine/one-per-process"
_CACHES = frozenset({"functools.cache", "functools.lru_cache", "cache", "lru_cache", "alru_cache"})


@detects(RULE)
def created_for_a_request(service: Service) -> Iterator[Finding]:
    """Find engines that are made in operations, in dependencies, and in what these call."""
    for call, _ in service.engine_calls:
        function = enclosing_function(call.scope)
        if function is None or call.inside == "lambda" or _keeps(service, function):
            continue
        served = service.served_functions.get(function)
        if served is None:
            continue
        direct = served is function
        yield service.finding(
            RULE,
            "proven" if direct else "suspected",
            call,
            f"{function.qualname} creates an engine, with a pool of its own, whenever "
            f"{'it' if direct else served.qualname} is called for a request",
            "create one engine in the lifespan, and take it from there",
        )


def _keeps(service: Service, function: Function) -> bool:
    """Say whether a function, or one that it is called by, may keep what it made for later."""
    if function.globals or service.types.decorators(function) & _CACHES:
        return True
    if function.owner is not None:
        return True  # an object that is made once may keep it
    return any(
        enclosing is None
        or bool(service.types.decorators(enclosing) & _CACHES)
        or enclosing.globals
        for call, _ in service.calls.callers(function)
        for enclosing in [enclosing_function(call.scope)]
    )
