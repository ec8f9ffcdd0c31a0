"""What reaches the database: calls that wait for it, the functions above them, who commits."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from async_db.target import (
    Call,
    Callee,
    Class,
    Function,
    Instance,
    LibraryObject,
    Project,
    Read,
    Scope,
    Type,
    enclosing_function,
    libraries,
)

_WAITING = {method for methods in libraries.BLOCKING.values() for method in methods}
_ASYNC_WAITING = libraries.AWAITED | {"connect", "begin"}
_ASYNC_OWNERS = (libraries.ASYNC_SESSION, libraries.ASYNC_CONNECTION)
_GIVING = {method for _, method in libraries.HANDED_OUT} | {
    *("Session", "AsyncSession", "scoped_session", "async_scoped_session", "object_session"),
    *("super", "next", "anext", "iter", "list", "sorted", "tuple", "getattr"),
    *("run", "wait_for", "shield", "cast", "partial"),
}
"""What libraries and Python itself call what may give a session."""
_MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Use:
    """A call that waits for the database.

    Parameters:
        call: the call.
        owner: the library's class that it is of, such as `sqlalchemy.orm.Session`.
        method: that is called.
        is_async: whether it gives a coroutine.
    """

    call: Call
    owner: str
    method: str
    is_async: bool


@dataclass(frozen=True, slots=True)
class Step:
    """How a function reaches the database: by a call, of `below` or of the database itself.

    Parameters:
        call: that the function makes, or the property that it reads.
        below: what the call runs; None where it is a session's own method.
        exact: whether that is sure here and on all steps below.
    """

    call: Call | Read
    below: Function | None
    exact: bool


class Sessions:
    """The uses of sessions, connections and engines in a project."""

    def __init__(self, project: Project) -> None:
        self.types = project.types
        self.calls = project.calls
        self._holders: dict[Class, bool] = {}

    def is_session(self, of: Type | None) -> bool:
        return self.kind(of) != ""

    def kind(self, of: Type | None) -> str:
        """Say whether something is a `sync` or an `async` session; empty if it is none."""
        if self.types.is_a(of, libraries.SESSION):
            return "sync"
        return "async" if self.types.is_a(of, libraries.ASYNC_SESSION) else ""

    def holds_session(self, of: Type | None, depth: int = 2) -> bool:
        """Say whether something is a session, or an object that keeps one, as a repository does."""
        if self.is_session(of):
            return True
        if not isinstance(of, Instance) or not isinstance(of.of, Class) or depth == 0:
            return False
        own = of.of
        if own not in self._holders:
            self._holders[own] = False
            self._holders[own] = any(
                self.holds_session(self.types.attribute(of, name), depth - 1)
                for each in self.types.mro(own)
                if isinstance(each, Class)
                for name in each.attributes
            )
        return self._holders[own]

    def use_of(self, call: Call) -> Use | None:
        """Give the use that a call is, if it is one by the types that are known."""
        called = self.calls.called(call)
        if not isinstance(called, LibraryObject) or called.bound_to is None:
            return None
        library, _, method = called.name.rpartition(".")
        for base in libraries.library_bases(library):
            if method in libraries.BLOCKING.get(base, ()):
                # What is awaited is async, whatever an annotation says that nobody checks.
                return Use(call, base, method, call.use == "awaited")
            if base in _ASYNC_OWNERS and method in libraries.AWAITED:
                return Use(call, base, method, True)
        return None

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """All uses, in the order of the files."""
        return tuple(
            use
            for module in self.types.modules
            for call in module.all_calls
            if call.name in _WAITING or call.name in _ASYNC_WAITING
            if (use := self.use_of(call)) is not None
        )

    @cached_property
    def blocking(self) -> dict[Function, Step]:
        """The plain functions that wait for the database while they run, and how."""
        direct = [use.call for use in self.uses if not use.is_async]
        return self._reaching(direct, lambda function: not function.is_async)

    @cached_property
    def on_the_loop(self) -> tuple[tuple[Call | Read, Step], ...]:
        """The calls in `async def` that wait for the database as plain calls do, and how."""
        found: list[tuple[Call | Read, Step]] = []
        for use in self.uses:
            if not use.is_async and self._runs_on_the_loop(use.call):
                found.append((use.call, Step(use.call, None, True)))
        for below, step in self.blocking.items():
            for call, callee in self._sites(below):
                if self._runs_on_the_loop(call):
                    exact = callee.exact and step.exact and call.use != "awaited"
                    exact = exact and not self._given_async(call)
                    found.append((call, Step(call, below, exact)))
        return tuple(sorted(found, key=lambda each: (each[0].scope.module.path, place(each[0]))))

    def _given_async(self, call: Call | Read) -> bool:
        """Say whether a call passes an async session, whatever the function that it runs expects."""
        if isinstance(call, Read):
            return False
        given = [*call.node.args, *(each.value for each in call.node.keywords)]
        kinds = {self.kind(self.types.of(each, call.scope)) for each in given}
        return "async" in kinds and "sync" not in kinds

    def _sites(self, function: Function) -> Iterator[tuple[Call | Read, Callee]]:
        """Give the calls that run a function, and what reads it where it is a property.

        To call a generator runs nothing of it; `next` runs it up to its first `yield`.
        """
        started = ("entered", "iterated")
        for call, callee in self.calls.callers(function):
            runs = not function.is_generator or call.use in started
            yield call, callee if runs else Callee(function, False)
        yield from self.calls.readers(function)

    def _runs_on_the_loop(self, call: Call | Read) -> bool:
        function = enclosing_function(call.scope)
        return function is not None and function.is_async and call.inside != "lambda"

    @cached_property
    def blocked(self) -> dict[Function, Step]:
        """The `async def` functions that block the loop, themselves or by what they await."""
        direct = [call for call, _ in self.on_the_loop]
        return self._reaching(direct, lambda function: function.is_async)

    @cached_property
    def reaching(self) -> dict[Function, Step]:
        """All functions that reach the database, sync or async, and how."""
        return self._reaching([use.call for use in self.uses], lambda function: True)

    @cached_property
    def committing(self) -> dict[Function, Step]:
        """The functions that commit a session, themselves or by what they call."""
        commits = [use.call for use in self.uses if use.method == "commit"]
        return self._reaching(commits, lambda function: True)

    def reaching_calls(self, calls: Iterable[Call]) -> dict[Function, Step]:
        """Give the functions that make one of some calls, themselves or by what they call."""
        return self._reaching(calls, lambda function: True)

    def _reaching(
        self, direct: Iterable[Call | Read], passes: Callable[[Function], bool]
    ) -> dict[Function, Step]:
        found: dict[Function, Step] = {}
        waiting: list[Function] = []
        for call in direct:
            function = enclosing_function(call.scope)
            if function is None or function in found or call.inside == "lambda":
                continue
            if passes(function):
                found[function] = Step(call, None, True)
                waiting.append(function)
        while waiting:
            below = waiting.pop(0)
            for call, callee in self._sites(below):
                function = enclosing_function(call.scope)
                if function is None or call.inside == "lambda" or not passes(function):
                    continue
                exact = callee.exact and found[below].exact
                if function not in found:
                    found[function] = Step(call, below, exact)
                    waiting.append(function)
        return found

    def chain(self, step: Step, steps: dict[Function, Step]) -> Iterator[str]:
        """Tell the way from a step down to the database, a line each."""
        for _ in range(_MOST_STEPS):
            yield f"{place(step.call)}  {source(step.call)}"
            if step.below is None or step.below not in steps:
                return
            step = steps[step.below]

    def may_give_session(self, node: ast.Call) -> bool:
        """Say whether a call may give a session, by the name of what is called."""
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        return not name or name in _GIVING or name in self.calls.bound_names

    def factory_of(self, call: Call) -> str:
        """Give `sync` or `async` where a call makes a session, by a factory or by its class."""
        called = self.calls.called(call)
        if isinstance(called, LibraryObject) and called.bound_to is None:
            return self.kind(self.types.of(call.node, call.scope))
        if isinstance(called, Instance):
            return self.kind(self.types.of(call.node, call.scope))
        return ""


def place(call: Call | Read) -> str:
    return f"{call.scope.module.path}:{call.node.lineno}"


def source(call: Call | Read) -> str:
    return call.scope.module.source(call.node)


def within(scope: Scope) -> str:
    """Name the function that something stands in."""
    function = enclosing_function(scope)
    return function.qualname if function is not None else "the module"
