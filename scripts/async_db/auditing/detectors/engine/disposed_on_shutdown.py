"""An async engine that nobody ever disposes of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding
from async_db.target import LibraryObject

RULE = "engine/disposed-on-shutdown"
_DISPOSES = re.compile(r"\.dispose\b")


@detects(RULE)
def never_disposed(service: Service) -> Iterator[Finding]:
    """Find async engines in a service in which the word `.dispose` does not occur."""
    if not service.has_application or any(_DISPOSES.search(each.text) for each in service.modules):
        return
    for call, is_async in service.engine_calls:
        pool = keyword(call.node, "poolclass")
        of = service.types.of(pool, call.scope) if pool is not None else None
        keeps_none = isinstance(of, LibraryObject) and of.name.endswith(".NullPool")
        if is_async and not keeps_none:
            yield service.finding(
                RULE,
                "proven",
                call,
                "nothing in the service disposes of this engine: its connections are cut off when the "
                "process ends, and reported as leaks",
                "`await engine.dispose()` in the lifespan, in a `finally` after its `yield`",
            )
