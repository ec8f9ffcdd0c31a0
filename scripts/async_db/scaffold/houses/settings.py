"""Where a project has its settings, and among them the URL of its database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.scaffold.houses.house import SettingsClass, Symbol, UrlSource
from async_db.scaffold.houses.layout import Layout
from async_db.target import Class, Function, Instance, Module, Scope

_SETTINGS_BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings"})
_URL = re.compile(
    r"(?i)(.*_)?(database|db|postgres(ql)?|pg|sqlalchemy|sqlite|sql)(_\w+)?_?(url|uri|dsn)"
)
_NESTED_URL = re.compile(r"(?i)(url|uri|dsn)")
_MADE_TEXT = ("get_secret_value", "render_as_string", "replace", "unicode_string")
_ENGINES = ("create_engine", "create_async_engine")
# How a text is made of what a field holds, by the last word of the field's annotation.
_AS_TEXT = {
    "str": "{}",
    "SecretStr": "{}.get_secret_value()",
    "URL": "{}.render_as_string(hide_password=False)",
}


def settings_class(layout: Layout) -> SettingsClass | None:
    """Give the class of settings: of several, the one that knows a database's URL."""
    types = layout.project.types
    found = [
        each
        for module in layout.serving
        for each in module.all_classes
        if _SETTINGS_BASES & {name for name in types.mro(each) if isinstance(name, str)}
    ]
    if not found:
        return None
    chosen = next((each for each in found if url_field(layout, each)), found[0])
    return SettingsClass(
        layout.symbol(chosen, chosen.name, chosen.line),
        frozenset(name for each in _classes(layout, chosen) for name in each.bindings),
        prefix=_configured(chosen, "env_prefix"),
        env_file=_configured(chosen, "env_file"),
    )


def url_source(layout: Layout) -> UrlSource | None:
    """Give where the URL comes from: what an engine is made of, else a field that looks like one."""
    return next(_of_engines(layout), None) or _of_fields(layout)


def class_of(layout: Layout, symbol: Symbol) -> Class | None:
    """Give the class that a symbol means."""
    return next(
        (
            each
            for module in layout.serving
            if layout.name(module) == symbol.module
            for each in module.all_classes
            if each.name == symbol.name
        ),
        None,
    )


def url_field(layout: Layout, settings: Class) -> tuple[str, str]:
    """Give the field that holds the URL, perhaps dotted, and the last word of its annotation."""
    types = layout.project.types
    nested: list[tuple[str, str]] = []
    for each in _classes(layout, settings):
        for name, bindings in each.bindings.items():
            definition = bindings[0].definition
            is_method = isinstance(definition, Function) and not types.is_property(definition)
            if is_method or name.startswith("_"):
                continue
            if _URL.fullmatch(name):
                return name, _annotation(each, name)
            if bindings[0].annotation is None:
                continue
            of = types.annotation(bindings[0].annotation, each)
            if isinstance(of, Instance) and isinstance(of.of, Class):
                for inner in _classes(layout, of.of):
                    urls = [field for field in inner.bindings if _NESTED_URL.fullmatch(field)]
                    nested += [(f"{name}.{field}", _annotation(inner, field)) for field in urls]
    return nested[0] if nested else ("", "")


def _classes(layout: Layout, of: Class) -> Iterator[Class]:
    yield from (each for each in layout.project.types.mro(of) if isinstance(each, Class))


def _annotation(of: Class, name: str) -> str:
    """Give the last word of what a field, or the property of its name, is said to be."""
    binding = of.bindings[name][0]
    definition = binding.definition
    node = getattr(getattr(definition, "node", None), "returns", None) or binding.annotation
    text = ast.unparse(node) if node is not None else "str"
    return text.partition("|")[0].strip().rpartition(".")[2]


def _configured(settings: Class, key: str) -> str:
    """Give what a class of settings is configured with, as far as it is a literal."""
    for node in ast.walk(settings.node):
        match node:
            case ast.keyword(arg=found, value=ast.Constant(value=str(value))) if found == key:
                return value
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Constant(value=str(value))) if (
                found == key
            ):
                return value
    return ""


# --- what engines are made of ------------------------------------------------------------------


def _of_engines(layout: Layout) -> Iterator[UrlSource]:
    for name in _ENGINES:
        for call in layout.project.calls.named(name):
            if call.scope.module in layout.serving and call.node.args:
                found = _resolved(layout, call.node.args[0], call.scope)
                if found is not None:
                    yield found


def _resolved(layout: Layout, node: ast.expr, scope: Scope) -> UrlSource | None:
    """Say in a module of its own what an expression says in its place, if that can be done."""
    node = _unwrapped(node)
    variable = _environment_variable(node)
    if variable:
        return UrlSource(ast.unparse(node), None, f"env:{variable}")
    if isinstance(node, ast.Attribute):
        return _of_settings(layout, node, scope)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _of_function(layout, node, node.func.id, scope)
    return _of_variable(layout, node.id, scope) if isinstance(node, ast.Name) else None


