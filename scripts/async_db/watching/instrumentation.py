"""The few functions that are wrapped while a test run is watched; all else comes from events.

Each wrapper calls what it wraps with the same arguments, and returns and raises the same.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, Protocol

from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
from starlette.applications import Starlette
from starlette.routing import Route

from .asgi_types import ASGIApp, Receive, Scope, Send


class Watcher(Protocol):
    """Who is told of what happens; none of it raises anything of its own."""

    @property
    def in_request(self) -> bool:
        """Whether a request is being served in this context."""

    @property
    def in_lifespan(self) -> bool:
        """Whether an app's lifespan runs in this context."""

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an app that serves one request as `app` does."""

    async def live(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run an app's lifespan."""

    async def operate(self, serving: Coroutine[Any, Any, object]) -> None:
        """Serve a route of the app."""

    def session_made(self, session: Session) -> None:
        """Take note of a session that has just been made."""

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
        yield


@contextmanager
def _replaced(owner: type, name: str, wrapper: object) -> Iterator[None]:
    original = owner.__dict__[name]
    setattr(owner, name, wrapper)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _wrappers(watcher: Watcher) -> Iterator[tuple[type, str, object]]:
    yield Starlette, "__call__", _app_call(watcher, Starlette.__call__)
    for route in (Route, *_fastapi_routes()):
        yield route, "handle", _route_handle(watcher, route.__dict__["handle"])
    yield Session, "__init__", _session_init(watcher, Session.__init__)
    engine_created = Dialect.__dict__["engine_created"]
    yield Dialect, "engine_created", classmethod(_engine_created(watcher, engine_created))
    yield Pool, "connect", _pool_connect(watcher, Pool.connect)


def _fastapi_routes() -> list[type]:
    """Give FastAPI's class of routes, where it is installed and serves requests by itself."""
    try:
        route: type = import_module("fastapi.routing").APIRoute
    except ImportError:
        return []
    return [route] if "handle" in route.__dict__ else []


def _app_call(watcher: Watcher, serve: Callable[..., Any]) -> Callable[..., Any]:
    async def served(app: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http" and not watcher.in_request:
            await watcher.wrap(serve.__get__(app))(scope, receive, send)
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
