"""Engines and factories: the URL's driver, what the async ones take, what does not expire."""

from __future__ import annotations

import ast
import re

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import Call, Module, libraries

_ENGINE_RULE = "engine/async-driver"
_FACTORY_RULE = "session/expire-on-commit-false"
_DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mysql+pymysql": "mysql+aiomysql",
    "mysql+mysqldb": "mysql+aiomysql",
}
"""The async driver's URL for a sync one's; `postgresql+psycopg` is both."""
DISTRIBUTIONS = {"postgresql": "asyncpg", "sqlite": "aiosqlite", "mysql": "aiomysql"}
"""What has to be installed for each."""
_SCHEME = re.compile(r"^(?P<quote>[rRbBuUfF]*(?:\"\"\"|'''|\"|'))(?P<scheme>[a-z0-9+]+)(?=://)")
_GONE = frozenset({"future", "convert_unicode", "encoding", "strategy", "executemany_mode"})
"""What an engine is no longer told, since 2.0 or since its driver is another one."""
_ASYNC_URL = '''

def async_url(url: str | URL) -> URL:
    """Give a database's URL with its async driver, in whose words.

    Whoever needs the sync one, such as Alembic, goes on with the URL as it is.
    """
    made = make_url(url)
    drivers = {drivers}
    made = made.set(drivername=drivers.get(made.drivername, made.drivername))
    if made.drivername == "postgresql+asyncpg" and "sslmode" in made.query:
        mode = made.query["sslmode"]
        made = made.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return made
'''
_USED = ("postgres", "postgresql", "postgresql+psycopg2", "sqlite", "mysql", "mysql+pymysql")


def engines(step: Step) -> None:
    """Make engines, factories and sessions what async ones are told to be."""
    service = step.service
    calls = [
        call
        for call in [*service.project.calls.named("create_engine"), *_of_configuration(step)]
        if service.library_name(call) in _MAKERS and not is_migration(call.scope.module)
    ]
    calls.sort(key=lambda call: (call.scope.module.is_test, not service.serves(call.scope.module)))
    homes = [call.scope.module for call in calls if _needs_function(step, call)]
    for call in calls:
        _engine(step, call, homes[0] if homes else call.scope.module)
    for module in step.project.modules:
        if is_migration(module):
            continue
        for call in module.all_calls:
            name = service.library_name(call)
            if name in (libraries.SESSIONMAKER, libraries.SESSION, libraries.SQLMODEL_SESSION):
                _factory(step, call)
            elif name == libraries.SCOPED:
                reason = (
                    "a session for a thread is shared by all tasks of the loop: pass sessions on"
                )
                step.withhold(module, call.node, "session/one-per-request", reason)


_MAKERS = ("sqlalchemy.create_engine", "sqlalchemy.engine_from_config")


def _of_configuration(step: Step) -> list[Call]:
    return list(step.service.project.calls.named("engine_from_config"))


def _engine(step: Step, call: Call, home: Module) -> None:
    module = call.scope.module
    editing = step.editing(module)
    for each in call.node.keywords:
        if each.arg in _GONE:
            _drop_argument(step, module, call.node, each)
    url = _url_of(call)
    if url is None:
        return
    found = _SCHEME.match(editing.source(url))
    if found is not None:
        scheme = found["scheme"]
        start = editing.places.span(url)[0] + len(found["quote"])
        editing.replace_range(start, start + len(scheme), _DRIVERS.get(scheme, scheme))
    elif not _is_made_async(url):
        editing.wrap(url, "async_url(", ")")
        _add_function(step, module, home)
    step.changed(module, call.node, "engine", rule=_ENGINE_RULE)


def _url_of(call: Call) -> ast.expr | None:
    if call.name == "engine_from_config":
        return None
    named = [each.value for each in call.node.keywords if each.arg == "url"]
    return next(iter([*call.node.args[:1], *named]), None)


def _needs_function(step: Step, call: Call) -> bool:
    """Say whether an engine's URL is no text, so that its driver has to be put in when it runs."""
    url = _url_of(call)
    if url is None or _is_made_async(url):
        return False
    return _SCHEME.match(step.editing(call.scope.module).source(url)) is None


def _is_made_async(url: ast.expr) -> bool:
    return isinstance(url, ast.Call) and getattr(url.func, "id", "") == "async_url"


def _add_function(step: Step, module: Module, home: Module) -> None:
    """Write the function that gives a URL its driver, once, below the imports; others import it."""
    if "async_url" in module.bindings or module.tree is None:
        return
    if module is not home:
        step.add_import(module, step.import_name(home), "async_url")
        return
    editing = step.editing(module)
    last = None
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node
        elif last is not None:
            break
    drivers = (
        "{\n" + "".join(f'        "{name}": "{_DRIVERS[name]}",\n' for name in _USED) + "    }"
    )
    text = _ASYNC_URL.replace("{drivers}", drivers) + "\n"
    place = editing.places.next_line(editing.places.span(last)[1]) if last is not None else 0
    editing.insert(place, text)
    step.add_import(module, "sqlalchemy", "URL")
    step.add_import(module, "sqlalchemy", "make_url")


def _factory(step: Step, call: Call) -> None:
    """Nothing that was read expires at a commit: to read it again would need an await."""
    module = call.scope.module
    editing = step.editing(module)
    expire = [each for each in call.node.keywords if each.arg == "expire_on_commit"]
    for each in call.node.keywords:
        if each.arg in ("autocommit", "future") and isinstance(each.value, ast.Constant):
            _drop_argument(step, module, call.node, each)
    for each in call.node.keywords:
        if each.arg == "query_cls":
            reason = "nothing of it makes a `Query` any more: see what its own methods were for"
            step.withhold(module, call.node, "queries/select-not-query", reason)
    if any(each.arg is None for each in call.node.keywords):
        return
    if expire:
        if not (isinstance(expire[0].value, ast.Constant) and expire[0].value.value is False):
            editing.replace(expire[0].value, "False")
            step.changed(module, call.node, "expire_on_commit", rule=_FACTORY_RULE)
        return
    _add_argument(editing, call.node, "expire_on_commit=False")
    step.changed(module, call.node, "expire_on_commit", rule=_FACTORY_RULE)


def _add_argument(editing: Editing, call: ast.Call, text: str) -> None:
    """Give a call one more argument, on a line of its own where each has one."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        editing.insert(editing.places.span(call)[1] - 1, text)
        return
    last = max(given, key=lambda each: (each.lineno, each.col_offset))
    own_line = last.lineno > call.func.lineno and (len(given) == 1 or given[0].lineno < last.lineno)
    gap = "\n" + " " * last.col_offset if own_line else " "
    editing.insert(editing.places.span(last)[1], f",{gap}{text}")


def _drop_argument(step: Step, module: Module, call: ast.Call, argument: ast.keyword) -> None:
    """Take an argument out of a call, with the comma that parted it from the next or last one."""
    editing = step.editing(module)
    text = editing.places.text
    start, end = editing.places.span(argument)
    behind = re.compile(r"\s*,\s*").match(text, end)
    before = re.search(r",\s*$", text[:start])
    if behind is not None and text[behind.end()] != ")":
        editing.replace_range(start, behind.end(), "")
    elif before is not None:
        editing.replace_range(before.start(), end, "")
    else:
        editing.replace_range(start, behind.end() if behind is not None else end, "")
    step.changed(module, argument, "argument")
