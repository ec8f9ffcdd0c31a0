"""What SQLAlchemy's functions are called in a module: by a name that nothing else has."""

from __future__ import annotations

from async_db.modernizing.step import Step
from async_db.target import LibraryObject, Module, Scope, libraries, scopes_outwards


class Names:
    """The names for what a step writes, imported where they are not yet.

    Parameters:
        step: whose imports these are.
    """

    def __init__(self, step: Step) -> None:
        self._step = step

    def of(self, name: str, scope: Scope, source: str = "sqlalchemy") -> str:
        """Give how a function of SQLAlchemy is called in a scope, and have it imported.

        Parameters:
            name: such as `select`.
            scope: that it is written in.
            source: the module that has it.
        """
        module = scope.module
        means = f"{source}.{name}"
        if self._is(scope, name, means):
            return name
        if self._is_free(scope, name):
            self._step.add_import(module, source, name)
            return name
        for bound, bindings in module.bindings.items():
            if any(each.kind == "import" and each.target == source for each in bindings):
                return f"{bound}.{name}"
        self._step.add_import(module, source, "")
        return f"{source}.{name}"

    def _is(self, scope: Scope, name: str, means: str) -> bool:
        if not any(name in around.bindings for around in scopes_outwards(scope)):
            return False
        of = self._step.project.types.of_name(scope, name)
        if not isinstance(of, LibraryObject):
            return False
        return libraries.canonical(of.name) in (means, f"sqlmodel.{name}")

    def _is_free(self, scope: Scope, name: str) -> bool:
        """Say whether a module can import a name: nothing else has it there or on the way to it."""
        if any(name in around.bindings for around in scopes_outwards(scope)):
            return False
        module = scope.module
        return name not in module.bindings and not self._starred(module, name)

    def _starred(self, module: Module, name: str) -> bool:
        """Say whether a star import could give the name another meaning."""
        types = self._step.project.types
        return any(types.member(star, name, module) is not None for star in _own_stars(module))


def _own_stars(module: Module) -> list[str]:
    return [each for each in module.stars if not libraries.is_library(each)]
