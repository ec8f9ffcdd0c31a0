"""The sessions of a test run: who made each and where, and which are at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from types import CodeType, FrameType
from weakref import WeakKeyDictionary, WeakSet, ref

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a session comes from, and the request that it was made or first used in."""

    request: int | None
    place: str
    by_tests: bool


def is_of_a_dependency(code: CodeType) -> bool:
    """Say whether code may be a dependency's, or that of a context manager around an operation."""
    return _is_generator(code) or code.co_name in {"__exit__", "__aexit__"}


def _is_generator(code: CodeType) -> bool:
    # A dependency, and a context manager that is written as one, is a generator.
    return bool(code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR))


class WatchedSessions:
    """Knows sessions by their numbers, and keeps none alive."""

    def __init__(self) -> None:
        self._origins: WeakKeyDictionary[Session, _Origin] = WeakKeyDictionary()
        self._in_operations: WeakSet[Session] = WeakSet()
        self._foreign: dict[int, ref[Session]] = {}
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
            self._foreign[number] = ref(session, lambda _: self._foreign.pop(number, None))
        self._origins[session] = _Origin(request, place, by_tests)
        if frame is not None and not _is_generator(frame.f_code):
            self._in_operations.add(session)

    def of_tests(self, number: int | None) -> bool:
        """Say whether a session is a test's."""
        return number in self._foreign

    def of_an_operation(self, session: Session) -> bool:
        """Say whether an operation made a session by itself, and not its dependency."""
        return session in self._in_operations

    def shared_from(self, session: Session, request: int) -> str | None:
        """Note that a request uses a session, and tell where it was made if another has before."""
        origin = self._origins.get(session)
        if origin is None:
            return None
        if origin.request is None:
            self._origins[session] = _Origin(request, origin.place, origin.by_tests)
        elif origin.request != request and not origin.by_tests:
            return origin.place
        return None

    def begin(self, session: Session, number: int, abandoned: Callable[[str], None]) -> None:
        """Note that a session begins a unit of work.

        Parameters:
            session: the service's own; a test's is not noted.
            number: the session's own.
            abandoned: told where it was made, if it is garbage-collected before the unit's end.
        """
        origin = self._origins.get(session)
        if number in self._at_work or origin is None or origin.by_tests:
            return
        place = origin.place

        def collected(_: object) -> None:
            if self._at_work.pop(number, None) is not None:
                abandoned(place)

        self._at_work[number] = ref(session, collected)

    def end(self, number: int) -> None:
        """Note that a session's unit of work has ended, or that its leak is told already."""
        self._at_work.pop(number, None)
