"""How one module of a target is imported by another: by the name that its neighbours say."""

from __future__ import annotations

from collections.abc import Iterator

from async_db.modernizing.step import Step
from async_db.target import Binding, Module


def name_in(step: Step, module: Module, other: Module, name: str) -> str:
    """Give the name that something of another module has in a module, imported if need be.

    Parameters:
        step: the step.
        module: that uses it.
        other: that defines it.
        name: that it has there.
    """
    if other is module:
        return name
    known = name_known(step, module, other, name)
    if known:
        return known
    step.add_import(module, spelling(step, module, other), name)
    return name


def name_known(step: Step, module: Module, other: Module, name: str) -> str:
    """Give the name that a module knows something of another one by; none, if it does not."""
    for local, bindings in module.bindings.items():
        if not any(each.kind == "from" for each in bindings):
            continue
        located = step.service.types.locate(module, local)
        if (
            located is not None
            and located[1] is other
            and located[0] in other.bindings.get(name, ())
        ):
            return local
    return ""


def spelling(step: Step, module: Module, other: Module) -> str:
    """Give the name that a module, or else one beside it, imports another by."""
    for importer in (module, *_beside(step, module)):
        for binding in importer.imports:
            if _target(step, importer, binding) is other:
                return binding.target
    return step.import_name(other)


def _beside(step: Step, module: Module) -> Iterator[Module]:
    folder = module.path.rpartition("/")[0]
    for each in step.project.modules:
        if each is not module and each.path.rpartition("/")[0] == folder:
            yield each


def _target(step: Step, importer: Module, binding: Binding) -> Module | None:
    if binding.kind != "from" or not binding.target:
        return None
    return step.project.index.find(binding.target, importer)
