"""What a request waits for: each time its task is suspended, one can look at what it awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import FrameType, coroutine
from typing import Any, Protocol

from .source_locations import SourceLocations, awaited_by, is_test

DATABASE_PACKAGES = frozenset(
    {"sqlalchemy", "asyncpg", "aiosqlite", "psycopg", "psycopg_pool", "aiomysql", "asyncmy"}
)
# What only hands on another wait, which Python may not tell.
HANDING_ON = frozenset({"__aenter__", "__aexit__", "__anext__"})
HANDING_ON_MODULES = frozenset({"contextlib", "asyncio.timeouts", "asyncio.taskgroups"})
SERVES = frozenset({"fastapi.routing", "starlette.routing"})
"""What serves the operation itself, where a route class of the project's own calls it."""
WAITS_FOR_TASKS = frozenset({"wait_for", "wait", "_wait", "shield", "gather"})  # of asyncio.tasks
WAITS_FOR_ONE = "_wait_for_one"  # of several tasks, by a queue of them: `asyncio.as_completed`

Looking = Callable[[Coroutine[Any, Any, object]], Callable[[], None] | None]


class Operation(Protocol):
    """A request whose operation runs.

    Parameters:
        calls: how many calls of sessions it is in, and hence waits for the database.
        units: the sessions that are in a unit of work, without which it holds nothing.
        main: the task of its operation, as long as that runs.
        stand_in: the task that does what it would do by itself, and that it waits for: SQLAlchemy's.
    """

    calls: int
    units: set[int]
    main: asyncio.Task[Any] | None
    stand_in: asyncio.Task[Any] | None


@coroutine
def stepped(
    watched: Coroutine[Any, Any, object], operation: Operation, look: Looking
) -> Generator[Any, Any, object]:
    """Run a coroutine as ``await`` does, and look at it when it waits while it holds something.

    Parameters:
        watched: what to run.
        operation: what it is of.
        look: called when it waits; what it returns, if anything, is called when it goes on.
    """
    value: Any = None
    error: BaseException | None = None
    operation.main = asyncio.current_task()
    try:
        while True:
            try:
                awaited = watched.send(value) if error is None else watched.throw(error)
            except StopIteration as done:
                return done.value
            resumed = None
            # None: it only lets others run.
            if operation.units and not operation.calls and awaited is not None:
                stand_in = operation.stand_in
                if stand_in is None or stand_in.done():
                    resumed = look(watched)
            value, error = None, None
            try:
                value = yield awaited
            except BaseException as thrown:  # noqa: BLE001 (it is the coroutine's to handle)
                error = thrown
            finally:
                if resumed is not None:
                    resumed()
    finally:
        operation.main = None


def outside_wait(watched: Awaitable[object], places: SourceLocations) -> tuple[str, str] | None:
    """Tell what a suspended coroutine waits for and which line does, if it is not the database.

    The line is the innermost of the project's own code. Where Python does not tell what it awaits,
    or the line is in a test, there is nothing to say.
    """
    place, after = "", list[FrameType]()
    for frame in awaited_by(watched):
        if _only_looks(frame):
            return None
        path = places.path_of(frame.f_code)
        if path is None:
            after.append(frame)
        elif not is_test(f"{path}:1"):
            place, after = f"{path}:{frame.f_lineno}", []
    if not place or any(_package_of(frame) in DATABASE_PACKAGES for frame in after):
        return None
    if any(frame.f_code.co_name == WAITS_FOR_ONE for frame in after):
        return None
    named = next((frame for frame in after if not _hands_on(frame)), None)
    if named is None or _module_of(named) in SERVES:
        return None
    return (f"{_module_of(named)}.{named.f_code.co_qualname}", place)


def _only_looks(frame: FrameType) -> bool:
    """Tell the wait that is given up at once: whether the client has left."""
    return (_module_of(frame), frame.f_code.co_name) == ("starlette.requests", "is_disconnected")


def _hands_on(frame: FrameType) -> bool:
    name, module = frame.f_code.co_qualname, _module_of(frame)
    if module == "asyncio.tasks":
        return name in WAITS_FOR_TASKS
    return name.rpartition(".")[2] in HANDING_ON or module in HANDING_ON_MODULES


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _package_of(frame: FrameType) -> str:
    return _module_of(frame).partition(".")[0]
