"""SQL that is given as a plain text, which SQLAlchemy 2 refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.sql_texts import ASYNC_OWNERS, literal_sql, sql_arguments
from async_db.findings import Finding

RULE = "queries/text-for-raw-sql"


@detects(RULE)
def plain_texts(service: Service) -> Iterator[Finding]:
    """Find literal SQL in `execute` of sessions and connections, without `text()` around it."""
    release = service.release("sqlalchemy")
    old = release is not None and release.at_least("2.0") is False
    for call, node, _ in sql_arguments(service):
        use = service.sessions.use_of(call)
        if use is None or use.method == "exec_driver_sql":
            continue
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and literal_sql(node):
            refused = not old or use.owner in ASYNC_OWNERS
            yield service.finding(
                RULE,
                "proven" if refused else "review",
                call,
                f"`{use.method}` is given a plain text: "
                + ("ObjectNotExecutableError" if refused else "SQLAlchemy 2.0 refuses it"),
                "text('...'), with its values bound by name",
            )
