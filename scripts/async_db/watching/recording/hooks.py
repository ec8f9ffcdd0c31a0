"""What is wrapped and listened to while a record is made, for as long as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapper, Query, Session, attributes

from .loads import LOADER
from .recorder import RunRecorder

_OF_SESSIONS = (
    *("execute", "scalar", "scalars", "get", "get_one", "connection", "merge", "refresh", "delete"),
    *("flush", "commit", "rollback", "close", "close_all", "invalidate"),
    *("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"),
)
"""Methods that become coroutines, whether they send a statement each time or not."""
_OF_CLIENTS = ("request", "send", "websocket_connect", "__enter__", "__exit__")
_OF_WEB_SOCKETS = ("send", "receive", "close", "__enter__", "__exit__")


@contextmanager
def recorded(recorder: RunRecorder) -> Iterator[None]:
    """Tell a recorder of what this process does until the block ends."""
    with ExitStack() as stack:
        for owner, name, wrapper in _wrappers(recorder):
            stack.enter_context(_replaced(owner, name, wrapper))
        listeners: list[tuple[Any, str, Callable[..., None]]] = [
            (Engine, "before_cursor_execute", recorder.on_statement),
            (Engine, "engine_connect", recorder.on_connection),
            (Session, "do_orm_execute", recorder.on_query),
            (Mapper, "load", recorder.on_loaded),
            (Mapper, "init", recorder.on_constructed),
        ]
        for target, name, listener in listeners:
            event.listen(target, name, listener)
            stack.callback(event.remove, target, name, listener)
        yield


@contextmanager
def _replaced(owner: type, name: str, wrapper: object) -> Iterator[None]:
    inherited = name not in vars(owner)
    original = vars(owner).get(name)
    setattr(owner, name, wrapper)
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def _wrappers(recorder: RunRecorder) -> Iterator[tuple[type, str, object]]:
    for name in _OF_SESSIONS:
        if callable(vars(Session).get(name)):
            yield Session, name, _told(recorder, Session, name)
    yield Query, "get", _told(recorder, Query, "get")
    yield Engine, "dispose", _told(recorder, Engine, "dispose")
    yield Session, "__init__", _never_expiring(recorder, Session.__init__)
    for owner in vars(attributes).values():
        if isinstance(owner, type) and LOADER in vars(owner):
            load = vars(owner)[LOADER]
            yield owner, LOADER, _loading(recorder, load)
    for route in _routes():
        yield route, "handle", _handling(recorder, vars(route)["handle"])
    for owner, names in _clients():
        for name in names:
            if hasattr(owner, name):
                yield owner, name, _told(recorder, owner, name)


def _told(recorder: RunRecorder, owner: type, name: str) -> Callable[..., Any]:
    call = getattr(owner, name)
    called = f"{_public(owner)}.{name}"

    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        recorder.called(called, self)
        return call(self, *args, **kwargs)

    return told


def _public(owner: type) -> str:
    if owner.__module__.startswith("sqlalchemy.orm."):
        return f"sqlalchemy.orm.{owner.__name__}"
    if owner.__module__.startswith("sqlalchemy."):
        return f"sqlalchemy.{owner.__name__}"
    return f"{owner.__module__}.{owner.__name__}"


def _never_expiring(recorder: RunRecorder, make: Callable[..., None]) -> Callable[..., None]:
    def made(session: Session, *args: Any, **kwargs: Any) -> None:
        make(session, *args, **kwargs)
        recorder.never_expire(session)

    return made


def _loading(recorder: RunRecorder, load: Callable[..., Any]) -> Callable[..., Any]:
    def loaded(impl: Any, state: Any, key: str, passive: Any) -> Any:
        return recorder.load(load, impl, state, key, passive)

    return loaded


def _routes() -> list[type]:
    """Give the classes of routes that serve requests by a method of their own."""
    found: list[type] = []
    for module, name in (("starlette.routing", "Route"), ("fastapi.routing", "APIRoute")):
        try:
            route: type = getattr(import_module(module), name)
        except ImportError:
            continue
        if "handle" in vars(route):
            found.append(route)
    return found


def _handling(recorder: RunRecorder, handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handled(route: Any, scope: Any, receive: Any, send: Any) -> None:
        token = recorder.loads.endpoint.set(getattr(route, "endpoint", None))
        try:
            await handle(route, scope, receive, send)
        finally:
            recorder.loads.endpoint.reset(token)

    recorder.loads.limits.add(id(handled.__code__))
    return handled


def _clients() -> Iterator[tuple[type, tuple[str, ...]]]:
    """Give the test client's classes, where what it stands on is installed."""
    try:
        module = import_module("starlette.testclient")
    except (ImportError, RuntimeError):
        return
    yield module.TestClient, _OF_CLIENTS
    yield module.WebSocketTestSession, _OF_WEB_SOCKETS
