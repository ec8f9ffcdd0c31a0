"""A URL whose driver does not fit the engine, or is made to fit as text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service, keyword, literal
from async_db.findings import Finding
from async_db.target import Call

RULE = "engine/async-driver-url"
_SYNC = re.compile(
    r"(?:postgresql|mysql|mariadb|sqlite|postgres)(?:\+(?:psycopg2|pymysql|mysqldb|pysqlite))?:"
)
_ASYNC = re.compile(r"\w+\+(?:asyncpg|aiosqlite|aiomysql|asyncmy):")
_PLAIN = re.compile(r"(?:postgresql|postgres|sqlite|mysql)(?:\+psycopg2)?:(?://)?")


@detects(RULE)
def wrong_driver(service: Service) -> Iterator[Finding]:
    """Find literal URLs of the other kind of driver, and drivers that are put in by `replace`."""
    for call, is_async in service.engine_calls:
        url = _url(service, call)
        wrong = _SYNC.match(url) if is_async else _ASYNC.match(url)
        if wrong:
            kind = "an async" if is_async else "a sync"
            yield service.finding(
                RULE,
                "proven",
                call,
                f"{kind} engine is given `{wrong[0]}`, whose driver is of the other kind",
                "name the driver: postgresql+asyncpg, sqlite+aiosqlite",
            )
    for call in service.calls_named("replace"):
        before, after = ([literal(each) for each in call.node.args] + ["", ""])[:2]
        if _PLAIN.fullmatch(before) and _ASYNC.match(after):
            yield service.finding(
                RULE,
                "suspected",
                call,
                "the driver is put into the URL as text: `postgres://` and what only the other driver "
                "knows, such as `sslmode`, stay as they are",
                "take it apart with make_url, set the driver, and translate the options",
            )


def _url(service: Service, call: Call) -> str:
    given = call.node.args[0] if call.node.args else keyword(call.node, "url")
    if isinstance(given, ast.Name):
        alias = service.types.alias(given, call.scope)
        return literal(alias[0]) if alias is not None else ""
    return literal(given)
