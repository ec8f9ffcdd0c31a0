"""A dependency that a test overrides, and that stays so for the next test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Module

RULE = "testing/override-and-restore"
_RESTORES = re.compile(
    r"dependency_overrides(?:\.(?:clear|pop)\b|\s*=\s*|\[[^\]]*\]\s*$)|"
    r"del\s+\w+(?:\.\w+)*\.dependency_overrides|"
    r"(?:setitem|patch\.dict)\([^)]*dependency_overrides",
    re.MULTILINE,
)


@detects(RULE)
def not_restored(service: Service) -> Iterator[Finding]:
    """Find overrides in files of tests that take none back."""
    for module in service.tests:
        if "dependency_overrides[" not in module.text or _RESTORES.search(module.text):
            continue
        if _makes_application(module):
            continue  # each test has an application of its own
        for overrides in _by_function(service, module).values():
            yield service.finding(
                RULE,
                "suspected",
                (module, overrides[0]),
                "nothing in this file takes the override back: the next test has it too",
                "monkeypatch.setitem(app.dependency_overrides, ...), which restores it",
                [f"{module.path}:{each.lineno}  {module.source(each)}" for each in overrides],
            )


def _by_function(service: Service, module: Module) -> dict[ast.AST | None, list[ast.Assign]]:
    """Give the overrides in a file by the function that they stand in."""
    found: dict[ast.AST | None, list[ast.Assign]] = {}
    for node in ast.walk(module.tree) if module.tree is not None else ():
        if isinstance(node, ast.Assign) and any(_is_override(each) for each in node.targets):
            around = list(service.within_function(node, module))
            found.setdefault(around[-1] if around else None, []).append(node)
    return found


def _is_override(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "dependency_overrides"
    )


def _makes_application(module: Module) -> bool:
    return any(
        call.name in ("FastAPI", "create_app", "make_app", "build_app") for call in module.all_calls
    )
