"""Which functions become async: those that have something to await, found by a fixpoint.

A function moves when it waits for a library's object itself, or calls what moves; its family moves
with it. What cannot be async stops there: it stays, is told, and its callers stay too.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from async_db.auditing import Service
from async_db.modernizing.changes import Knowledge
from async_db.modernizing.steps.propagation.aliases import calls_by_other_names
from async_db.modernizing.steps.propagation.awaitables import (
    NAMES,
    REQUESTS,
    TEST_CLIENT,
    Treatment,
    inspected_by,
    keeps_client,
    runs_schema,
    treatment_of,
    uses_client,
)
from async_db.modernizing.steps.propagation.blocked import reason_against
from async_db.modernizing.steps.propagation.dispatching import plain_calls
from async_db.modernizing.steps.propagation.doubling import Doubles, doubles_of
from async_db.modernizing.steps.propagation.families import Families
from async_db.modernizing.steps.propagation.greenlets import sync_inside, waits_for_given
from async_db.modernizing.steps.propagation.knowing import Known
from async_db.modernizing.steps.propagation.passing import Passed, passed_functions
from async_db.target import (
    Call,
    Function,
    FunctionObject,
    Instance,
    Module,
    Scope,
    enclosing_function,
)

_INSIDE = "SQLAlchemy calls it, which does not await: use the connection or session it is given"


@dataclass(slots=True)
class Moving:
    """What moves.

    Parameters:
        functions: that become async, in the order in which they were found.
        blocked: that would have to, and cannot; with the reason.
        sites: the calls of what moves, and where that is known from.
        direct: the calls of libraries' objects that wait, and what happens to each.
        passed: where functions that move are given to somebody who calls them.
        doubles: what tests put in the place of the service's classes.
    """

    functions: dict[Function, None] = field(default_factory=dict)
    blocked: dict[Function, str] = field(default_factory=dict)
    sites: dict[Call, Knowledge] = field(default_factory=dict)
    direct: dict[Call, Treatment] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)
    doubles: Doubles = field(default_factory=dict)


def find_moving(
    service: Service,
    known: Known,
    world: frozenset[tuple[str, str]] | None = None,
) -> Moving:
    """Find what moves.

    Parameters:
        service: the model of the target.
        world: the definitions that may move, by path and name; tests' clients stay as they are
            then. All may, if it is not given.
        known: what calls run, as far as it is known from elsewhere than the model.
    """
    return _Search(service, known, world).search()


def is_migration(module: Module) -> bool:
    """Say whether a file is Alembic's, which runs with a connection of its own."""
    return any(
        each.name in ("op", "context") and each.target == "alembic" for each in module.imports
    ) or (module.path.rpartition("/")[2] == "env.py" and "alembic" in module.text)