def _unwrapped(node: ast.expr) -> ast.expr:
    """Give what is made a text, or a URL for another driver: what is put together of parts stays."""
    while isinstance(node, ast.Call):
        match node:
            case ast.Call(func=ast.Name(id="str" | "make_url"), args=[inner]):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _MADE_TEXT:
                node = inner
            case _:
                break
    return node


def _of_function(layout: Layout, node: ast.Call, name: str, scope: Scope) -> UrlSource | None:
    located = layout.project.types.locate(scope, name)
    if located is None or located[0].kind != "function" or node.args or node.keywords:
        return None
    symbol = layout.symbol(located[1], name, located[0].line)
    return UrlSource(f"str({name}())", symbol, f"{symbol.module}:{name}()")


def _of_variable(layout: Layout, name: str, scope: Scope) -> UrlSource | None:
    """Say what a variable of a module is: by what it is made of, else by its own name."""
    located = layout.project.types.locate(scope, name)
    if located is None or located[0].value is None or not isinstance(located[1], Module):
        return None
    binding, where = located
    assert binding.value is not None  # noqa: S101 - seen above, which mypy forgets
    same = isinstance(_unwrapped(binding.value), ast.Name)
    found = None if same else _resolved(layout, binding.value, where)
    symbol = layout.symbol(where, name, binding.line)
    is_text = isinstance(binding.value, ast.Constant | ast.JoinedStr)
    return found or UrlSource(name if is_text else f"str({name})", symbol, str(symbol))


def _environment_variable(node: ast.AST) -> str:
    match node:
        case ast.Subscript(
            value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
        ):
            return name
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get")
            | ast.Attribute(value=ast.Name(id="os"), attr="getenv"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return name
    return ""


def _of_settings(layout: Layout, node: ast.Attribute, scope: Scope) -> UrlSource | None:
    """Say `settings.db.url` by the object that a module has of the class of settings."""
    chain, root = [node.attr], node.value
    while isinstance(root, ast.Attribute):
        chain.insert(0, root.attr)
        root = root.value
    of = layout.project.types.of(root, scope)
    if not isinstance(of, Instance) or not isinstance(of.of, Class):
        return None
    if not _SETTINGS_BASES & {
        each for each in layout.project.types.mro(of.of) if isinstance(each, str)
    }:
        return None
    return _by_field(layout, of.of, ".".join(chain))


def _of_fields(layout: Layout) -> UrlSource | None:
    settings = settings_class(layout)
    of = class_of(layout, settings.symbol) if settings else None
    field = url_field(layout, of)[0] if of else ""
    return _by_field(layout, of, field) if of and field else None


def _by_field(layout: Layout, of: Class, field: str) -> UrlSource:
    """Say how a field of the settings is reached from another module, as a text."""
    owner: Class = of
    *nested, last = field.split(".")
    for name in nested:
        annotation = next(
            (
                each.bindings[name][0].annotation
                for each in _classes(layout, owner)
                if name in each.bindings
            ),
            None,
        )
        inner = layout.project.types.annotation(annotation, owner) if annotation else None
        if isinstance(inner, Instance) and isinstance(inner.of, Class):
            owner = inner.of
    said = next(
        (_annotation(each, last) for each in _classes(layout, owner) if last in each.bindings), ""
    )
    reached, symbol = _object(layout, of)
    text = _AS_TEXT.get(said, "str({})").format(f"{reached}.{field}")
    return UrlSource(text, symbol, f"{symbol.module}:{reached}.{field}")


def _object(layout: Layout, of: Class) -> tuple[str, Symbol]:
    """Give how others get an object of the settings: a variable beside the class, a function that
    gives it, a variable elsewhere, or the class itself.
    """
    beside: list[tuple[str, Symbol]] = []
    elsewhere: list[tuple[str, Symbol]] = []
    for module in layout.serving:
        for name, bindings in module.bindings.items():
            made = bindings[0].kind in ("assign", "annotated")
            if made and _is_of(layout.project.types.of_name(module, name), of):
                found = (name, layout.symbol(module, name, bindings[0].line))
                (beside if module is of.module else elsewhere).append(found)
    for choice in (beside, list(_getters(layout, of)), elsewhere):
        if choice:
            return choice[0]
    return f"{of.name}()", layout.symbol(of, of.name, of.line)


def _getters(layout: Layout, of: Class) -> Iterator[tuple[str, Symbol]]:
    for function in layout.project.functions:
        is_plain = function.parent is function.module and not function.parameters
        said = function.node.returns if is_plain and not function.is_async else None
        gives = layout.project.types.annotation(said, function) if said is not None else None
        if function.module in layout.serving and _is_of(gives, of):
            yield f"{function.name}()", layout.symbol(function.module, function.name, function.line)


def _is_of(found: object, of: Class) -> bool:
    return isinstance(found, Instance) and found.of is of
