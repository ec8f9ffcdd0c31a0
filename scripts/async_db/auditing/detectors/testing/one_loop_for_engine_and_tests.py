"""An engine of one event loop that tests on another one use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, literal
from async_db.findings import Finding
from async_db.target import Function, Module

RULE = "testing/one-loop-for-engine-and-tests"
_SAME = re.compile(
    r"asyncio_default_test_loop_scope\s*=\s*['\"]?(?:session|package|module)|anyio_mode"
)
_WIDE = frozenset({"session", "package", "module", "class"})


@detects(RULE)
def several_loops(service: Service) -> Iterator[Finding]:
    """Find `event_loop` fixtures, and wide async fixtures whose tests have a loop of their own."""
    release = service.release("pytest-asyncio")
    old = release is not None and release.at_least("0.24") is False
    same = _same_loop(service)
    for module in service.tests:
        for function in module.all_functions:
            decorator = _fixture(service, function)
            if decorator is None:
                continue
            if function.name == "event_loop" and not old:
                yield _event_loop(service, module, function)
            elif (
                function.is_async
                and not same
                and not old
                and literal(keyword(decorator, "scope")) in _WIDE
                and _makes_engine(service, function)
            ):
                yield service.finding(
                    RULE,
                    "suspected",
                    (module, function.node),
                    f"{function.name} makes an engine once for several tests, each of which runs on a "
                    "loop of its own: `attached to a different loop`",
                    'asyncio_default_fixture_loop_scope and asyncio_default_test_loop_scope = "session"',
                )


def _event_loop(service: Service, module: Module, function: Function) -> Finding:
    return service.finding(
        RULE,
        "proven",
        (module, function.node),
        "pytest-asyncio no longer asks a fixture `event_loop` for the loop: it does nothing",
        'asyncio_default_fixture_loop_scope and asyncio_default_test_loop_scope = "session"',
    )


def _fixture(service: Service, function: Function) -> ast.Call | None:
    """Give the decorator of a fixture; an empty call where it has no arguments."""
    for node in function.node.decorator_list:
        called = node.func if isinstance(node, ast.Call) else node
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == "fixture":
            return node if isinstance(node, ast.Call) else ast.Call(called, [], [])
    return None


def _makes_engine(service: Service, function: Function) -> bool:
    return function in service.making_engines


def _same_loop(service: Service) -> bool:
    """Say whether the configuration, or a mark of the tests, gives them the loop of the fixtures."""
    configured = any(_SAME.search(text) for text in service.project.configurations.values())
    return configured or any("loop_scope" in module.text for module in service.tests)
