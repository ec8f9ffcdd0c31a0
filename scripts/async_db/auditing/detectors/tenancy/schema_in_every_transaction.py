"""`SET LOCAL search_path` in the first transaction alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import sql_arguments
from async_db.findings import Finding
from async_db.target import enclosing_function

RULE = "tenancy/schema-in-every-transaction"
_SETS = re.compile(
    r"^\s*(?:set\s+local\s+search_path|select\s+set_config\('search_path')", re.IGNORECASE
)


@detects(RULE)
def set_once(service: Service) -> Iterator[Finding]:
    """Find the path of a schema that a dependency or an operation sets, and no event does."""
    for call, node, _ in sql_arguments(service):
        first = next((each for each in ast.walk(node) if isinstance(each, ast.Constant)), None)
        function = enclosing_function(call.scope)
        if first is None or not isinstance(first.value, str) or not _SETS.match(first.value):
            continue
        if function in service.web.provided_functions or function in service.web.route_functions:
            yield service.finding(
                RULE,
                "proven",
                call,
                "the schema is set for one transaction: after a commit or a rollback the same session "
                "reads the default schema, without an error",
                "set it in an `after_begin` event of the session, which runs for each transaction",
            )
