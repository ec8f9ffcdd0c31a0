"""Models that Alembic's environment does not import, and whose tables it would drop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from async_db.auditing.detectors.registry import detects
from async_db.auditing.inventory import model_kind
from async_db.auditing.service import Service
from async_db.findings import Finding
from async_db.target import Module

RULE = "migrating/alembic-sees-every-model"
_DYNAMIC = re.compile(r"import_module\(|__import__\(|pkgutil|walk_packages|glob\(")


@detects(RULE)
def unseen_models(service: Service) -> Iterator[Finding]:
    """Find models in modules that `env.py` reaches by no import, where it compares with metadata."""
    for environment in service.environments:
        if (
            "target_metadata" not in environment.text
            or "target_metadata = None" in environment.text
        ):
            continue
        reached = _reached(service, environment)
        if any(_DYNAMIC.search(module.text) for module in reached):
            continue
        for module in service.modules:
            if module in reached or not _is_near(module, environment):
                continue
            models = [each for each in module.all_classes if "__tablename__" in each.bindings]
            models = [each for each in models if model_kind(service, each)]
            if models:
                yield service.finding(
                    RULE,
                    "suspected",
                    (module, models[0].node),
                    f"{environment.path} imports no module that brings {models[0].name}: autogenerate "
                    "takes its table for one to drop",
                    "import the module in env.py",
                )


def _reached(service: Service, start: Module) -> set[Module]:
    seen, waiting = {start}, [start]
    while waiting:
        module = waiting.pop()
        for other in service.imports_of(module):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def _is_near(module: Module, environment: Module) -> bool:
    """Several services of one repository have environments of their own."""
    folder = environment.path.rpartition("/")[0].rpartition("/")[0]
    return not folder or module.path.startswith(f"{folder.partition('/')[0]}/")
