"""`SET search_path`, which stays on the connection when it goes back to the pool."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import sql_arguments
from async_db.findings import Finding

RULE = "tenancy/schema-per-request"
_SETS = re.compile(r"^\s*set\s+(?!local\b)(?:session\s+)?search_path\b", re.IGNORECASE)


@detects(RULE)
def stays_on_the_connection(service: Service) -> Iterator[Finding]:
    """Find `SET search_path` without `LOCAL` in what sessions and connections run."""
    for call, node, _ in sql_arguments(service):
        first = next((each for each in ast.walk(node) if isinstance(each, ast.Constant)), None)
        if first is not None and isinstance(first.value, str) and _SETS.match(first.value):
            yield service.finding(
                RULE,
                "proven",
                call,
                "`SET search_path` outlives the transaction: the next request that gets this connection "
                "reads this tenant's tables",
                "set_config('search_path', :schema, true) in an `after_begin` event of the session",
            )
