"""Tests that call the application without its lifespan."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword
from async_db.findings import Finding
from async_db.target import Call, FunctionObject

RULE = "testing/run-the-lifespan"
_RUNS = re.compile(r"\b(?:LifespanManager|lifespan_context|lifespan\(|router\.startup)")

_WORDS = ("ifespan", "router.startup")


@detects(RULE, hidden="the scaffold's other tests run it, which silences this")
def never_run(service: Service) -> Iterator[Finding]:
    """Find ASGITransport in tests that nowhere run the lifespan which the application has."""
    if not _has_lifespan(service) or any(_runs_it(module.text) for module in service.tests):
        return
    told: set[str] = set()
    for call in service.library_calls("httpx.ASGITransport", tests=True):
        module = call.scope.module
        if module.path in told or any(each.name == "FastAPI" for each in module.all_calls):
            continue  # an application of the test's own needs none of what the service opens
        if _of_its_own(service, call):
            continue
        told.add(module.path)
        yield service.finding(
            RULE,
            "suspected",
            call,
            "ASGITransport never runs the lifespan, and no test does: what it opens is not there",
            "`async with LifespanManager(app) as manager: ASGITransport(manager.app)`",
        )


def _runs_it(text: str) -> bool:
    return any(word in text for word in _WORDS) and _RUNS.search(text) is not None


def _of_its_own(service: Service, call: Call) -> bool:
    """Say whether the application comes out of a function of the tests."""
    given = call.node.args[0] if call.node.args else keyword(call.node, "app")
    located = service.types.locate(call.scope, given.id) if isinstance(given, ast.Name) else None
    value = located[0].value if located is not None else None
    if not isinstance(value, ast.Call) or located is None:
        return False
    called = service.types.of(value.func, located[1])
    return isinstance(called, FunctionObject) and called.function.module.is_test


def _has_lifespan(service: Service) -> bool:
    applications = service.library_calls("fastapi.FastAPI")
    return any(keyword(call.node, "lifespan") is not None for call in applications)
