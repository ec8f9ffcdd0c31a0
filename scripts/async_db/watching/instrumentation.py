"""The few functions that are wrapped while a test run is watched; all else comes from events.

Each wrapper calls what it wraps with the same arguments, and returns and raises the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
from starlette.applications import Starlette
from starlette.routing import Route

if TYPE_CHECKING:
    from async_db.watching.asgi_types import Receive, Scope, Send
    from async_db.watching.observer import Observer


@contextmanager
def wrapped(observer: Observer) -> Iterator[None]:
    """Tell an observer of apps, routes, sessions, engines and checkouts until the block ends."""
    with ExitStack() as stack:
        for owner, name, wrapper in _wrappers(observer):
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


def _wrappers(observer: Observer) -> Iterator[tuple[type, str, object]]:
    yield Starlette, "__call__", _app_call(observer, Starlette.__call__)
    for route in (Route, *_fastapi_routes()):
        yield route, "handle", _route_handle(observer, route.__dict__["handle"])
    yield Session, "__init__", _session_init(observer, Session.__init__)
    engine_created = Dialect.__dict__["engine_created"]
    yield Dialect, "engine_created", classmethod(_engine_created(observer, engine_created))
    yield Pool, "connect", _pool_connect(observer, Pool.connect)


def _fastapi_routes() -> list[type]:
    """Give FastAPI's class of routes, where it is installed and serves requests by itself."""
    try:
        route: type = import_module("fastapi.routing").APIRoute
    except ImportError:
        return []
    return [route] if "handle" in route.__dict__ else []


def _app_call(observer: Observer, serve: Callable[..., Any]) -> Callable[..., Any]:
    async def served(app: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http" and not observer.in_request:
            await observer.wrap(serve.__get__(app))(scope, receive, send)
        elif kind == "lifespan" and not observer.in_lifespan:
            await observer.live(serve.__get__(app), scope, receive, send)
        else:
            await serve(app, scope, receive, send)

    return served


def _route_handle(observer: Observer, handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handled(route: object, scope: Scope, receive: Receive, send: Send) -> None:
        await observer.operate(handle(route, scope, receive, send))

    return handled


def _session_init(observer: Observer, make: Callable[..., None]) -> Callable[..., None]:
    def made(session: Session, *args: Any, **kwargs: Any) -> None:
        make(session, *args, **kwargs)
        observer.session_made(session)

    return made


def _engine_created(observer: Observer, created: Any) -> Callable[..., None]:
    def made(dialect: type[Dialect], engine: Engine) -> None:
        created.__get__(None, dialect)(engine)
        observer.engine_made(engine)

    return made


def _pool_connect(observer: Observer, connect: Callable[..., Any]) -> Callable[..., Any]:
    def connected(pool: Pool) -> Any:
        observer.connection_wanted(pool)
        try:
            return connect(pool)
        except PoolTimeoutError as error:
            observer.connection_refused(pool, error)
            raise

    return connected
