"""`connect_args` in the words of libpq, which asyncpg does not know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.database.databases import Databases
from async_db.target import Call, Function, Module, Scope

_RULE = "engine/async-driver-url"
_NAMES = {"connect_timeout": "timeout", "sslmode": "ssl"}
"""What asyncpg calls otherwise."""
_SETTINGS = frozenset({"application_name", "options"})
"""What it takes as settings of the server."""
_KNOWN = frozenset(
    {
        *("host", "port", "user", "password", "database", "dsn", "timeout", "ssl", "passfile"),
        *("server_settings", "command_timeout", "statement_cache_size", "connection_class"),
        *("max_cached_statement_lifetime", "max_cacheable_statement_size", "record_class"),
        *("prepared_statement_cache_size", "prepared_statement_name_func", "direct_tls"),
        *("target_session_attrs", "krbsrvname", "gsslib"),
        *("check_same_thread", "uri", "detect_types", "isolation_level", "cached_statements"),
        *("factory", "charset"),
    }
)
"""What asyncpg, or the driver of another database, takes as it is."""
_OPTION = re.compile(r"-c\s*(?P<name>[\w.]+)=(?P<value>(?:\\.|[^\s\\])*)")


def translate(step: Step, call: Call, databases: Databases) -> None:
    """Say what an engine's driver is told in its own words, wherever the dictionary stands."""
    if "postgresql" not in databases.all:
        return
    for given in _dictionaries(call):
        _one(step, call.scope.module, given)


def _dictionaries(call: Call) -> Iterator[ast.Dict]:
    """Give the dictionaries that are, or may be, an engine's `connect_args`."""
    for keyword in call.node.keywords:
        if keyword.arg == "connect_args":
            yield from _in(keyword.value, call.scope)
        elif keyword.arg is None and isinstance(keyword.value, ast.Name):
            yield from _of_options(keyword.value.id, call.scope)


def _in(node: ast.expr, scope: Scope) -> Iterator[ast.Dict]:
    match node:
        case ast.Dict():
            yield node
        case ast.IfExp():
            yield from _in(node.body, scope)
            yield from _in(node.orelse, scope)
        case ast.Name():
            for binding in _bindings(node.id, scope):
                if isinstance(binding, ast.Dict):
                    yield binding


def _bindings(name: str, scope: Scope) -> Iterator[ast.expr]:
    current: Scope | None = scope
    while current is not None:
        found = current.bindings.get(name)
        if found:
            yield from (each.value for each in found if each.value is not None)
            return
        current = current.parent


def _of_options(name: str, scope: Scope) -> Iterator[ast.Dict]:
    """Give what a dictionary of options has, or is given later, as its `connect_args`."""
    for value in _bindings(name, scope):
        if isinstance(value, ast.Dict):
            for key, inner in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "connect_args":
                    yield from _in(inner, scope)
    root = scope.node if isinstance(scope, Function) else scope.module.tree
    for node in ast.walk(root) if root is not None else ():
        match node:
            case ast.Assign(
                targets=[
                    ast.Subscript(value=ast.Name(id=found), slice=ast.Constant("connect_args"))
                ],
                value=value,
            ) if found == name:
                yield from _in(value, scope)


def _one(step: Step, module: Module, given: ast.Dict) -> None:
    keys = {
        str(key.value): (key, value)
        for key, value in zip(given.keys, given.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    unknown = sorted(keys.keys() - _KNOWN - _NAMES.keys() - _SETTINGS)
    settings = _settings(step.editing(module), keys)
    if unknown or settings is None or ("server_settings" in keys and settings):
        named = ", ".join(f"`{each}`" for each in unknown or sorted(_SETTINGS & keys.keys()))
        reason = f"asyncpg is told {named} in other words: see how it takes that, or leave it out"
        step.withhold(module, given, _RULE, reason)
        return
    editing = step.editing(module)
    changed = False
    for name, (key, value) in keys.items():
        if name in _NAMES:
            editing.replace(key, f'"{_NAMES[name]}"')
            if isinstance(value, ast.Constant) and value.value == 0:
                editing.replace(value, "None")
            changed = True
    if settings:
        _write_settings(editing, [keys[each] for each in keys if each in _SETTINGS], settings)
        changed = True
    if changed:
        step.changed(module, given, "connect_args", rule=_RULE)


def _settings(editing: Editing, keys: dict[str, tuple[ast.Constant, ast.expr]]) -> list[str] | None:
    """Give the server's settings as entries of a dictionary; None if they cannot be told."""
    found = []
    for name, (_, value) in keys.items():
        if name == "application_name":
            found.append(f'"application_name": {editing.source(value)}')
        elif name == "options":
            text = value.value if isinstance(value, ast.Constant) else None
            if not isinstance(text, str) or _OPTION.sub("", text).strip():
                return None
            found += [f'"{each["name"]}": "{each["value"]}"' for each in _OPTION.finditer(text)]
    return found


def _write_settings(
    editing: Editing, pairs: list[tuple[ast.Constant, ast.expr]], settings: list[str]
) -> None:
    """Write the server's settings where the first of them stood, and take the others out."""
    (first, value), *others = pairs
    start, end = editing.places.span(first)[0], editing.places.span(value)[1]
    editing.replace_range(start, end, f'"server_settings": {{{", ".join(settings)}}}')
    for key, last in others:
        start, end = editing.places.span(key)[0], editing.places.span(last)[1]
        before = re.search(r",\s*$", editing.places.text[:start])
        editing.replace_range(before.start() if before else start, end, "")
