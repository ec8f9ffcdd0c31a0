"""Engines: the URL's driver, and what an async engine is told."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection

from async_db.modernizing.definitions import defined
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.arguments import edit_arguments
from async_db.modernizing.steps.database.connecting import translate
from async_db.modernizing.steps.database.databases import databases
from async_db.modernizing.steps.database.placing import outermost
from async_db.modernizing.steps.database.urls import RULE, Urls
from async_db.modernizing.steps.propagation import is_migration
from async_db.target import Call, Module, libraries

_MAKERS = ("create_engine", "engine_from_config")
_GONE = frozenset(
    {
        *("future", "convert_unicode", "encoding", "strategy", "implicit_returning"),
        *("executemany_mode", "executemany_batch_page_size", "executemany_values_page_size"),
        *("use_batch_mode", "use_native_unicode"),
    }
)
"""What an engine is no longer told, since 2.0 or since its driver is another one."""


def engines(step: Step) -> None:
    """Make engines what async ones are told to be."""
    service = step.service
    calls = [
        call
        for name in _MAKERS
        for call in service.project.calls.named(name)
        if service.library_name(call) == f"sqlalchemy.{name}"
        and not is_migration(call.scope.module)
        and _moves(step, call)
    ]
    if not calls:
        return
    imported = _imported_by(step, {call.scope.module for call in calls})
    calls.sort(
        key=lambda call: (
            call.scope.module.is_test,
            -imported[call.scope.module],
            not service.serves(call.scope.module),
        )
    )
    found = databases(step)
    urls = Urls(step, found)
    for call in calls:
        if call.name == "create_engine":
            _engine(step, call, urls)
            translate(step, call, found)
        else:
            _of_configuration(step, call)


def _imported_by(step: Step, modules: Collection[Module]) -> Counter[Module]:
    """Count for modules how many of the others import them, be it through others.

    What all need is written where it can be imported from: in the one that others build on.
    """
    counts: Counter[Module] = Counter()
    for module in modules:
        seen = {module}
        waiting = [module]
        while waiting:
            importer = waiting.pop()
            for each in importer.imports:
                for name in (each.target, f"{each.target}.{each.name}", each.name):
                    found = step.project.index.find(name, importer) if name else None
                    if found is not None and found not in seen:
                        seen.add(found)
                        waiting.append(found)
        counts.update(seen & set(modules) - {module})
    return counts


def _moves(step: Step, call: Call) -> bool:
    """Say whether a call stands in what moves: in a slice, that is the twin of the sync engine."""
    if step.world is None:
        return True
    module = call.scope.module
    top = outermost(step.editing(module), call.node)
    return any(
        each.node is top and (module.path, each.name) in step.world for each in defined(module)
    )


def _engine(step: Step, call: Call, urls: Urls) -> None:
    module = call.scope.module
    gone = [each for each in call.node.keywords if _is_gone(step, call, each)]
    edit_arguments(step.editing(module), call.node, gone)
    for each in call.node.keywords:
        if each.arg == "creator":
            reason = "an async engine is given `async_creator`, a coroutine that makes a connection"
            step.withhold(module, call.node, RULE, reason)
    url = _url_of(call)
    if url is not None:
        urls.make_async(url, call)
    step.changed(module, call.node, "engine", rule=RULE)


def _is_gone(step: Step, call: Call, argument: ast.keyword) -> bool:
    """Say whether an argument is dropped; a pool for threads has no counterpart and needs none."""
    if argument.arg == "poolclass":
        of = step.service.types.of(argument.value, call.scope)
        return getattr(of, "name", "") == "sqlalchemy.SingletonThreadPool"
    return argument.arg in _GONE


def _url_of(call: Call) -> ast.expr | None:
    named = [each.value for each in call.node.keywords if each.arg == "url"]
    return next(iter([*call.node.args[:1], *named]), None)


def _of_configuration(step: Step, call: Call) -> None:
    """`engine_from_config` takes the URL from what it is given, which cannot be seen here."""
    reason = "see that the configuration's URL names the async driver"
    step.withhold(call.scope.module, call.node, RULE, reason)


def sync_urls(step: Step) -> None:
    """Give Alembic the URL that it connects by, where it was told an engine's own."""
    found = databases(step)
    urls = Urls(step, found)
    for module in step.service.modules:
        if "alembic" not in module.text or is_migration(module):
            continue
        for call in module.all_calls:
            func = call.node.func
            rendered = func.value if isinstance(func, ast.Attribute) else None
            if call.name != "render_as_string" or not isinstance(rendered, ast.Attribute):
                continue
            of = step.service.types.of(rendered.value, call.scope)
            if rendered.attr == "url" and step.service.types.is_a(of, libraries.ENGINE):
                step.editing(module).wrap(rendered, "sync_url(", ")")
                urls.write("sync_url", module, rendered)
                step.changed(module, call.node, "sync url", rule="migrating/alembic-async-env")
