"""Pages by offset, which shift when rows come and go."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.auditing.statements import chain_of
from async_db.findings import Finding

RULE = "repository/stable-pagination"


@detects(RULE)
def by_offset(service: Service) -> Iterator[Finding]:
    """Find `offset` of a `select` or of a 1.x query."""
    for call in service.calls_named("offset"):
        _, root = chain_of(service, call)
        if root in ("sqlalchemy.select", "sqlmodel.select") or root.endswith("Session.query"):
            yield service.finding(
                RULE,
                "review",
                call,
                "pages by offset shift when a row before them comes or goes, and read all that they skip",
                "page by the key: where(Model.id > after).order_by(Model.id).limit(n)",
            )
