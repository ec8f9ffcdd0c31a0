"""The few functions that are wrapped while a test run is watched; all else comes from events.

Each wrapper calls what it wraps with the same arguments, and returns and raises the same.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import Any, Protocol

from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, SessionTransaction, strategies
from sqlalchemy.orm.base import SQL_OK
from sqlalchemy.orm.state import InstanceState
from sqlalchemy.pool import Pool
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from .asgi_types import ASGIApp, Receive, Scope, Send


class Watcher(Protocol):
    """Who is told of what happens; none of it raises anything of its own."""

    request: ContextVar[int | None]
    """The number of the request that is being served in this context."""

    @property
    def in_lifespan(self) -> bool:
        """Whether an app's lifespan runs in this context."""

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as `app` does."""

    async def live(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run an app's lifespan."""

    def operate(self, serving: Coroutine[Any, Any, object]) -> Awaitable[object]:
        """Give what serves a route of the app as the coroutine does."""

    def session_made(self, session: Session) -> None:
        """Take note of a session that has just been made."""

    def session_closing(self, session: Session) -> None:
        """Take note of a session that is about to be closed."""

    def session_called(
        self, session: Session, call: Awaitable[Any], plain: str, request: int
    ) -> Awaitable[Any]:
        """Give what calls an async session; one of SQLAlchemy's code alone has a name."""

    def task_started(self, task: asyncio.Task[Any], caller: FrameType, request: int) -> None:
        """Take note of a task that has just been started, by which call of the loop's method."""

    def load_refused(self, what: str, session: Session | None) -> None:
        """Take note that an attribute is read which must not be loaded by that."""

    def load_detached(self) -> None:
        """Take note that an attribute is read of an instance whose session is closed."""

    def engine_made(self, engine: Engine) -> None:
        """Take note of an engine that has just been made."""

    def connection_wanted(self, pool: Pool) -> None:
        """Take note that a pool is asked for a connection."""

    def connection_refused(self, pool: Pool, error: Exception) -> None:
        """Take note that a pool has none to give."""


@contextmanager
def instrumented(watcher: Watcher) -> Iterator[None]:
    """Tell a watcher of apps, routes, sessions, engines and checkouts until the block ends."""
    with ExitStack() as stack:
        for owner, name, wrapper in _wrappers(watcher):
            stack.enter_context(_replaced(owner, name, wrapper))
        stack.enter_context(_spawning(watcher))
        yield


@contextmanager
def _replaced(owner: type, name: str, wrapper: object) -> Iterator[None]:
    original = owner.__dict__.get(name)
    setattr(owner, name, wrapper)
    try:
        yield
    finally:
        if original is None:  # it inherits it
            delattr(owner, name)
        else:
            setattr(owner, name, original)


@contextmanager
def _spawning(watcher: Watcher) -> Iterator[None]:
    """Replace the function by which async sessions call sync ones, wherever it has been imported to.

    Modules that are imported later take the replacement, and give it back as all do.
    """
    try:
        original = import_module("sqlalchemy.util").greenlet_spawn
    except (ImportError, AttributeError):  # there is no greenlet, and hence no async session
        yield
        return
    wrapper = _spawn(watcher, original)
    _put_everywhere(original, wrapper)
    try:
        yield
    finally:
        _put_everywhere(wrapper, original)


