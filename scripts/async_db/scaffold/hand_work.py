"""What a layer needs of a project that no command should write: code to paste, and whether it is there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from async_db.scaffold.fitting import Fitted
from async_db.scaffold.houses import Application, House
from async_db.scaffold.layer_needs import requirements_of

_VARIABLES = ("DATABASE_POOL_SIZE", "DATABASE_MAX_OVERFLOW", "DATABASE_POOL_TIMEOUT")


@dataclass(frozen=True)
class HandWork:
    """One thing to add.

    Parameters:
        kind: what it is about: `lifespan`, `settings`, `dependencies` and the like.
        where: a file and line, or a file.
        code: to paste.
        why: in a line.
        done: whether the project has it; None where that cannot be seen from here.
    """

    kind: str
    where: str
    code: str
    why: str
    done: bool | None


def hand_work(
    house: House, fitted: Fitted, layers: Collection[str], replacing: bool = False
) -> tuple[HandWork, ...]:
    """Say what is to be added to a house for some layers of it.

    Parameters:
        house: what is known of the project.
        fitted: the layers, as they are there.
        layers: which they are.
        replacing: whether the dependency that gives sessions now is to go.
    """
    found = list(_lifespan(house, fitted, layers))
    found += _settings(house, layers)
    found += _packages(house, fitted)
    found += _pytest(house, fitted)
    found += _operations(house, fitted, layers, replacing)
    found += _application(house, fitted, layers)
    return tuple(found)


# --- the lifespan ------------------------------------------------------------------------------


def _lifespan(house: House, fitted: Fitted, layers: Collection[str]) -> Iterator[HandWork]:
    if not {"engine", "session", "health"} & set(layers):
        return
    opened = {"database": "open_database"}
    imports = [
        f"from {fitted.module('database.engine')} import open_database",
        f"from {fitted.module('settings')} import database_settings",
    ]
    state = dict(zip(opened, opened, strict=True))
    if "health" in layers:
        opened["readiness"] = "open_readiness"
        imports.append(f"from {fitted.module('health')} import open_readiness")
        state |= {"readiness": "readiness", "settings": "settings"}
    application = house.application
    where = "where FastAPI(...) is called"
    if application is not None:
        line = application.yield_line or application.line
        where = f"{application.path}:{line}"
    done = application is not None and _is_opened(application, opened.values(), state)
    why = "what requests find in request.state.database, open from start to shutdown"
    yield HandWork(
        "lifespan", where, _lifespan_code(application, imports, opened, state), why, done
    )


def _is_opened(application: Application, openers: Collection[str], state: Collection[str]) -> bool:
    return set(openers) <= application.calls and set(state) <= _keys(application.yields)


def _keys(yielded: str) -> set[str]:
    """Give the keys of what a lifespan yields: of a dictionary, or of a call by keywords."""
    if not yielded:
        return set()
    found: set[str] = set()
    for node in ast.walk(ast.parse(yielded, mode="eval")):
        if isinstance(node, ast.Dict):
            found.update(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            found.add(node.arg)
    return found


def _lifespan_code(
    application: Application | None,
    imports: list[str],
    opened: dict[str, str],
    state: dict[str, str],
) -> str:
    managers = ", ".join(f"{opener}(settings) as {name}" for name, opener in opened.items())
    items = ", ".join(f'"{key}": {value}' for key, value in state.items())
    yielded = f"{{{items}}}"
    if application is not None and application.yields:
        yielded = f"{{**({application.yields}), {items}}}"
        if application.yields.startswith("{") and application.yields.endswith("}"):
            yielded = f"{application.yields[:-1].rstrip(', ')}, {items}}}"
    events = application.events if application is not None else ()
    body = [
        "    settings = database_settings()",
        f"    async with {managers}:",
        *(f"        {event}" for event in events),
        f"        yield {yielded}",
    ]
    if application is not None and application.lifespan is not None:
        return "\n".join(
            [*imports, "", f"# in {application.lifespan.name}, for its `yield`:", *body]
        )
    head = [
        "from collections.abc import AsyncIterator",
        "from contextlib import asynccontextmanager",
        "from typing import Any",
        "",
        "from fastapi import FastAPI",
        "",
        *imports,
        "",
        "",
        "@asynccontextmanager",
        "async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:",
    ]
    tail = ["", "", "app = FastAPI(lifespan=lifespan)  # with what it is given already"]
    if events:
        tail.append(
            "# on_event does nothing beside a lifespan, which calls the same above: take it out"
        )
    return "\n".join([*head, *body, *tail])


# --- settings, packages, dependencies ----------------------------------------------------------


def _settings(house: House, layers: Collection[str]) -> Iterator[HandWork]:
    if not {"settings", "engine"} & set(layers):
        return
    names = [f"{house.env_prefix}{name}" for name in _VARIABLES]
    found = f"the URL is {house.url.shown}; besides, {', '.join(names)} are read and have defaults"
    done = None if house.url.shown.startswith("env:") else True
    variable = house.url.shown.removeprefix("env:")
    code = f"{variable}=..." if done is None else ""
    yield HandWork("settings", "the environment", code, found, done)


def _packages(house: House, fitted: Fitted) -> Iterator[HandWork]:
    needed = requirements_of(fitted.whole, fitted.places.values())
    missing = [line for line in needed if not _is_there(line, house.requirements)]
    code = "\n".join(missing)
    names = ", ".join(line.partition(">")[0] for line in missing)
    why = f"not declared: {names}" if missing else "all that is imported is declared"
    yield HandWork("packages", "pyproject.toml or requirements.txt", code, why, not missing)


def _pytest(house: House, fitted: Fitted) -> Iterator[HandWork]:
    if "fixtures" not in fitted.layers.values():
        return
    option = "asyncio_default_fixture_loop_scope"
    why = "pytest-asyncio warns without it; the layer's tests name their loop themselves"
    code = f'{option} = "function"'
    yield HandWork("pytest", "[tool.pytest.ini_options]", code, why, option in house.pytest)


# What comes with what is declared, whatever the project says of it itself.
_BROUGHT = {
    "pydantic": ("fastapi", "pydantic-settings"),
    "uvicorn": ("fastapi[standard]", "fastapi[all]"),
    "httpx": ("fastapi[standard]", "fastapi[all]"),
    "pytest": ("pytest-asyncio",),
}


def _is_there(requirement: str, there: Collection[str]) -> bool:
    """Say whether a project has a library, and the extra of it that is needed."""
    name = requirement.partition(">")[0].partition("<")[0].partition("=")[0].strip()
    plain, _, extra = name.partition("[")
    if extra == "asyncio]" and "greenlet" in there:
        return plain in there  # which is all that the extra brings
    if any(other in there for other in _BROUGHT.get(plain, ())):
        return True
    return plain in there and (not extra or name in there)


def _operations(
    house: House, fitted: Fitted, layers: Collection[str], replacing: bool
) -> Iterator[HandWork]:
    if "session" not in layers:
        return
    module = fitted.module("database.session")
    code = (
        f"from {module} import ReadSessionDep, SessionDep\n\n"
        "async def operation(session: SessionDep) -> ...:  # commits when it returns"
    )
    yield HandWork("dependencies", "operations", code, "one unit of work per request", None)
    for provider in house.providers if replacing else ():
        if provider.symbol.module != module:
            places = ", ".join(provider.places)
            why = f"it is depended on in {places}"
            code = f"from {module} import SessionDep"
            yield HandWork("replaced", str(provider.symbol), code, why, not provider.places)


def _application(house: House, fitted: Fitted, layers: Collection[str]) -> Iterator[HandWork]:
    where = house.application.path if house.application else "where FastAPI(...) is called"
    if "errors" in layers:
        code = (
            f"from {fitted.module('errors')} import add_error_handlers\n\nadd_error_handlers(app)"
        )
        why = "409 and 503 for what the database refuses, 422 and 500 that tell no input"
        yield HandWork("errors", where, code, why, "add_error_handlers" in house.words)
    if "health" in layers:
        module = fitted.module("health")
        code = f"from {module} import router as health\n\napp.include_router(health)"
        yield HandWork(
            "health",
            where,
            code,
            "live and ready",
            "health" in house.words and "open_readiness" in house.words,
        )
    if "logging" in layers:
        code = (
            f"from {fitted.module('logs')} import AccessLog, configure_logging\n\n"
            'configure_logging("INFO")  # in the lifespan\napp.add_middleware(AccessLog)'
        )
        why = "one line for each request, with its id"
        yield HandWork(
            "logging", where, code, why, {"AccessLog", "configure_logging"} <= house.words
        )
