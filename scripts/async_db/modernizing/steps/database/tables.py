"""`metadata.create_all` where a module is imported: what it runs by, and how it is run later."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.importing import name_in
from async_db.target import Call, Module, libraries

_OF_METADATA = ("create_all", "drop_all", "reflect")


@dataclass(frozen=True, slots=True)
class OfMetadata:
    """A call that makes or drops tables, or reads them.

    Parameters:
        call: the call.
        by: the engine or connection that it runs by.
        is_engine: which of the two.
    """

    call: Call
    by: ast.expr
    is_engine: bool

    @property
    def module(self) -> Module:
        return self.call.scope.module

    @property
    def rest(self) -> list[ast.expr | ast.keyword]:
        """Its other arguments."""
        return [
            *(each for each in self.call.node.args if each is not self.by),
            *(each for each in self.call.node.keywords if each.value is not self.by),
        ]


def calls_of_metadata(step: Step) -> list[OfMetadata]:
    """Give the calls on metadata that run by an engine or a connection."""
    found = []
    for name in _OF_METADATA:
        for call in step.service.project.calls.named(name):
            each = _of_metadata(step, call)
            if each is not None:
                found.append(each)
    return found


def _of_metadata(step: Step, call: Call) -> OfMetadata | None:
    named = [each.value for each in call.node.keywords if each.arg == "bind"]
    given = [*named, *call.node.args[:1]]
    if not given or not isinstance(call.node.func, ast.Attribute):
        return None
    types = step.service.types
    of = types.of(given[0], call.scope)
    for is_engine, sync, own in (
        (True, libraries.ENGINE, libraries.ASYNC_ENGINE),
        (False, libraries.CONNECTION, libraries.ASYNC_CONNECTION),
    ):
        if types.is_a(of, sync) or types.is_a(of, own):
            return OfMetadata(call, given[0], is_engine)
    return None


def run_by(step: Step, made: OfMetadata) -> str:
    """Give how a call on metadata is written as something that `run_sync` runs."""
    editing = step.editing(made.module)
    given = [editing.source(each) for each in (made.call.node.func, *made.rest)]
    return f"run_sync({', '.join(given)})"


def at_start(step: Step, made: OfMetadata, module: Module) -> list[str] | None:
    """Write what makes tables for the start of another module's lifespan; None, if it cannot be.

    Parameters:
        step: the step.
        made: the call.
        module: that the lifespan is in, which imports what the call names.
    """
    names: dict[str, tuple[Module, str]] = {}
    for part in (made.call.node.func, made.by, *made.rest):
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                located = step.service.types.locate(made.module, node.id)
                home = located[1] if located is not None else None
                if located is None or not isinstance(home, Module):
                    return None
                names[node.id] = home, _own_name(home, located[0], node.id)
    if made.module is not module:
        for name, (home, own) in names.items():
            if name_in(step, module, home, own) != name:
                return None
    engine = step.editing(made.module).source(made.by)
    return [
        f"async with {engine}.begin() as connection:",
        f"    await connection.{run_by(step, made)}",
    ]


def _own_name(home: Module, binding: object, name: str) -> str:
    """Give the name that a binding has where it stands, which an import may have changed."""
    if binding in home.bindings.get(name, ()):
        return name
    return next((each for each, found in home.bindings.items() if binding in found), name)
