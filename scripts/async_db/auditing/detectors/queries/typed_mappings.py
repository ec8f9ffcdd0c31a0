"""Mapped classes whose columns have no types that a checker could see."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.inventory import model_kind
from async_db.auditing.service import Service
from async_db.findings import Finding

RULE = "queries/typed-mappings"


@detects(RULE)
def untyped(service: Service) -> Iterator[Finding]:
    """Find mapped classes that are written with `Column`, and bases of the 1.x kind."""
    release = service.release("sqlalchemy")
    if release is not None and release.at_least("2.0") is False:
        return
    for module in service.modules:
        for each in module.all_classes:
            if model_kind(service, each) == "Column":
                yield service.finding(
                    RULE,
                    "review",
                    (module, each.node),
                    f"{each.qualname} is mapped with `Column`: no type checker knows what its "
                    "attributes are",
                    "Mapped[...] and mapped_column(...)",
                )
    for call in service.library_calls("sqlalchemy.orm.declarative_base"):
        yield service.finding(
            RULE,
            "review",
            call,
            "`declarative_base()` makes a base that no type checker understands",
            "class Base(DeclarativeBase)",
        )
