"""An async engine that is made before there is an event loop."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ..registry import detects
from ..reporting import finding_in
from ..subjects import CreatedEngine

RULE = "engine/created-in-lifespan"


@detects(RULE, CreatedEngine)
def made_at_import(engine: CreatedEngine) -> Iterator[Finding]:
    """Find an async engine that no lifespan has made, unless it should not be there at all."""
    if engine.in_lifespan or not engine.is_async or engine.in_request or engine.second:
        return
    yield finding_in(
        engine.place,
        RULE,
        "review",
        "an async engine is made at import, before there is an event loop",
        "create the engine in the lifespan, and hand it out from there",
        engine.test,
    )
