"""What a lifespan has to open for a layer: code to paste, and whether it is there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from async_db.scaffold.fitting import Fitted
from async_db.scaffold.houses import Application


@dataclass(frozen=True)
class Opening:
    """What is open from start to shutdown.

    Parameters:
        imports: the statements that it takes.
        managers: what is entered, by the name that it has then.
        state: what the lifespan yields, by key.
        before: statements before that.
        app: statements after the application is made.
        calls: the names of what the lifespan calls then.
    """

    imports: tuple[str, ...]
    managers: Mapping[str, str]
    state: Mapping[str, str]
    before: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    calls: frozenset[str] = field(default_factory=frozenset)


def opening_of(fitted: Fitted, layers: Collection[str]) -> Opening:
    """Say what the lifespan has to open for some layers.

    Parameters:
        fitted: the layers, as they are in the project.
        layers: which they are.
    """
    wiring, values = fitted.options.values.get("wiring"), fitted.options.values
    found: list[tuple[str, str, str]] = []
    if wiring == "manager":
        found.append(("manager", "open_manager", "database.manager"))
    elif wiring != "modern-di":
        found.append(("database", "open_database", "database.engine"))
    if values.get("replica") == "read" and wiring != "modern-di":
        found.append(("replica", "open_replica", "database.reading"))
    if "health" in layers:
        found.append(("readiness", "open_readiness", "health"))
    imports = [f"from {fitted.module(module)} import {opener}" for _, opener, module in found]
    imports.append(f"from {fitted.module('settings')} import database_settings")
    managers = {name: f"{opener}(settings)" for name, opener, _ in found}
    state = {name: name for name in managers}
    if "health" in layers:
        state["settings"] = "settings"
    calls = frozenset(opener for _, opener, _ in found)
    if wiring != "modern-di":
        return Opening(tuple(imports), managers, state, calls=calls)
    return Opening(
        (
            "from modern_di_fastapi import setup_di",
            f"from {fitted.module('container')} import create_container",
            f"from {fitted.module('database.engine')} import Database",
            *imports[:-1],
            f"from {fitted.module('settings')} import DatabaseSettings, database_settings",
        ),
        managers,
        {"database": "database", **state},
        before=(
            "container.validate()",
            "container.set_context(DatabaseSettings, settings)",
            "database = container.resolve(Database)  # a wrong setting is found now",
        ),
        app=(
            "container = create_container()",
            "setup_di(app, container)  # opened before the lifespan begins, closed after it",
        ),
        calls=calls | {"set_context"},
    )


def is_opened(opening: Opening, application: Application | None, words: Collection[str]) -> bool:
    """Say whether an application's lifespan does that.

    Parameters:
        opening: what it has to open.
        application: as it is read.
        words: all names in the project's modules.
    """
    if application is None or ("setup_di" not in words and opening.app):
        return False
    return opening.calls <= application.calls and set(opening.state) <= _keys(application.yields)


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


def lifespan_code(opening: Opening, application: Application | None) -> str:
    """Give the lifespan to paste, or what is added to the one that is there.

    Parameters:
        opening: what it has to open.
        application: as it is read.
    """
    events = application.events if application is not None else ()
    body = ["    settings = database_settings()", *(f"    {line}" for line in opening.before)]
    inner = [*events, f"yield {_yielded(opening.state, application)}"]
    if opening.managers:
        managers = ", ".join(f"{entered} as {name}" for name, entered in opening.managers.items())
        body += [f"    async with {managers}:", *(f"        {line}" for line in inner)]
    else:
        body += [f"    {line}" for line in inner]
    after = [*opening.app] and ["", *opening.app]
    if application is not None and application.lifespan is not None:
        name = application.lifespan.name
        return "\n".join([*opening.imports, "", f"# in {name}, for its `yield`:", *body, *after])
    head = [
        "from collections.abc import AsyncIterator",
        "from contextlib import asynccontextmanager",
        "from typing import Any",
        "",
        "from fastapi import FastAPI",
        "",
        *opening.imports,
        "",
        "",
        "@asynccontextmanager",
        "async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:",
    ]
    tail = ["", "", "app = FastAPI(lifespan=lifespan)  # with what it is given already"]
    tail += opening.app
    if events:
        tail.append(
            "# on_event does nothing beside a lifespan, which calls the same above: take it out"
        )
    return "\n".join([*head, *body, *tail])


def _yielded(state: Mapping[str, str], application: Application | None) -> str:
    items = ", ".join(f'"{key}": {value}' for key, value in state.items())
    if application is None or not application.yields:
        return f"{{{items}}}"
    if application.yields.startswith("{") and application.yields.endswith("}"):
        return f"{application.yields[:-1].rstrip(', ')}, {items}}}"
    return f"{{**({application.yields}), {items}}}"
