"""What is known of the libraries: their names, however they are imported, and what calls give.

A name is canonical as the library's own documentation spells it: `sqlalchemy.orm.Session` is the
one name of what `sqlalchemy.orm.session` defines.
"""

from __future__ import annotations

import sys
from functools import cache

from async_db.target.types import Awaitable, Instance, Manager, Type


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIBRARIES = (
    _words("""aiosqlite alembic asgi_lifespan anyio asyncpg celery databases dependency_injector dishka fastapi
        fastapi_users fastapi_users_db_sqlalchemy fastcrud flask httpx modern_di modern_di_fastapi
        fastapi_crudrouter lagom injector sqlalchemy_crud_plus advanced_alchemy async_timeout
        psycopg psycopg2 punq pydantic pydantic_settings pytest pytest_asyncio requests sqlalchemy
        sqlmodel sse_starlette starlette svcs typing_extensions""")
    | sys.stdlib_module_names
)
"""A file of the target of such a name does not hide the library: Python would be confused too."""

ASYNC = "sqlalchemy.ext.asyncio."
SESSION, ASYNC_SESSION = "sqlalchemy.orm.Session", f"{ASYNC}AsyncSession"
ENGINE, ASYNC_ENGINE = "sqlalchemy.Engine", f"{ASYNC}AsyncEngine"
CONNECTION, ASYNC_CONNECTION = "sqlalchemy.Connection", f"{ASYNC}AsyncConnection"
SESSIONMAKER, ASYNC_SESSIONMAKER = "sqlalchemy.orm.sessionmaker", f"{ASYNC}async_sessionmaker"
SCOPED, ASYNC_SCOPED = "sqlalchemy.orm.scoped_session", f"{ASYNC}async_scoped_session"
SQLMODEL_SESSION = "sqlmodel.Session"
SQLMODEL_ASYNC_SESSION = "sqlmodel.ext.asyncio.AsyncSession"
QUERY = "sqlalchemy.orm.Query"
RESULT = "sqlalchemy.Result"
TRANSACTION = "sqlalchemy.Transaction"
APPLICATION, ROUTER, DEPENDS = "fastapi.FastAPI", "fastapi.APIRouter", "fastapi.Depends"
SECURITY = "fastapi.Security"
BACKGROUND = "starlette.BackgroundTasks"
STREAMING = "starlette.StreamingResponse"
STATE = "starlette.State"

_BASES = {
    SQLMODEL_SESSION: SESSION,
    SQLMODEL_ASYNC_SESSION: ASYNC_SESSION,
    SCOPED: SESSION,
    ASYNC_SCOPED: ASYNC_SESSION,
    "sqlalchemy.ScalarResult": RESULT,
    "sqlalchemy.MappingResult": RESULT,
    "sqlmodel.SQLModel": "sqlalchemy.orm.DeclarativeBase",
}
_OF_WEB = {
    name: f"{'fastapi' if name in ('FastAPI', 'APIRouter', 'Depends', 'Security') else 'starlette'}"
    f".{name}"
    for name in _words(
        """FastAPI APIRouter Depends Security BackgroundTasks BackgroundTask StreamingResponse
    BaseHTTPMiddleware TestClient Request WebSocket HTTPConnection HTTPException State
    run_in_threadpool EventSourceResponse Starlette"""
    )
}
_ORM = _words("""Session sessionmaker scoped_session Query declarative_base DeclarativeBase
    DeclarativeBaseNoMeta MappedAsDataclass Mapped mapped_column relationship relation backref
    selectinload joinedload subqueryload lazyload raiseload contains_eager column_property
    registry as_declarative declared_attr object_session""")
_KEPT = ("sqlalchemy.dialects", "sqlalchemy.event", "sqlalchemy.exc")