class _Search:
    def __init__(
        self,
        service: Service,
        known: Known,
        world: frozenset[tuple[str, str]] | None,
    ) -> None:
        self.service = service
        self.world = world
        self.types = service.types
        self.calls = service.calls
        self.known = known
        doubles = doubles_of(service)
        self.families = Families(service.calls, doubles)
        self.found = Moving(doubles=doubles)
        self.clients: list[Call] = []
        self.options: list[Call] = []
        self.moves_clients = False
        self.plain: dict[Module, frozenset[Call]] = {}
        self.waiting: deque[Function] = deque()
        self.by_callee: dict[Function, list[Call]] = {}
        for call, callees in known.callees.items():
            for callee in callees:
                self.by_callee.setdefault(callee, []).append(call)

    def search(self) -> Moving:
        for module in self.service.project.modules:
            if not is_migration(module):
                self._seed(module)
        for call, treatment in self.known.direct.items():
            if (
                call not in self.found.direct
                and call.use != "awaited"
                and not is_migration(call.scope.module)
            ):
                self.found.sites[call] = self.known.source[call]
                self._direct(call, treatment)
        self._seed_schema()
        self._seed_operations()
        self._seed_clients()
        passed: dict[ast.AST, Passed] = {}
        while self.waiting:
            self._spread()
            for each in passed_functions(
                self.service, self.found.functions, clients=self.moves_clients
            ):
                passed[each.node] = each
                for call in each.runs:
                    self._site(call, "model")
                for function in each.beside:
                    self._must(function, None)
        self._await_options()
        self.found.passed = list(passed.values())
        return self.found

    def _seed(self, module: Module) -> None:
        for call in module.all_calls:
            treatment: Treatment = ""
            if call.use == "entered" or call.name in NAMES:
                treatment = treatment_of(call, self.types)
            if uses_client(call, self.types):
                self.clients.append(call)
            elif treatment and call.name == "execution_options":
                self.options.append(call)
            elif treatment and call.use != "awaited":
                self._direct(call, treatment)

    def _await_options(self) -> None:
        """Await a connection's options in what moves: alone they are no reason to."""
        for call in self.options:
            if call.use != "awaited" and enclosing_function(call.scope) in self.found.functions:
                self.found.direct[call] = "await"

    def _seed_clients(self) -> None:
        """Await what tests ask a client, in a service that moves at all."""
        if not self.found.direct and not self.found.functions:
            return
        self.moves_clients = self.world is None
        for function in self._requests_of_subclasses() if self.moves_clients else ():
            self._must(function, None)
        for call in self.clients:
            treatment = treatment_of(call, self.types)
            if treatment and call.use != "awaited" and not self._keeps_client(call):
                self._direct(call, treatment)

    def _requests_of_subclasses(self) -> Iterator[Function]:
        """Give what overrides a method of a test's client that sends a request."""
        for module in self.service.project.modules:
            for each in module.all_classes if "TestClient" in module.text else ():
                if TEST_CLIENT in self.types.mro(each):
                    yield from (own for own in each.functions if own.name in REQUESTS)

    def _direct(self, call: Call, treatment: Treatment) -> None:
        self.found.direct[call] = treatment
        self._must(enclosing_function(call.scope), call)

    def _keeps_client(self, call: Call) -> bool:
        """Say whether a test's client stays: in a slice, and where a WebSocket needs it."""
        function = enclosing_function(call.scope)
        return self.world is not None or (
            function is not None and keeps_client(function, self.types)
        )

    def _seed_schema(self) -> None:
        """What makes or drops tables by an engine or a connection waits for them."""
        for name in ("create_all", "drop_all", "reflect"):
            for call in self.calls.named(name):
                if runs_schema(call, self.types):
                    self._schema(call)
        for call in self.calls.named("inspect"):
            if inspected_by(call, self.types):
                self._schema(call)

    def _schema(self, call: Call) -> None:
        inside = enclosing_function(call.scope) in self.inside
        if not inside and not is_migration(call.scope.module):
            self._direct(call, "schema")

    def _seed_operations(self) -> None:
        """Have what FastAPI calls with a session run in the loop, where the session is used.

        A `def` operation runs in a thread, and would add to the session while a query of another
        task runs on it.
        """
        web = self.service.web
        for function in (*web.route_functions, *web.provided_functions):
            if function.is_async or function.name == "__init__":
                continue  # a class that is depended on only keeps the session
            if any(
                self.service.sessions.holds_session(self.types.of_name(function, each.arg))
                for each in function.parameters
            ):
                self._must(function, None)

    def _spread(self) -> None:
        while self.waiting:
            function = self.waiting.popleft()
            if function.is_async:
                continue  # its callers have to do with a coroutine today
            for call, _ in self.calls.callers(function):
                self._site(call, "model")
            for call in (*self.by_other_names.get(function, ()), *self._of_port(function)):
                self._site(call, "model")
            for call in self.by_callee.get(function, ()):
                if call not in self.found.sites:
                    self._site(call, self.known.source[call])
                for other in self.known.callees[call]:  # all that it may run are awaited
                    self._must(other, None)
            for call in self._entering(function):
                self._site(call, "model")

    def _of_port(self, function: Function) -> list[Call]:
        """Give the calls of a port's method, also where nobody is known to have all of the port."""
        if not self.calls.is_abstract(function):
            return []
        called = {call: self.calls.called(call) for call in self.calls.named(function.name)}
        return [
            call
            for call, of in called.items()
            if isinstance(of, FunctionObject) and of.function is function
        ]

    @cached_property
    def inside(self) -> frozenset[Function]:
        return sync_inside(self.service)

    @cached_property
    def by_other_names(self) -> dict[Function, list[Call]]:
        return calls_by_other_names(self.service)

    def _site(self, call: Call, knowledge: Knowledge) -> None:
        module = call.scope.module
        if call.use == "awaited" or call in self.found.sites or is_migration(module):
            return
        if call in self._plain_calls(module):
            return
        self.found.sites[call] = knowledge
        function = enclosing_function(call.scope)
        self._must(function, call)
        if function in self.found.functions:
            self._beside(call)

    def _beside(self, call: Call) -> None:
        """Have all that an awaited call may run move: also the port that nobody has all methods of."""
        called = self.calls.called(call)
        if isinstance(called, FunctionObject):
            self._must(called.function, None)
            for callee in self.calls.callees(call):
                self._must(callee.function, None)

    def _plain_calls(self, module: Module) -> frozenset[Call]:
        if module not in self.plain:
            self.plain[module] = plain_calls(module)
        return self.plain[module]

    def _entering(self, function: Function) -> Iterator[Call]:
        """Give the calls whose result is entered by `with`, where `__enter__` or `__exit__` moves."""
        if function.name not in ("__enter__", "__exit__") or function.owner is None:
            return
        for module in self.service.project.modules:
            for call in module.all_calls:
                if call.use == "entered":
                    given = self.types.of(call.node, call.scope)
                    if isinstance(given, Instance) and function.owner in _classes(given, self):
                        yield call

    def _must(self, function: Function | None, call: Call | None) -> None:
        """Have a function become async, and all that belongs to it, or say why it cannot."""
        if (
            function is None
            or function in self.found.functions
            or (call is not None and call.inside == "lambda")
        ):
            return
        if self.world is not None and not _is_within(function, self.world):
            return
        if function in self.inside:
            if call is None or waits_for_given(call, function):
                return
            self.found.blocked[function] = _INSIDE
            return
        family = self.families.of(function)
        if function.name in ("__enter__", "__exit__") and function.owner is not None:
            pair = [function.owner.bindings.get(name) for name in ("__enter__", "__exit__")]
            others = [each[-1].definition for each in pair if each]
            family = (*family, *(each for each in others if isinstance(each, Function)))
        for each in family:
            reason = "" if each.is_async else reason_against(self.service, each)
            if reason:
                self.found.blocked[function] = reason
                return
        for each in family:
            if each not in self.found.functions:
                self.found.functions[each] = None
                self.waiting.append(each)


def _is_within(function: Function, world: frozenset[tuple[str, str]]) -> bool:
    """Say whether a function is, or is part of, one of some definitions."""
    outermost: Scope = function
    while outermost.parent is not None and outermost.parent.parent is not None:
        outermost = outermost.parent
    return (function.module.path, outermost.name) in world


def _classes(given: Instance, search: _Search) -> tuple[object, ...]:
    return search.types.mro(given.of) if not isinstance(given.of, str) else ()
