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
        for node in ast.walk(module.tree) if module.tree is not None else ():
            if isinstance(node, ast.Assign) and any(_is_override(each) for each in node.targets):
                yield service.finding(
                    RULE,
                    "suspected",
                    (module, node),
                    "nothing in this file takes the override back: the next test has it too",
                    "monkeypatch.setitem(app.dependency_overrides, ...), which restores it",
                )


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
