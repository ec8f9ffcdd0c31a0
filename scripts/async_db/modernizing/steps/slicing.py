"""A slice moves by itself: what it shares with what stays is there twice from now on.

The first step of a move of a part. Of each definition that both need, such as the session dependency,
a copy is made beside it, `async_get_db` of `get_db` and `AsyncOrders` of `Orders`, and the slice
names the copies. From there on two worlds do not know each other, and the further steps change one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from async_db.modernizing.definitions import Definition, Definitions, Reference
from async_db.modernizing.editing import Replacement, edited
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.doubling import doubles_of
from async_db.modernizing.steps.propagation.knowing import known_of
from async_db.modernizing.steps.propagation.moving import find_moving, is_migration
from async_db.target import Instance, Module, libraries

_RULE = "migrating/slice-by-slice"
_SYNC = frozenset(
    {
        libraries.SESSION,
        libraries.SESSIONMAKER,
        libraries.SCOPED,
        libraries.ENGINE,
        libraries.CONNECTION,
        libraries.SQLMODEL_SESSION,
        "sqlalchemy.create_engine",
    }
)
"""What a definition names that has to do with sync sessions itself."""
_OVERRIDES = "testing/override-and-restore"
_OF_BOTH = "it stands in for what moved and for what stays: write an async one beside it"
_SHARED = (libraries.APPLICATION, libraries.ROUTER)
"""Applications and routers: there is one of each, whatever hangs on it."""


def slicing(step: Step) -> None:
    """Give a slice definitions of its own, and remember what belongs to it."""
    if not step.options.slices:
        return
    definitions = Definitions(step.project)
    parting = _Parting(step, definitions)
    twins = {each: twin_name(each.name) for each in parting.twice}
    for definition in parting.twice:
        _copy(step, definitions, definition, twins)
    for reference in definitions.references:
        if reference.to in twins and reference.by in parting.once:
            _name_twin(step, reference, twins[reference.to])
    _tell_overrides(step, definitions, parting, twins)
    step.world = frozenset(
        [(each.module.path, each.name) for each in parting.once]
        + [(each.module.path, name) for each, name in twins.items()]
    )


def twin_name(name: str) -> str:
    """Give the name of a copy: `async_get_db`, `_async_engine`, `AsyncOrders`, `AsyncSessionLocal`."""
    bare = name.lstrip("_")
    marks = name[: len(name) - len(bare)]
    if bare.isupper():
        return f"{marks}ASYNC_{bare}"
    return f"{marks}Async{bare}" if bare[:1].isupper() else f"{marks}async_{bare}"


class _Parting:
    """What moves where it is (`once`), and what both worlds need (`twice`)."""

    def __init__(self, step: Step, definitions: Definitions) -> None:
        self.step = step
        self.definitions = definitions
        self.below: dict[Definition | None, set[Definition]] = {}
        for each in definitions.references:
            self.below.setdefault(each.by, set()).add(each.to)
        touched = self._touched()
        roots = {
            each for each in touched if self._in_slice(each.module) and not each.module.is_test
        }
        world = self._reached(roots, touched)
        stays = {each for each in touched - world if not each.module.is_test}
        loose = {
            each.to
            for each in definitions.references
            if each.by is None and not each.module.is_test
        }
        shared = self._reached(
            {below for each in stays for below in self.below.get(each, ())} | loose, touched
        )
        twice = {each for each in world & shared if not self._is_route(each)}
        self.twice = self._copied(sorted(twice, key=_place))
        self.once = (world - set(self.twice)) | self._tests(world - twice, touched)
        self.once |= self._doubles(world)

    def _in_slice(self, module: Module) -> bool:
        return any(
            module.path == each or module.path.startswith(f"{each.rstrip('/')}/")
            for each in self.step.options.slices
        )

    def _touched(self) -> set[Definition]:
        """The definitions that have to do with sync sessions, themselves or by what they name."""
        moving = find_moving(self.step.service, known_of(self.step))
        found = {
            definition
            for function in (*moving.functions, *moving.blocked)
            if (definition := self._around(function.module, function.node)) is not None
        }
        names = self.definitions.library_names
        found |= {each for each, named in names.items() if named & _SYNC}
        found = {
            each for each in found if not is_migration(each.module) and not self._is_shared(each)
        }
        above: dict[Definition, set[Definition]] = {}
        for reference in self.definitions.references:
            if reference.by is not None:
                above.setdefault(reference.to, set()).add(reference.by)
        waiting = list(found)
        while waiting:
            for each in above.get(waiting.pop(), ()):
                if (
                    each not in found
                    and not self._is_shared(each)
                    and not is_migration(each.module)
                ):
                    found.add(each)
                    waiting.append(each)
        return found

    def _around(self, module: Module, node: ast.AST) -> Definition | None:
        line = getattr(node, "lineno", 0)
        for statement in module.tree.body if module.tree is not None else ():
            if statement.lineno <= line <= (statement.end_lineno or 0):
                name = getattr(statement, "name", "")
                return self.definitions.of.get((module, name))
        return None

    def _is_shared(self, definition: Definition) -> bool:
        of = self.step.service.types.of_name(definition.module, definition.name)
        return isinstance(of, Instance) and any(
            self.step.service.types.is_a(of, each) for each in _SHARED
        )

    def _is_route(self, definition: Definition) -> bool:
        routes = self.step.service.web.route_functions
        return any(route.node is definition.node for route in routes)

    def _reached(self, starts: Iterable[Definition], within: set[Definition]) -> set[Definition]:
        found: set[Definition] = set()
        waiting = [each for each in starts if each in within]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += [below for below in self.below.get(each, ()) if below in within]
        return found

    def _copied(self, twice: list[Definition]) -> list[Definition]:
        """Leave out what there can be only one of."""
        found = []
        for each in twice:
            if self.definitions.is_mapped(each):
                reason = f"{each.name} is needed by what moves and by what stays: take the session out of it"
                self.step.withhold(each.module, each.node, _RULE, reason)
            else:
                found.append(each)
        return found

    def _tests(self, moved: set[Definition], touched: set[Definition]) -> set[Definition]:
        """The tests that call what moves where it is."""
        found: set[Definition] = set()
        tests = [each for each in touched if each.module.is_test]
        while True:
            more = {
                each
                for each in tests
                if each not in found and self.below.get(each, set()) & (moved | found)
            }
            if not more:
                return found
            found |= more

    def _doubles(self, world: set[Definition]) -> set[Definition]:
        """The classes of tests that stand in for what moves; one that does so for what stays is told."""
        found: set[Definition] = set()
        for wanted, given in doubles_of(self.step.service).items():
            moved = self.definitions.of.get((wanted.module, wanted.name))
            for each in given if moved in world else ():
                double = self.definitions.of.get((each.module, each.name))
                places = [
                    self._is_of_slice(reference)
                    for reference in self.definitions.references
                    if reference.to is double
                ]
                if double is None or not any(places):
                    continue
                if all(places):
                    found.add(double)
                else:
                    self.step.withhold(each.module, each.node, _OVERRIDES, _OF_BOTH)
        return found

    def _is_of_slice(self, reference: Reference) -> bool:
        """Say whether what is named there goes to what moves: by an override, or in a test that moves."""
        if reference.by in self.once:
            return True
        statement = self.step.editing(reference.module).statement(reference.node)
        keys = [
            target.slice
            for target in (statement.targets if isinstance(statement, ast.Assign) else ())
            if isinstance(target, ast.Subscript) and "dependency_overrides" in ast.unparse(target)
        ]
        return any(
            each.node in keys and each.to in self.once for each in self.definitions.references
        )


def _place(definition: Definition) -> tuple[str, int]:
    return definition.module.path, definition.node.lineno


def _copy(
    step: Step, definitions: Definitions, definition: Definition, twins: dict[Definition, str]
) -> None:
    """Write a copy of a definition below it, under its new name, naming the copies of others."""
    editing = step.editing(definition.module)
    node = definition.node
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    start = editing.places.start_of_line(first)
    end = editing.places.span(node)[1]
    inside = [
        Replacement(place[0] - start, place[1] - start, twins[each.to])
        for each in definitions.references
        if each.by is definition and each.to in twins
        for place in [_named_at(step, each)]
    ]
    text = edited(
        editing.places.text[start:end],
        [*inside, _own_name(step, definition, start, twins[definition])],
    )
    gap = (
        "\n\n\n"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        else "\n"
    )
    editing.insert(end, f"{gap}{text}")
    step.changed(definition.module, node, "copy", rule=_RULE)
    for each in definitions.references:
        if each.by is definition and each.to in twins and each.source:
            step.add_import(definition.module, each.source, twins[each.to])


def _own_name(step: Step, definition: Definition, start: int, name: str) -> Replacement:
    editing = step.editing(definition.module)
    node = definition.node
    begin = editing.places.span(node)[0]
    place = editing.places.text.index(definition.name, begin)
    return Replacement(place - start, place - start + len(definition.name), name)


def _named_at(step: Step, reference: Reference) -> tuple[int, int]:
    start, end = step.editing(reference.module).places.span(reference.node)
    if isinstance(reference.node, ast.Attribute):
        start = end - len(reference.node.attr)
    return start, end


def _name_twin(step: Step, reference: Reference, name: str) -> None:
    step.editing(reference.module).replace_range(*_named_at(step, reference), name)
    if reference.source:
        step.add_import(reference.module, reference.source, name)
        if isinstance(reference.node, ast.Name):
            step.drop_import(reference.module, reference.node.id)


def _tell_overrides(
    step: Step, definitions: Definitions, parting: _Parting, twins: dict[Definition, str]
) -> None:
    """Say where tests override a dependency of which there is a copy now."""
    for each in definitions.references:
        if each.to in twins and each.module.is_test and each.by not in parting.once:
            editing = step.editing(each.module)
            holder = editing.parent(each.node)
            if isinstance(holder, ast.Subscript) and "dependency_overrides" in editing.source(
                holder.value
            ):
                reason = f"what moved depends on {twins[each.to]}: override it too, by an async engine on the same database"
                step.withhold(each.module, each.node, _OVERRIDES, reason)
