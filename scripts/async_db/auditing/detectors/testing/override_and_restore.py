"""A dependency that a test overrides, and that stays so for the next test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Function, Module, enclosing_function

RULE = "testing/override-and-restore"
_OVERRIDES = "dependency_overrides"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
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
    for node in _assignments(module):
        if any(_is_override(each) for each in node.targets):
            around = list(service.within_function(node, module))
            found.setdefault(around[-1] if around else None, []).append(node)
    return found


def _assignments(module: Module) -> Iterator[ast.Assign]:
    """Give the assignments of a file, as far as they may be overrides."""
    reading = {scope for node, scope in module.attributes_read if node.attr == _OVERRIDES}
    outermost = [each.node for each in reading if not _is_within(each, reading)]
    top = module.tree.body if module.tree is not None else []
    others = [each for each in top if not isinstance(each, _DEFINITIONS)]
    seen: set[ast.AST] = set()
    for part in sorted((*outermost, *others), key=lambda each: each.lineno):
        for each in ast.walk(part):
            if isinstance(each, ast.Assign) and each not in seen:
                seen.add(each)
                yield each


def _is_within(function: Function, others: set[Function]) -> bool:
    around = enclosing_function(function.parent)
    while around is not None:
        if around in others:
            return True
        around = enclosing_function(around.parent)
    return False


def _is_override(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == _OVERRIDES
    )


def _makes_application(module: Module) -> bool:
    return any(
        call.name in ("FastAPI", "create_app", "make_app", "build_app") for call in module.all_calls
    )
