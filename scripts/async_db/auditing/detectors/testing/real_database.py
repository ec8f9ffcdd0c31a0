"""Tests on SQLite of a service that runs on another database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Module

RULE = "testing/real-database"
_SQLITE = re.compile(r"sqlite(?:\+\w+)?://")
_DRIVERS = ("asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiomysql", "asyncmy", "pymysql")


@detects(RULE, hidden="the scaffold's tests name PostgreSQL too")
def tests_on_sqlite(service: Service) -> Iterator[Finding]:
    """Find SQLite URLs in tests where the service has a driver of another database."""
    if not any(name in service.project.releases for name in _DRIVERS):
        return
    if any("postgresql" in module.text.lower() for module in service.tests):
        return  # on both, one may be the quick way
    for module in service.tests:
        node = _url(module)
        if node is not None:
            yield service.finding(
                RULE,
                "review",
                (module, node),
                "tests on SQLite let pass what the real database refuses: types, foreign keys, lengths, "
                "the number of parameters",
                "run them on the database that production has",
            )


def _url(module: Module) -> ast.AST | None:
    if not _SQLITE.search(module.text) or module.tree is None:
        return None
    literals = (each for each in ast.walk(module.tree) if isinstance(each, ast.Constant))
    return next((each for each in literals if _SQLITE.match(str(each.value))), None)
