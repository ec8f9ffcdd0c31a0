"""A container that makes a session for whoever asks, and closes none."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, passes_more
from async_db.findings import Finding

RULE = "wiring/container-scopes"


@detects(RULE)
def uncached_sessions(service: Service) -> Iterator[Finding]:
    """Find modern-di's factories of sessions without `cache`."""
    for call in service.library_calls("modern_di.providers.Factory", "modern_di.Factory"):
        if not call.node.args or passes_more(call.node) or keyword(call.node, "cache") is not None:
            continue
        made = service.types.provided(service.types.of(call.node.args[0], call.scope))
        if service.sessions.is_session(made):
            yield service.finding(
                RULE,
                "proven",
                call,
                "each repository of a request gets a session of its own, and nobody closes any",
                "cache=CacheSettings(finalizer=AsyncSession.close)",
            )