def _put_everywhere(old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("greenlet_spawn") is old:
            module.__dict__["greenlet_spawn"] = new


def _wrappers(watcher: Watcher) -> Iterator[tuple[type, str, object]]:
    yield Starlette, "__call__", _app_call(watcher, Starlette.__call__)
    for route in (Route, WebSocketRoute, *_fastapi_routes()):
        yield route, "handle", _route_handle(watcher, route.__dict__["handle"])
    yield Session, "__init__", _session_init(watcher, Session.__init__)
    yield Session, "close", _session_close(watcher, Session.close)
    engine_created = Dialect.__dict__["engine_created"]
    yield Dialect, "engine_created", classmethod(_engine_created(watcher, engine_created))
    yield Pool, "connect", _pool_connect(watcher, Pool.connect)
    for loader in vars(strategies).values():
        if isinstance(loader, type) and "_invoke_raise_load" in vars(loader):
            wrapped = _raise_load(watcher, loader.__dict__["_invoke_raise_load"])
            yield loader, "_invoke_raise_load", wrapped
    yield InstanceState, "_load_expired", _load_expired(watcher, InstanceState._load_expired)
    for loop in _loops():
        yield loop, "create_task", _create_task(watcher, loop.create_task)


def _fastapi_routes() -> list[type]:
    """Give FastAPI's class of routes, where it is installed and serves requests by itself."""
    try:
        route: type = import_module("fastapi.routing").APIRoute
    except ImportError:
        return []
    return [route] if "handle" in route.__dict__ else []


def _raise_load(watcher: Watcher, raise_load: Callable[..., Any]) -> Callable[..., Any]:
    def raised(loader: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        watcher.load_refused(str(loader), state.session)
        return raise_load(loader, state, *args, **kwargs)

    return raised


def _load_expired(watcher: Watcher, load: Callable[..., Any]) -> Callable[..., Any]:
    def loaded(owner: Any, state: Any, passive: Any) -> Any:
        if passive & SQL_OK and state.session is None:
            watcher.load_detached()
        return load(owner, state, passive)

    return loaded


def _loops() -> list[Any]:
    """Give the classes of event loops by whose method tasks are started, however they are."""
    uvloop = [import_module("uvloop").Loop] if find_spec("uvloop") else []
    return [asyncio.BaseEventLoop, *uvloop]


def _create_task(watcher: Watcher, create: Callable[..., Any]) -> Callable[..., Any]:
    request = watcher.request

    def created(loop: object, *args: Any, **kwargs: Any) -> Any:
        task = create(loop, *args, **kwargs)
        number = request.get()
        if number is not None:
            watcher.task_started(task, sys._getframe(1), number)
        return task

    return created


def _spawn(watcher: Watcher, spawn: Callable[..., Any]) -> Callable[..., Any]:
    request = watcher.request

    names: dict[object, str] = {}  # of SQLAlchemy's own

    def spawned(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        call = spawn(function, *args, **kwargs)
        number = request.get()
        session = None if number is None else _session_of(function, args)
        if number is None or session is None:
            return call
        of = getattr(function, "__func__", None)
        name = names.get(of)
        if name is None:
            name = _name_of(of or function)
            if name and of:  # a method's, of which there are few
                names[of] = name
        return watcher.session_called(session, call, name, number)

    return spawned


def _name_of(function: object) -> str:
    """Give the name of a function, if it is SQLAlchemy's own."""
    own = str(getattr(function, "__module__", "")).startswith("sqlalchemy.")
    return str(getattr(function, "__qualname__", "")) if own else ""


def _session_of(function: object, args: tuple[Any, ...]) -> Session | None:
    """Give the session of which a method, or one of its transaction, is called; or a function on it."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Session):
        return owner
    if isinstance(owner, SessionTransaction):
        return owner.session
    owner = args[0] if args else None
    return owner if isinstance(owner, Session) else None


def _app_call(watcher: Watcher, serve: Callable[..., Any]) -> Callable[..., Any]:
    async def served(app: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind in {"http", "websocket"} and watcher.request.get() is None:
            await watcher.serve(serve.__get__(app), scope, receive, send)
        elif kind == "lifespan" and not watcher.in_lifespan:
            await watcher.live(serve.__get__(app), scope, receive, send)
        else:
            await serve(app, scope, receive, send)

    return served


def _route_handle(watcher: Watcher, handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handled(route: object, scope: Scope, receive: Receive, send: Send) -> None:
        await watcher.operate(handle(route, scope, receive, send))

    return handled


def _session_init(watcher: Watcher, make: Callable[..., None]) -> Callable[..., None]:
    def made(session: Session, *args: Any, **kwargs: Any) -> None:
        make(session, *args, **kwargs)
        watcher.session_made(session)

    return made


def _session_close(watcher: Watcher, close: Callable[..., None]) -> Callable[..., None]:
    def closed(session: Session) -> None:
        watcher.session_closing(session)
        close(session)

    return closed


def _engine_created(watcher: Watcher, created: Any) -> Callable[..., None]:
    def made(dialect: type[Dialect], engine: Engine) -> None:
        created.__get__(None, dialect)(engine)
        watcher.engine_made(engine)

    return made


def _pool_connect(watcher: Watcher, connect: Callable[..., Any]) -> Callable[..., Any]:
    def connected(pool: Pool) -> Any:
        watcher.connection_wanted(pool)
        try:
            return connect(pool)
        except PoolTimeoutError as error:
            watcher.connection_refused(pool, error)
            raise

    return connected
