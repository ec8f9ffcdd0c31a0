"""A base without a naming convention, in a service that has migrations."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.inventory import model_kind
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Class, Module

RULE = "migrating/name-every-constraint"


@detects(RULE)
def unnamed(service: Service) -> Iterator[Finding]:
    """Find declarative bases where nothing in the service says `naming_convention`."""
    if not service.environments or any(
        "naming_convention" in each.text for each in service.modules
    ):
        return
    classes = [(module, each) for module in service.modules for each in module.all_classes]
    for module, each in classes:
        if "sqlalchemy.orm.DeclarativeBase" in service.types.bases(each):
            yield _finding(service, module, each, "metadata = MetaData(naming_convention=...)")
    # SQLModel is the base of all, and each model names it: the first one stands for them.
    tables = (part for part in classes if model_kind(service, part[1]) == "SQLModel")
    for module, each in list(tables)[:1]:
        yield _finding(service, module, each, "SQLModel.metadata.naming_convention = {...}")


def _finding(service: Service, module: Module, each: Class, advice: str) -> Finding:
    return service.finding(
        RULE,
        "review",
        (module, each.node),
        f"constraints of {each.name}'s tables have no names: a migration cannot drop them",
        f"{advice}; tables that are there keep their names",
    )
