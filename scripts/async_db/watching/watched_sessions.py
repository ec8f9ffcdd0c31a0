"""The sessions of a test run: who made each and where, and which are at work."""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import CodeType, FrameType
from weakref import ref

from sqlalchemy.orm import Session

from .by_identity import ByIdentity


class _Origin:
    """Where a session comes from, and the request that it was made or first used in."""

    __slots__ = ("by_tests", "in_operation", "place", "request")

    def __init__(
        self, request: int | None, place: str, *, by_tests: bool, in_operation: bool
    ) -> None:
        self.request = request
        self.place = place
        self.by_tests = by_tests
        self.in_operation = in_operation


def is_of_a_dependency(code: CodeType) -> bool:
    """Say whether code may be a dependency's, or that of a context manager around an operation."""
    return _is_generator(code) or code.co_name in {"__exit__", "__aexit__"}


def _is_generator(code: CodeType) -> bool:
    # A dependency, and a context manager that is written as one, is a generator.
    return bool(code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR))


class WatchedSessions:
    """Knows sessions by their numbers, and keeps none alive."""

    def __init__(self) -> None:
        self._origins: ByIdentity[_Origin] = ByIdentity()
        self.foreign: dict[int, ref[Session]] = {}
        """Those of the tests, by their numbers."""
        self._at_work: dict[int, ref[Session]] = {}

    def add(
        self,
        session: Session,
        number: int,
        *,
        request: int | None,
        place: str,
        by_tests: bool,
        frame: FrameType | None,
    ) -> None:
        """Watch a session from now on.

        Parameters:
            session: that has just been made.
            number: the session's own.
            request: the number of the request in which it was, if any.
            place: ``path:line`` where it was.
            by_tests: whether it is a test's.
            frame: what of the project's own code made it.
        """
        if by_tests:
            self.foreign[number] = ref(session, lambda _: self.foreign.pop(number, None))
        in_operation = frame is not None and not _is_generator(frame.f_code)
        self._origins[session] = _Origin(
            request, place, by_tests=by_tests, in_operation=in_operation
        )

    def of_an_operation(self, session: Session) -> bool:
        """Say whether an operation made a session by itself, and not its dependency."""
        origin = self._origins.get(session)
        return origin is not None and origin.in_operation

    def shared_from(self, session: Session, request: int) -> str | None:
        """Note that a request uses a session, and tell where it was made if another has before."""
        origin = self._origins.get(session)
        if origin is None:
            return None
        if origin.request is None:
            origin.request = request
        elif origin.request != request and not origin.by_tests:
            return origin.place
        return None

    def begin(
        self, session: Session, number: int, test: str, abandoned: Callable[[str, str], None]
    ) -> None:
        """Note that a session begins a unit of work.

        Parameters:
            session: the service's own; a test's is not noted.
            number: the session's own.
            test: the test that runs.
            abandoned: told of it and where the session was made, if that is garbage-collected
                before the unit's end.
        """
        origin = self._origins.get(session)
        if number in self._at_work or origin is None or origin.by_tests:
            return
        place, at_work = origin.place, self._at_work

        def collected(_: object) -> None:
            if at_work.pop(number, None) is not None:
                abandoned(test, place)

        at_work[number] = ref(session, collected)

    def end(self, number: int) -> None:
        """Note that a session's unit of work has ended, or that its leak is told already."""
        self._at_work.pop(number, None)
