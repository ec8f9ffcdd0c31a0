"""An engine in a request, or a second one for the same database."""

from __future__ import annotations

from collections.abc import Iterator

from ....findings import Finding
from ..registry import detects
from ..reporting import finding_in
from ..subjects import CreatedEngine

RULE = "engine/one-per-process"


@detects(RULE, CreatedEngine)
def made_once_too_often(engine: CreatedEngine) -> Iterator[Finding]:
    """Find an engine that is made in a request, or for a URL that has one already."""
    if not (engine.in_request or engine.second):
        return
    yield finding_in(
        engine.place,
        RULE,
        "proven",
        "an engine is made in a request"
        if engine.in_request
        else "a second engine is made for one URL",
        "create the engine in the lifespan, and hand it out from there",
        engine.test,
    )
