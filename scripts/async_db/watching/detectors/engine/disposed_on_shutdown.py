"""Connections that outlive the app."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ..registry import detects
from ..reporting import finding_in
from ..subjects import EngineAfterShutdown

RULE = "engine/disposed-on-shutdown"


@detects(RULE, EngineAfterShutdown)
def open_after_shutdown(engine: EngineAfterShutdown) -> Iterator[Finding]:
    """Find an engine that still has connections when its lifespan has ended."""
    if engine.open_connections > 0:
        yield finding_in(
            engine.place,
            RULE,
            "proven",
            f"{engine.open_connections} connections are open after shutdown",
            "dispose of the engine in the lifespan's finally",
            engine.test,
        )
