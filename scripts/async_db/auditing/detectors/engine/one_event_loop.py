"""An async engine that outlives the event loop it was used on."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import enclosing_function

RULE = "engine/one-event-loop"
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})


@detects(RULE)
def kept_by_a_cache(service: Service) -> Iterator[Finding]:
    """Find async engines that a cached function makes, directly or by what it calls."""
    for call, is_async in service.engine_calls:
        function = enclosing_function(call.scope)
        if not is_async or function is None:
            continue
        above = [function]
        above += [
            outer
            for site, callee in service.calls.callers(function)
            if callee.exact and (outer := enclosing_function(site.scope)) is not None
        ]
        for each in above:
            if service.types.decorators(each) & _CACHES and service.serves(each.module):
                yield service.finding(
                    RULE,
                    "suspected",
                    (each.module, each.node),
                    f"{each.qualname} is cached and makes an async engine: the next event loop, in a "
                    "test or after a restart of the app, gets the connections of the last one",
                    "create it in the lifespan, which runs once for each loop",
                )
