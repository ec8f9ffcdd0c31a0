"""The name of a schema that is put into SQL as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import formatted_in, sql_arguments
from async_db.findings import Finding

RULE = "tenancy/tenant-name-is-data"


@detects(RULE)
def formatted_schema(service: Service) -> Iterator[Finding]:
    """Find `search_path` with a value that is formatted into it."""
    for call, node, _ in sql_arguments(service):
        for found in formatted_in(service, call, node):
            if "search_path" in found.before.lower():
                yield service.finding(
                    RULE,
                    "proven",
                    call,
                    f"`{ast.unparse(found.value)}` becomes part of the SQL itself: psycopg runs what "
                    "stands behind a semicolon in it",
                    "set_config('search_path', :schema, true), with the name as a parameter",
                )
                break