@cache
def canonical(name: str) -> str:
    """Give the one name of what a library exports under several."""
    top, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if top == "sqlalchemy" and "." in rest:
        if name.startswith(ASYNC):
            return f"{ASYNC}{last}" if last not in ("session", "engine", "scoping") else name
        if last in _ORM:
            return f"sqlalchemy.orm.{last}"
        if name.startswith(_KEPT) or not (last[:1].isupper() or last in _FUNCTIONS):
            return name
        return name if name.startswith("sqlalchemy.orm.") else f"sqlalchemy.{last}"
    if top == "sqlmodel":
        if last == "AsyncSession":
            return SQLMODEL_ASYNC_SESSION
        if last == "Session":
            return SQLMODEL_SESSION
        if last in ("SQLModel", "Relationship", "Field", "select"):
            return f"sqlmodel.{last}"
        if last and last not in ("ext", "asyncio", "orm", "session", "sql", "main", "pool"):
            return f"sqlalchemy.{last}"
    if top in ("fastapi", "starlette", "sse_starlette") and last in _OF_WEB:
        return _OF_WEB[last]
    if top == "typing_extensions":
        return f"typing.{rest}"
    return f"typing.{rest[4:]}" if name.startswith("collections.abc") else name


_FUNCTIONS = _words("""create_engine select text insert update delete make_url engine_from_config func and_ or_
    create_async_engine""")
_MADE_BY = {
    "sqlalchemy.create_engine": ENGINE,
    "sqlalchemy.engine_from_config": ENGINE,
    f"{ASYNC}create_async_engine": ASYNC_ENGINE,
    f"{ASYNC}async_engine_from_config": ASYNC_ENGINE,
    "asyncio.TaskGroup": "asyncio.TaskGroup",
    "anyio.create_task_group": "asyncio.TaskGroup",
    "dishka.make_container": "dishka.Container",
    "dishka.make_async_container": "dishka.AsyncContainer",
}
_SYNC, _ASYNC_OWN = Instance(SESSION), Instance(ASYNC_SESSION)
_METHODS: dict[tuple[str, str], Type] = {
    (ENGINE, "connect"): Instance(CONNECTION),
    (ENGINE, "raw_connection"): Instance("sqlalchemy.PoolProxiedConnection"),
    (ENGINE, "begin"): Manager(Instance(CONNECTION), False),
    (ENGINE, "execution_options"): Instance(ENGINE),
    (CONNECTION, "begin"): Manager(Instance(TRANSACTION), False),
    (CONNECTION, "begin_nested"): Manager(Instance(TRANSACTION), False),
    (CONNECTION, "get_transaction"): Instance(TRANSACTION),
    (CONNECTION, "execute"): Instance(RESULT),
    (CONNECTION, "scalars"): Instance(RESULT),
    (CONNECTION, "execution_options"): Instance(CONNECTION),
    (ASYNC_ENGINE, "connect"): Instance(ASYNC_CONNECTION),
    (ASYNC_ENGINE, "begin"): Manager(Instance(ASYNC_CONNECTION), True),
    (ASYNC_ENGINE, "execution_options"): Instance(ASYNC_ENGINE),
    (ASYNC_CONNECTION, "execute"): Awaitable(Instance(RESULT)),
    (ASYNC_CONNECTION, "scalars"): Awaitable(Instance(RESULT)),
    (SESSION, "query"): Instance(QUERY),
    (SESSION, "execute"): Instance(RESULT),
    (SESSION, "exec"): Instance(RESULT),
    (SESSION, "scalars"): Instance(RESULT),
    (SESSION, "connection"): Instance(CONNECTION),
    (SESSION, "begin"): Manager(Instance("sqlalchemy.orm.SessionTransaction"), False),
    (SESSION, "begin_nested"): Manager(Instance("sqlalchemy.orm.SessionTransaction"), False),
    (ASYNC_SESSION, "execute"): Awaitable(Instance(RESULT)),
    (ASYNC_SESSION, "exec"): Awaitable(Instance(RESULT)),
    (ASYNC_SESSION, "scalars"): Awaitable(Instance(RESULT)),
    (ASYNC_SESSION, "connection"): Awaitable(Instance(ASYNC_CONNECTION)),
}
HANDED_OUT = {
    ("punq.Container", "resolve"): False,
    ("svcs.Container", "get"): False,
    ("svcs.Container", "aget"): True,
    ("svcs.fastapi.DepContainer", "get"): False,
    ("svcs.fastapi.DepContainer", "aget"): True,
    ("dishka.Container", "get"): False,
    ("dishka.AsyncContainer", "get"): True,
    ("dishka.AsyncContainer", "get_sync"): False,
    ("lagom.Container", "resolve"): False,
    ("injector.Injector", "get"): False,
}
"""Methods of containers that give an object of the class they are asked for; whether to await it."""
_NESTED = frozenset({"dishka.Container", "dishka.AsyncContainer"})
"""Containers that give one of a narrower scope when they are called."""
_ATTRIBUTES: dict[tuple[str, str], Type] = {
    (ASYNC_ENGINE, "sync_engine"): Instance(ENGINE),
    (ASYNC_SESSION, "sync_session"): _SYNC,
    ("starlette.Request", "state"): Instance(STATE),
    ("starlette.HTTPConnection", "state"): Instance(STATE),
    ("starlette.WebSocket", "state"): Instance(STATE),
    ("fastapi.FastAPI", "state"): Instance(STATE),
    ("starlette.Request", "app"): Instance(APPLICATION),
    ("fastapi.FastAPI", "router"): Instance(ROUTER),
}
_CHAINED = _words("""filter filter_by join outerjoin order_by group_by having limit offset options distinct
    with_for_update select_from with_entities execution_options enable_eagerloads populate_existing
    yield_per slice union union_all where add_columns add_entity correlate autoflush""")


