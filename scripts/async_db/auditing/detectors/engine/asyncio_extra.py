"""SQLAlchemy's async side without greenlet, which SQLAlchemy 2.1 no longer brings."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding

RULE = "engine/asyncio-extra"


@detects(RULE)
def no_greenlet(service: Service) -> Iterator[Finding]:
    """Find a declaration of SQLAlchemy without the extra, in a service that needs it."""
    release = service.release("sqlalchemy")
    if release is None or "greenlet" in service.project.releases or "asyncio" in release.extras:
        return
    if not service.is_async or release.at_least("2.1") is False:
        return
    users = [each for each in service.modules if "sqlalchemy.ext.asyncio" in each.text]
    line = next(
        (
            number
            for number, text in enumerate(users[0].lines if users else (), start=1)
            if "sqlalchemy.ext.asyncio" in text
        ),
        1,
    )
    if users:
        yield service.finding(
            RULE,
            "proven" if release.at_least("2.1") and release.how != "declared" else "suspected",
            (users[0], ast.Pass(lineno=line, col_offset=0)),
            f"sqlalchemy.ext.asyncio needs greenlet, and {release.source} asks for SQLAlchemy "
            f"{release} without it",
            'require "sqlalchemy[asyncio]"',
        )
