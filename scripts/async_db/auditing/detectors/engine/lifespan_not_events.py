"""Start-up and shutdown handlers, which are skipped where a lifespan is given too."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, literal
from async_db.findings import Finding
from async_db.target import Instance, libraries

RULE = "engine/lifespan-not-events"


@detects(RULE)
def event_handlers(service: Service) -> Iterator[Finding]:
    """Find `on_event` and `add_event_handler` of applications and routers."""
    for call in service.calls_named("on_event", "add_event_handler"):
        called = service.types.of(getattr(call.node.func, "value", call.node), call.scope)
        event = literal(call.node.args[0]) if call.node.args else ""
        own = service.types.is_a(called, libraries.APPLICATION) or service.types.is_a(
            called, libraries.ROUTER
        )
        looks = event in ("startup", "shutdown") and not isinstance(called, Instance)
        if own or looks:
            yield service.finding(
                RULE,
                "proven" if own else "suspected",
                call,
                f"`{call.name}` is deprecated, and silently skipped where `lifespan=` is given too",
                "open and close in the lifespan, an async context manager given to FastAPI(lifespan=...)",
            )
    for call in service.library_calls(libraries.APPLICATION, libraries.ROUTER):
        for name in ("on_startup", "on_shutdown"):
            if keyword(call.node, name) is not None:
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    f"`{name}=` is silently skipped where `lifespan=` is given too",
                    "open and close in the lifespan",
                )