def is_library(name: str) -> bool:
    """Say whether an absolute module name is that of a library we know."""
    return name.partition(".")[0] in LIBRARIES


@cache
def library_bases(name: str) -> tuple[str, ...]:
    """Give a library's class and those that it inherits from, nearest first."""
    found = [name]
    while found[-1] in _BASES:
        found.append(_BASES[found[-1]])
    return tuple(found)


def given_by(called: str, session: Type | None = None) -> Type | None:
    """Give what a call of a library's class or function gives.

    Parameters:
        called: its canonical name.
        session: the class of session that was passed as `class_`, or by position, if any.
    """
    if called in _MADE_BY:
        return Instance(_MADE_BY[called])
    if called == SESSIONMAKER:
        return Instance(SESSIONMAKER, (session or _SYNC,))
    if called == ASYNC_SESSIONMAKER:
        return Instance(ASYNC_SESSIONMAKER, (session or _ASYNC_OWN,))
    if called in (SCOPED, ASYNC_SCOPED):
        return Instance(called)
    last = called.rpartition(".")[2]
    return Instance(called) if last[:1].isupper() or last in ("local",) else None


def called_instance(instance: Instance) -> Type | None:
    """Give what calling an object of a library gives: a factory makes a session."""
    if instance.of in (SESSIONMAKER, ASYNC_SESSIONMAKER):
        default = _SYNC if instance.of == SESSIONMAKER else _ASYNC_OWN
        return instance.args[0] if instance.args else default
    if instance.of in _NESTED:
        return instance
    if instance.of in (SCOPED, ASYNC_SCOPED):
        return _SYNC if instance.of == SCOPED else _ASYNC_OWN
    return None


def method_gives(instance: Instance, library: str, method: str) -> Type | None:
    """Give what a call of a library's method gives, on an object of a class or one below it.

    Parameters:
        instance: the object.
        library: the library's class that it is of.
        method: the method's name.
    """
    for base in library_bases(library):
        if base == QUERY and method in _CHAINED:
            return Instance(QUERY)
        if method == "begin" and base in (SESSIONMAKER, ASYNC_SESSIONMAKER):
            return Manager(called_instance(instance), base == ASYNC_SESSIONMAKER)
        if (base, method) in _METHODS:
            return _METHODS[base, method]
        if base in (ASYNC_SESSION, ASYNC_CONNECTION) and method in AWAITED:
            return Awaitable(None)
    return None


def attribute_gives(library: str, attribute: str) -> Type | None:
    """Give what a library's attribute is, or None."""
    for base in library_bases(library):
        if (base, attribute) in _ATTRIBUTES:
            return _ATTRIBUTES[base, attribute]
    return None


AWAITED = _words("""execute scalar scalars get get_one commit rollback flush refresh delete merge close
    close_all connection run_sync stream stream_scalars exec reset invalidate exec_driver_sql
    delete_all merge_all""")
"""Methods of async sessions and connections that give a coroutine."""
BLOCKING = {
    SESSION: _words("""execute scalar scalars get get_one commit flush refresh merge exec bulk_save_objects
        bulk_insert_mappings bulk_update_mappings connection rollback"""),
    CONNECTION: _words("execute scalar scalars exec_driver_sql commit rollback"),
    ENGINE: _words("connect begin raw_connection"),
    QUERY: _words("all first one one_or_none scalar count get delete update"),
    SESSIONMAKER: frozenset({"begin"}),
}
"""Methods of sync objects that wait for the database."""
