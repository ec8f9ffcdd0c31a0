"""The inventory: what a service has of engines, sessions, routes, models, queries and tests."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from async_db.auditing.service import Service, keyword, literal
from async_db.auditing.sessions import within
from async_db.target import Call, Class, Function, LibraryObject, Module, libraries

_CONTAINERS = {
    "dependency_injector": "dependency-injector",
    "dishka": "dishka",
    "modern_di": "modern-di",
    "punq": "punq",
    "svcs": "svcs",
    "lagom": "lagom",
    "injector": "injector",
}
_SCHEDULES = {
    "celery": "Celery",
    "apscheduler": "APScheduler",
    "arq": "arq",
    "dramatiq": "Dramatiq",
    "rq": "RQ",
    "taskiq": "taskiq",
    "typer": "command line",
    "click": "command line",
}
_STARTED = {
    "add_task": "background task",
    "create_task": "task",
    "Thread": "thread",
    "run_in_executor": "thread",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is there.

    Parameters:
        kind: of which kind it is, such as `async`; entries are counted by it.
        path: the file.
        line: counted from 1.
        text: what it is, in a line.
    """

    kind: str
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What is there of one thing.

    Parameters:
        name: such as `engines`.
        entries: each of them, in the order of the files.
    """

    name: str
    entries: tuple[Entry, ...]


def take_inventory(service: Service) -> tuple[Section, ...]:
    """Tell what a service has; a section that is empty says that there is nothing."""
    return tuple(
        Section(name, tuple(sorted(found(service), key=lambda each: (each.path, each.line))))
        for name, found in _SECTIONS.items()
    )


def _at(call: Call, kind: str, text: str = "") -> Entry:
    module = call.scope.module
    return Entry(kind, module.path, call.node.lineno, text or module.source(call.node))


def _engines(service: Service) -> Iterator[Entry]:
    for call, is_async in service.engine_calls:
        where = "at import" if within(call.scope) == "the module" else f"in {within(call.scope)}"
        yield _at(
            call, "async" if is_async else "sync", f"{where}: {call.scope.module.source(call.node)}"
        )


def _factories(service: Service) -> Iterator[Entry]:
    names = {
        libraries.SESSIONMAKER: "sync",
        libraries.ASYNC_SESSIONMAKER: "async",
        libraries.SCOPED: "scoped, sync",
        libraries.ASYNC_SCOPED: "scoped, async",
    }
    for call in service.library_calls(*names):
        kind = names[service.library_name(call)]
        made = service.types.of(call.node, call.scope)
        if kind == "sync" and service.sessions.kind(service.types.result(made)) == "async":
            kind = "async"
        yield _at(call, kind)


def _dependencies(service: Service) -> Iterator[Entry]:
    for function, places in service.web.provided_functions.items():
        given = service.types.provided(places[0].target)
        kind = service.sessions.kind(given)
        if kind and service.serves(function.module):
            text = f"{function.qualname}, used in {len(places)} places"
            yield Entry(kind, function.module.path, function.line, text)


def _containers(service: Service) -> Iterator[Entry]:
    yield from _imports(service, _CONTAINERS)


def _outside(service: Service) -> Iterator[Entry]:
    yield from _imports(service, _SCHEDULES)
    for name, kind in _STARTED.items():
        for call in service.calls_named(name):
            yield _at(call, kind, f"in {within(call.scope)}: {call.scope.module.source(call.node)}")


def _imports(service: Service, known: dict[str, str]) -> Iterator[Entry]:
    for module in service.modules:
        for each in module.imports:
            name = (each.target or each.name).partition(".")[0]
            if name in known:
                yield Entry(known[name], module.path, each.line, module.line_at(each.line))
                break


def _routes(service: Service) -> Iterator[Entry]:
    for route in service.web.routes:
        if service.serves(route.function.module):
            kind = route_kind(service, route.function)
            text = f"{route.name}, {route.function.qualname}"
            yield Entry(kind, route.function.module.path, route.line, text)


def route_kind(service: Service, function: Function) -> str:
    """Say how an operation reaches the database."""
    sessions = service.sessions
    if not function.is_async:
        below = [function, *_dependency_functions(service, function)]
        reaches = any(each in sessions.reaching for each in below)
        return "sync, in a thread" if reaches else "no database seen"
    if function in sessions.blocked:
        return "sync, on the event loop"
    below = [function, *_dependency_functions(service, function)]
    if any(each in sessions.reaching or _gives_session(service, each) for each in below):
        return "async"
    return "no database seen"


def _gives_session(service: Service, function: Function) -> bool:
    return any(
        service.sessions.holds_session(service.types.provided(dependency.target))
        for dependency in service.web.dependencies_of(function)
    )


def _dependency_functions(service: Service, function: Function) -> Iterator[Function]:
    for dependency in service.web.all_dependencies(function):
        below = service.web.function_of(dependency.target)
        if below is not None:
            yield below


def _commits(service: Service) -> Iterator[Entry]:
    for use in service.sessions.uses:
        if use.method == "commit" and service.serves(use.call.scope.module):
            function = service.web.route_functions
            owner = use.call.scope
            kind = "in a function"
            if owner in function:
                kind = "in an operation"
            elif owner in service.web.provided_functions:
                kind = "in a dependency"
            elif owner.parent is not None and isinstance(owner.parent, Class):
                kind = "in a method"
            yield _at(use.call, kind, f"in {within(owner)}")


def _models(service: Service) -> Iterator[Entry]:
    for module in service.modules:
        for each in module.all_classes:
            kind = model_kind(service, each)
            if kind:
                yield Entry(kind, module.path, each.line, each.qualname)


def model_kind(service: Service, of: Class) -> str:
    """Say in which style a mapped class is written; empty if it is none."""
    bindings = of.bindings
    mro = service.types.mro(of)
    if "sqlmodel.SQLModel" in mro:
        return "SQLModel" if keyword_of_class(of, "table") else ""
    is_mapped = "__tablename__" in bindings or "__table__" in bindings
    if not is_mapped and "sqlalchemy.orm.DeclarativeBase" not in mro:
        return ""
    texts = [binding.annotation for each in bindings.values() for binding in each]
    typed = any(text is not None and "Mapped" in ast.unparse(text) for text in texts)
    columns = any(
        isinstance(binding.value, ast.Call) and _called_name(binding.value) == "Column"
        for each in bindings.values()
        for binding in each
    )
    if columns:
        return "Column"
    return "typed" if typed else ("other" if is_mapped else "")


def keyword_of_class(of: Class, name: str) -> bool:
    return any(
        each.arg == name and isinstance(each.value, ast.Constant) and each.value.value is True
        for each in of.node.keywords
    )


def _called_name(node: ast.Call) -> str:
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _queries(service: Service) -> Iterator[Entry]:
    for call in service.calls_named("query", "select", "text"):
        name = service.library_name(call)
        if name.endswith((".Session.query", ".scoped_session.query", "AsyncSession.query")):
            yield _at(call, "1.x Query")
        elif name in ("sqlalchemy.select", "sqlmodel.select"):
            yield _at(call, "select")
        elif name == "sqlalchemy.text":
            yield _at(call, "text")


def _relationships(service: Service) -> Iterator[Entry]:
    names = ("sqlalchemy.orm.relationship", "sqlalchemy.orm.relation", "sqlmodel.Relationship")
    for call in service.library_calls(*names, "sqlalchemy.orm.backref"):
        kind = literal(keyword(call.node, "lazy")) or "lazy by default"
        if service.library_name(call).endswith("backref"):
            kind = "backref"
        yield _at(call, kind)


def _events(service: Service) -> Iterator[Entry]:
    for call in service.library_calls("sqlalchemy.event.listens_for", "sqlalchemy.event.listen"):
        event = literal(call.node.args[1]) if len(call.node.args) > 1 else ""
        yield _at(call, event or "an event")


def _migrations(service: Service) -> Iterator[Entry]:
    for module in service.environments:
        kind = "async" if "run_sync" in module.text else "sync"
        yield Entry(kind, module.path, 1, "Alembic's env.py")


def _tests(service: Service) -> Iterator[Entry]:
    ways = {
        "TestClient": "TestClient",
        "AsyncClient": "AsyncClient",
        "LifespanManager": "runs the lifespan",
        "lifespan_context": "runs the lifespan",
        "create_engine": "engine of its own, sync",
        "create_async_engine": "engine of its own, async",
    }
    for name, kind in ways.items():  # a call may have it by another name, which an import gave it
        for call in service.calls_named(name, tests=True):
            yield _at(call, kind)
    for module in service.tests:
        if "dependency_overrides" in module.text:
            line = module.text.count("\n", 0, module.text.index("dependency_overrides")) + 1
            yield Entry("overrides dependencies", module.path, line, module.lines[line - 1].strip())


def _of_library(service: Service, module: Module, node: ast.expr) -> str:
    of = service.types.of(node, module)
    return of.name if isinstance(of, LibraryObject) else ""


_SECTIONS: dict[str, Callable[[Service], Iterator[Entry]]] = {
    "engines": _engines,
    "session factories": _factories,
    "session dependencies": _dependencies,
    "containers": _containers,
    "routes": _routes,
    "commits": _commits,
    "outside requests": _outside,
    "models": _models,
    "queries": _queries,
    "relationships": _relationships,
    "event hooks": _events,
    "migrations": _migrations,
    "tests": _tests,
}
