"""An engine that is created when a module is imported."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Call, enclosing_function

RULE = "engine/created-in-lifespan"


@detects(RULE)
def created_at_import(service: Service) -> Iterator[Finding]:
    """Find engines that a module's own code makes, directly or by a function that it calls."""
    if not service.has_application:
        return
    for call, _ in service.engine_calls:
        function = enclosing_function(call.scope)
        if function is None:
            if call.inside != "lambda":
                yield _finding(service, call, ())
            continue
        for site, callee in service.calls.callers(function):
            if callee.exact and enclosing_function(site.scope) is None:
                module = site.scope.module
                if service.serves(module) and site.inside != "lambda":
                    line = f"{call.scope.module.path}:{call.node.lineno}"
                    yield _finding(
                        service, site, (f"{line}  {call.scope.module.source(call.node)}",)
                    )


def _finding(service: Service, call: Call, below: tuple[str, ...]) -> Finding:
    module = call.scope.module
    # A script's engine is its own; what a server is told to import may build the application whole.
    made = service.types.of(call.node, call.scope)
    builds = service.types.is_a(made, "fastapi.FastAPI")
    alone = service.is_entry(module) and (builds or module not in service.reached)
    source = f"{call.scope.module.path}:{call.node.lineno}  {call.scope.module.source(call.node)}"
    return service.finding(
        RULE,
        "review" if alone else "proven",
        call,
        "the engine is created at import: whoever imports this, tests too, gets an engine of whatever "
        "the environment says, and nobody closes it",
        "create it in the lifespan, and hand it out from there",
        (source, *below),
    )
