"""Where a project has its settings, and among them the URL of its database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from async_db.scaffold.houses.house import SettingsClass, Symbol, UrlSource
from async_db.scaffold.houses.layout import Layout
from async_db.target import Class, Instance, Module, Scope

_SETTINGS_BASES = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings"})
_URL = re.compile(
    r"(?i)(.*_)?(database|db|postgres(ql)?|pg|sqlalchemy|sqlite|sql)(_\w+)?_?(url|uri|dsn)"
)
_NESTED_URL = re.compile(r"(?i)(url|uri|dsn)")
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
    nested: list[tuple[str, str]] = []
    for each in _classes(layout, settings):
        for name, bindings in each.bindings.items():
            annotation = _annotation(each, name)
            if _URL.fullmatch(name):
                return name, annotation
            if bindings[0].annotation is None:
                continue
            of = layout.project.types.annotation(bindings[0].annotation, each)
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
    for part in ast.walk(node):
        variable = _environment_variable(part)
        if variable:
            return UrlSource(ast.unparse(part), None, f"env:{variable}")
        if isinstance(part, ast.Attribute) and _is_name(part.value):
            found = _of_settings(layout, part, scope)
            if found is not None:
                return found
    if isinstance(node, ast.Name):
        located = layout.project.types.locate(scope, node.id)
        if located is None or located[0].value is None:
            return None
        binding, where = located
        value = binding.value
        if value is not None and isinstance(where, Module):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                symbol = layout.symbol(where, node.id, binding.line)
                return UrlSource(node.id, symbol, str(symbol))
            return _resolved(layout, value, where)
    return None


def _is_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


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
    """Give how others get an object of the settings: a variable, a function, or the class itself."""
    types = layout.project.types
    for module in layout.serving:
        for name, bindings in module.bindings.items():
            made = bindings[0].kind in ("assign", "annotated")
            if made and _is_of(types.of_name(module, name), of):
                return name, layout.symbol(module, name, bindings[0].line)
    for function in layout.project.functions:
        is_plain = function.parent is function.module and not function.parameters
        said = function.node.returns if is_plain and not function.is_async else None
        gives = types.annotation(said, function) if said is not None else None
        if function.module in layout.serving and _is_of(gives, of):
            symbol = layout.symbol(function.module, function.name, function.line)
            return f"{function.name}()", symbol
    return f"{of.name}()", layout.symbol(of, of.name, of.line)


def _is_of(found: object, of: Class) -> bool:
    return isinstance(found, Instance) and found.of is of
