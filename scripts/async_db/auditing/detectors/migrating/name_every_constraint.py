"""A base without a naming convention, in a service that has migrations."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.service import Service
from async_db.findings import Finding

RULE = "migrating/name-every-constraint"


@detects(RULE)
def unnamed(service: Service) -> Iterator[Finding]:
    """Find declarative bases where nothing in the service says `naming_convention`."""
    if not service.environments or any(
        "naming_convention" in each.text for each in service.modules
    ):
        return
    for module in service.modules:
        for each in module.all_classes:
            if "sqlalchemy.orm.DeclarativeBase" in service.types.bases(each):
                yield service.finding(
                    RULE,
                    "review",
                    (module, each.node),
                    f"constraints of {each.name}'s tables have no names: a migration cannot drop them",
                    "metadata = MetaData(naming_convention=...); tables that are there keep their names",
                )
