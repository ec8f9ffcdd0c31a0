"""What a layer needs of a project that no command should write: code to paste, and whether it is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from async_db.scaffold.fitting import Fitted
from async_db.scaffold.houses import House, Provider
from async_db.scaffold.layer_needs import requirements_of
from async_db.scaffold.lifespans import is_opened, lifespan_code, opening_of
from async_db.scaffold.relocating import TOKEN

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
    found += _model(house, fitted, layers)
    found += _tenants(house, layers)
    return tuple(found)


def _lifespan(house: House, fitted: Fitted, layers: Collection[str]) -> Iterator[HandWork]:
    if not {"engine", "session", "health"} & set(layers):
        return
    opening = opening_of(fitted, layers)
    application = house.application
    where = "where FastAPI(...) is called"
    if application is not None:
        line = application.yield_line or application.line
        where = f"{application.path}:{line}"
    done = is_opened(opening, application, house.words)
    first = next(iter(opening.state))
    why = f"what requests find in request.state.{first}, open from start to shutdown"
    yield HandWork("lifespan", where, lifespan_code(opening, application), why, done)


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
            yield _replaced(provider, module)


def _replaced(provider: Provider, module: str) -> HandWork:
    """Say line by line what takes the place of a dependency that gives sessions now.

    Nothing of it is done here: what is called on a session has to be awaited then, and what commits
    by itself would end the unit of work under the operation that has it.
    """
    lines = [f"from {module} import SessionDep", ""]
    for use in provider.uses:
        lines += [f"# {use.place}", f"-{use.written}", f"+{use.replaced}"]
    if provider.commits:
        lines += ["", f"# these commits go, as SessionDep commits: {', '.join(provider.commits)}"]
    if not provider.uses:
        why = "nothing depends on it any more: it can go"
    else:
        called = (
            "" if provider.is_async else "; what is called on it is awaited then (modernize.py)"
        )
        why = f"it is depended on in {', '.join(provider.places)}{called}"
    code = "\n".join(lines) if provider.uses else ""
    return HandWork("replaced", str(provider.symbol), code, why, not provider.uses)


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


# --- a new model -------------------------------------------------------------------------------


def _model(house: House, fitted: Fitted, layers: Collection[str]) -> Iterator[HandWork]:
    names = fitted.options.names
    feature = fitted.module(names.entities)
    if "routes" in layers:
        prefix = f"{TOKEN}/{names.entities}/"
        routers = sorted(
            path.stem
            for path in fitted.places.values()
            if str(path).startswith(prefix) and "\nrouter = " in fitted.whole[path]
        )
        included = [f"app.include_router({each}.router, responses=EVERYWHERE)" for each in routers]
        code = "\n".join(
            [
                f"from {fitted.module('errors')} import EVERYWHERE",
                f"from {feature} import {', '.join(routers)}",
                "",
                *included,
            ]
        )
        where = house.application.path if house.application else "where FastAPI(...) is called"
        done = all(house.imports_from_outside(f"{feature}.{each}") for each in routers)
        yield HandWork("routes", where, code, f"/{names.slug} is served then", done)
    if "models" in layers and house.alembic is not None:
        module = fitted.module(f"{names.entities}.models")
        code = f'alembic revision --autogenerate -m "{names.entities}" && alembic upgrade head'
        why = f"its tables are in no revision; env.py has to import {module}, as what it knows"
        yield HandWork("migration", f"{house.alembic.folder}/", code, why, None)
    if "reporting" in layers:
        code = (
            f"python -m {feature}.reporting --create-tables  # once; then without it, every minute"
        )
        why = "REPORTING_URL names the second database; what is confirmed is copied to it"
        yield HandWork("worker", "a timer or cron", code, why, None)


def _tenants(house: House, layers: Collection[str]) -> Iterator[HandWork]:
    if "tenancy" not in layers:
        return
    where = house.application.path if house.application else "where FastAPI(...) is called"
    code = (
        "from fastapi.middleware.trustedhost import TrustedHostMiddleware\n\n"
        'app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*.example.com"])'
    )
    why = "the host names the tenant: without it, acme of any other domain is acme too"
    yield HandWork("tenants", where, code, why, "TrustedHostMiddleware" in house.words)
