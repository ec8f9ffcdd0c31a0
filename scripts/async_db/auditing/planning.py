"""The plan of the move: which slice after which, and what each of them changes.

A slice is a router's module with the functions that it alone reaches. What several reach moves with
the last of them; until then a moved operation calls it by `session.run_sync`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from async_db.auditing.obstacles import Obstacle, blocking_calls, find_passed_on, obstacles_of
from async_db.auditing.service import Service
from async_db.target import Call, Function, Module, enclosing_function


@dataclass(frozen=True, slots=True)
class Place:
    """A function or a call.

    Parameters:
        path: the file.
        line: counted from 1.
        name: the function, or the code of the call.
    """

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What can move by itself and leave the service green.

    Parameters:
        name: the module that it is about.
        kind: `router`, `outside requests`, or `database layer`, which is not moved but set up.
        routes: how many operations it has.
        writes: whether it changes rows, as far as is seen.
        functions: those that become async, the lowest first.
        awaits: the calls in them, and in what is async already, that need `await`.
        shared: the functions that it reaches and that wait for a later slice.
        obstacles: what cannot become async as it is.
    """

    name: str
    kind: str
    routes: int
    writes: bool
    functions: tuple[Place, ...]
    awaits: tuple[Place, ...]
    shared: tuple[Place, ...]
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The slices in their order, and what is left to a person.

    Parameters:
        slices: in the order in which to move them; empty where nothing sync is left.
        functions: how many functions become async.
        awaits: how many calls need `await`.
        blocking: what would block the loop once it runs there.
        tests: how many test functions call what becomes async, or use a sync session themselves.
    """

    slices: tuple[Slice, ...]
    functions: int
    awaits: int
    blocking: tuple[Obstacle, ...]
    tests: int


_Below = Callable[[Function], list[Function]]
_WRITES = frozenset(
    {"commit", "flush", "merge", "bulk_save_objects", "bulk_insert_mappings", "delete"}
)


def plan_move(service: Service) -> Plan:
    """Say in which order a service moves to async sessions."""
    must = _must_become_async(service)
    groups = _groups(service, must)
    known = _known(service, must)
    order = _ordered(known, groups)
    last: dict[Function, int] = {}
    for number, (_, _, reached) in enumerate(order):
        for function in reached:
            last[function] = number
    passed_on = find_passed_on(service, must)
    placed = cache(_place)
    slices = [*_database_layer(service)] if must or order else []
    before: set[Function] = set()
    for number, (module, kind, reached) in enumerate(order):
        own = [each for each in reached if last[each] == number]
        later = [each for each in reached if last[each] != number]
        obstacles = tuple(obstacles_of(service, own, passed_on))
        operations = known.operations.get(module, ()) if kind == "router" else ()
        moved = dict.fromkeys((*own, *operations))
        awaits = _awaits(service, known, moved, before)
        before.update(moved)
        slices.append(
            Slice(
                name=module.path,
                kind=kind,
                routes=len(operations),
                writes=not known.writing.isdisjoint([*own, *later]),
                functions=tuple(map(placed, own)),
                awaits=tuple(awaits),
                shared=tuple(map(placed, later)),
                obstacles=obstacles,
            )
        )
    return Plan(
        slices=tuple(slices),
        functions=len(must),
        awaits=len({place for each in slices for place in each.awaits}),
        blocking=tuple(blocking_calls(service, must)),
        tests=_tests(service, must),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What each slice asks.

    Parameters:
        operations: the functions that serve, by the module that they are in, once a route.
        waiting: the calls that wait for a sync session, by the function that they stand in.
        writing: the functions that write by themselves.
        must: the functions that become async.
    """

    operations: Mapping[Module, Sequence[Function]]
    waiting: Mapping[Function, Sequence[Call]]
    writing: frozenset[Function]
    must: frozenset[Function]


def _known(service: Service, must: Iterable[Function]) -> _Known:
    operations: dict[Module, list[Function]] = {}
    for route in service.web.routes:
        operations.setdefault(route.function.module, []).append(route.function)
    waiting: dict[Function, list[Call]] = {}
    writing: set[Function] = set()
    for use in service.sessions.uses:
        function = enclosing_function(use.call.scope)
        if function is None:
            continue
        if not use.is_async:
            waiting.setdefault(function, []).append(use.call)
        if use.method in _WRITES:
            writing.add(function)
    return _Known(operations, waiting, frozenset(writing), frozenset(must))


def _must_become_async(service: Service) -> list[Function]:
    """Give the plain functions that wait for a session, with the ports that they stand behind."""
    found = {
        function: None for function in service.sessions.blocking if service.serves(function.module)
    }
    ports = _Ports(service)
    for function in list(found):
        for port in ports.above(function):
            found[port] = None
            found.update(
                (each, None) for each in service.calls.overrides(port) if not each.is_async
            )
    return list(found)


class _Ports:
    """The methods without a body that calls name, by their names: each is looked for once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._called: dict[str, list[Function]] = {}

    def above(self, function: Function) -> list[Function]:
        """Give the methods of ports and base classes that a method is called through."""
        service = self._service
        owner = function.owner
        if owner is None:
            return []
        found = [
            method
            for each in service.types.mro(owner)
            if not isinstance(each, str) and each is not owner
            if (method := service.types.find_method(each, function.name)) is not None
            and method.owner is each
            and not method.is_async
        ]
        for port in self._named(function.name):
            if port not in found and function in service.calls.overrides(port):
                found.append(port)
        return found

    def _named(self, name: str) -> list[Function]:
        if name not in self._called:
            calls = self._service.calls.named(name)
            ports = (port for call in calls for port in self._service.ports_of(call))
            self._called[name] = list(dict.fromkeys(ports))
        return self._called[name]


def _groups(service: Service, must: Iterable[Function]) -> list[tuple[Module, str, list[Function]]]:
    """Give the modules with operations, each with what it reaches; then what runs outside of them."""
    every = dict.fromkeys(must)
    blocked = service.sessions.blocked
    by_module: dict[Module, list[Function]] = {}
    for route in service.web.routes:
        module = route.function.module
        if service.serves(module):
            by_module.setdefault(module, []).append(route.function)
    groups: list[tuple[Module, str, list[Function]]] = []
    reached_by_any: set[Function] = set()
    for starts in by_module.values():
        starts += [
            below
            for start in list(starts)
            for dependency in service.web.all_dependencies(start)
            if (below := service.web.function_of(dependency.target)) is not None
        ]
    called_by = cache(partial(_called_by, service))
    ways = _ways_down(called_by, itertools.chain.from_iterable(by_module.values()), every)
    for module, starts in by_module.items():
        reached = [each for each in _reached(ways, starts) if each in every]
        if reached or any(start in blocked for start in starts):
            groups.append((module, "router", reached))
            reached_by_any.update(reached)
    rest = [function for function in every if function not in reached_by_any]
    return [*groups, *_outside(called_by, rest, every)]


def _outside(
    below: _Below, rest: Sequence[Function], every: Mapping[Function, None]
) -> Iterator[tuple[Module, str, list[Function]]]:
    """Give the modules whose functions run outside of operations, each with what it reaches.

    What only others of these call moves with them, such as what a command line calls.
    """
    ways = _ways_down(below, rest, every)
    called = {below for each in rest for below in ways.get(each, ()) if below is not each}
    entries = [each for each in rest if each not in called]
    found = set(_reached(ways, entries))
    entries += [each for each in rest if each not in found]  # they call each other in a circle
    by_module: dict[Module, list[Function]] = {}
    for function in entries:
        by_module.setdefault(function.module, []).append(function)
    for module, starts in by_module.items():
        yield module, "outside requests", [each for each in _reached(ways, starts) if each in every]


def _called_by(service: Service, function: Function) -> list[Function]:
    """Give what a function calls, ports included, and the functions in it."""
    called: list[Function] = []
    for call in function.calls:
        called += [callee.function for callee in service.calls.callees(call)]
        called += service.ports_of(call)
    return [*called, *function.functions]


def _ways_down(
    below_of: _Below, starts: Iterable[Function], goals: Collection[Function]
) -> dict[Function, list[Function]]:
    """Give what functions call, and what that calls, as far as it leads to one of the goals."""
    below: dict[Function, list[Function]] = {}
    above: dict[Function, list[Function]] = {}
    waiting = list(starts)
    while waiting:
        function = waiting.pop()
        if function in below:
            continue
        called = below[function] = below_of(function)
        for each in called:
            above.setdefault(each, []).append(function)
        waiting += called
    leading: set[Function] = set()
    waiting = [each for each in goals if each in below]
    while waiting:
        function = waiting.pop()
        if function not in leading:
            leading.add(function)
            waiting += above.get(function, ())
    return {each: [one for one in below[each] if one in leading] for each in leading}


def _reached(
    below: Mapping[Function, list[Function]], starts: Iterable[Function]
) -> list[Function]:
    """Give what functions call, however deep, the lowest first."""
    found: list[Function] = []
    seen: set[Function] = set()
    stack = [(each, False) for each in starts]
    while stack:
        function, done = stack.pop()
        if done:
            found.append(function)
            continue
        if function in seen:
            continue
        seen.add(function)
        stack.append((function, True))
        stack += [(each, False) for each in below.get(function, ())]
    return found


def _ordered(
    known: _Known, groups: list[tuple[Module, str, list[Function]]]
) -> list[tuple[Module, str, list[Function]]]:
    """Begin with what shares least, reads only and is small; what runs outside requests is last."""
    users: dict[Function, int] = {}
    for _, _, reached in groups:
        for function in reached:
            users[function] = users.get(function, 0) + 1
    return sorted(
        groups,
        key=lambda group: (
            group[1] != "router",
            not known.writing.isdisjoint(group[2]),
            sum(users[each] > 1 for each in group[2]),
            len(group[2]),
            group[0].path,
        ),
    )


def _awaits(
    service: Service, known: _Known, moved: Iterable[Function], before: Collection[Function]
) -> list[Place]:
    """Give the calls that need `await` when functions move, each once.

    Parameters:
        service: what is audited.
        known: what each slice asks.
        moved: the functions that move.
        before: those that moved before: they called what moves now by `run_sync`.
    """
    found: dict[Call, None] = {}
    for function in moved:
        found.update(dict.fromkeys(known.waiting.get(function, ())))
        for call in function.calls:
            if any(callee.function in known.must for callee in service.calls.callees(call)):
                found[call] = None
        if function in known.must:
            for call, _ in service.calls.callers(function):
                if enclosing_function(call.scope) in before:
                    found[call] = None
    places = [
        Place(call.scope.module.path, call.node.lineno, call.scope.module.source(call.node))
        for call in found
    ]
    return sorted(places, key=lambda each: (each.path, each.line))


def _database_layer(service: Service) -> Iterable[Slice]:
    """The async engine, factory and dependency, beside the sync ones until the last slice."""
    functions = []
    for function, places in service.web.provided_functions.items():
        given = service.types.provided(places[0].target)
        if service.sessions.kind(given) == "sync" and service.serves(function.module):
            functions.append(_place(function))
    engines = [
        Place(call.scope.module.path, call.node.lineno, call.scope.module.source(call.node))
        for call, is_async in service.engine_calls
        if not is_async
    ]
    if functions or engines:
        name = (functions or engines)[0].path
        yield Slice(name, "database layer", 0, False, (*functions, *engines), (), (), ())


def _place(function: Function) -> Place:
    return Place(function.module.path, function.line, function.qualname)


def _tests(service: Service, must: Iterable[Function]) -> int:
    """Count the tests and fixtures that the move changes."""
    changed = {
        function
        for use in service.sessions.uses
        if not use.is_async
        and use.call.scope.module.is_test
        and (function := enclosing_function(use.call.scope)) is not None
    }
    for each in must:
        for call, _ in service.calls.callers(each):
            function = enclosing_function(call.scope)
            if function is not None and function.module.is_test:
                changed.add(function)
    return len(changed)
