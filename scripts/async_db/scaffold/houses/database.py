"""What a project has of models, engines, sessions and migrations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error

from async_db.scaffold.houses.house import Alembic, BaseClass, Provider, Symbol, Use
from async_db.scaffold.houses.layout import Layout
from async_db.target import Binding, Class, Dependency, Function, Module, libraries

_DECLARATIVE = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
_UNIQUE = re.compile(r"""["']uq["']""")
_VERSIONS = re.compile(r"^(?:down_)?revision\b", re.MULTILINE)


def base_class(layout: Layout) -> BaseClass | None:
    """Give what models inherit from: SQLModel, the base of most models, or a base without any."""
    if any(True for each in _classes(layout) if _is_sqlmodel_table(layout, each)):
        return BaseClass(
            Symbol("sqlmodel", "SQLModel"),
            is_sqlmodel=True,
            names_constraints=_names_unique(_text(layout)),
        )
    found = [*_class_bases(layout), *_made_bases(layout)]
    if not found:
        return None
    return max(found, key=lambda each: len(list(_named_as_base(layout, each.symbol.name))))


def _class_bases(layout: Layout) -> Iterator[BaseClass]:
    types = layout.project.types
    for each in _classes(layout):
        direct = {base for base in types.bases(each) if isinstance(base, str)}
        if direct & _DECLARATIVE:
            columns = {
                name
                for name, bindings in each.bindings.items()
                if bindings[0].annotation is not None
                and "Mapped" in ast.unparse(bindings[0].annotation)
            }
            symbol = layout.symbol(each, each.name, each.line)
            yield BaseClass(
                symbol,
                frozenset(columns),
                names_constraints=_names_unique(each.module.text),
                key=next(_keys(each), ""),
                is_dataclass="sqlalchemy.orm.MappedAsDataclass" in types.mro(each),
            )


def _made_bases(layout: Layout) -> Iterator[BaseClass]:
    for call in layout.project.calls.named("declarative_base"):
        module = call.scope.module
        if module in layout.serving:
            for name, bindings in module.bindings.items():
                if bindings[0].value is call.node:
                    yield BaseClass(
                        layout.symbol(module, name, call.node.lineno),
                        names_constraints=_names_unique(module.text),
                        is_made=True,
                    )


def _names_unique(text: str) -> bool:
    """Say whether a module has a naming convention for unique constraints."""
    return "naming_convention" in text and _UNIQUE.search(text) is not None


def _keys(base: Class) -> Iterator[str]:
    """Give the columns of a base that are primary keys, each with its type as it is written."""
    for name, bindings in base.bindings.items():
        binding = bindings[0]
        if binding.annotation is None or not isinstance(binding.value, ast.Call):
            continue
        if any(each.arg == "primary_key" for each in binding.value.keywords):
            written = ast.unparse(binding.annotation)
            yield f"{name}: {written.removeprefix('Mapped[').removesuffix(']')}"


def _named_as_base(layout: Layout, name: str) -> Iterator[Class]:
    for each in _classes(layout):
        if any(ast.unparse(base).rpartition(".")[2] == name for base in each.node.bases):
            yield each


def model_modules(layout: Layout) -> tuple[str, ...]:
    """Give the modules that define tables, by their import names."""
    modules = [
        module
        for module in layout.serving
        if any(_table(layout, each) is not None for each in module.all_classes)
        or any(call.name == "Table" and len(call.node.args) > 1 for call in module.all_calls)
    ]
    return tuple(sorted({layout.name(module) for module in modules}))


def tables(layout: Layout) -> dict[str, str]:
    """Give the names of the tables, and the file and line of each."""
    found = {}
    for each in _classes(layout):
        table = _table(layout, each)
        if table:
            found[table] = f"{each.module.path}:{each.line}"
    return found


def classes(layout: Layout) -> dict[str, str]:
    """Give the names of the classes that have tables, and the file and line of each."""
    return {
        each.name: f"{each.module.path}:{each.line}"
        for each in _classes(layout)
        if _table(layout, each) is not None
    }


def _table(layout: Layout, of: Class) -> str | None:
    """Give the table of a class; an empty name where it is not a literal, None if it has none."""
    bindings: list[Binding] = of.bindings.get("__tablename__", [])
    for binding in bindings:
        if isinstance(binding.value, ast.Constant) and isinstance(binding.value.value, str):
            return binding.value.value
    if bindings:
        return ""
    return of.name.lower() if _is_sqlmodel_table(layout, of) else None


def _is_sqlmodel_table(layout: Layout, of: Class) -> bool:
    is_table = any(each.arg == "table" for each in of.node.keywords)
    return is_table and "sqlmodel.SQLModel" in layout.project.types.mro(of)


def _classes(layout: Layout) -> Iterator[Class]:
    for module in layout.serving:
        yield from module.all_classes


def _text(layout: Layout) -> str:
    return "\n".join(module.text for module in layout.serving)


# --- engines and sessions ----------------------------------------------------------------------


def engines(layout: Layout) -> tuple[Symbol, ...]:
    """Give the calls that make an engine."""
    return tuple(
        layout.symbol(call.scope.module, name, call.node.lineno)
        for name in ("create_engine", "create_async_engine")
        for call in layout.project.calls.named(name)
        if call.scope.module in layout.serving
    )


def providers(layout: Layout) -> tuple[Provider, ...]:
    """Give the dependencies that hand out sessions, those that most depend on first."""
    types, web = layout.project.types, layout.project.web
    places: dict[Function, list[Dependency]] = {}
    for dependency in _dependencies(layout):
        provided = web.function_of(dependency.target)
        if provided is not None:
            places.setdefault(provided, []).append(dependency)
    found = []
    for function, named in places.items():
        given = types.provided(named[0].target)
        is_async = types.is_a(given, libraries.ASYNC_SESSION)
        if function.module in layout.serving and (is_async or types.is_a(given, libraries.SESSION)):
            symbol = layout.symbol(function.module, function.name, function.line)
            commits = tuple(dict.fromkeys(_commits(layout, named)))
            found.append(Provider(symbol, is_async, tuple(map(_use, named)), commits))
    return tuple(sorted(found, key=lambda each: (-len(each.places), each.symbol.path)))


def _use(dependency: Dependency) -> Use:
    """Say what takes the place of a parameter, or of a type, that asks for a session."""
    call, module = dependency.call, dependency.module
    place, written = f"{module.path}:{call.lineno}", _segment(module, call)
    for node in ast.walk(module.tree) if module.tree is not None else ():
        match node:
            case ast.Subscript(slice=ast.Tuple(elts=[_, *marks])):
                if any(_is_same(each, call) for each in marks):
                    return Use(place, _segment(module, node), "SessionDep")
            case ast.arguments():
                for argument, default in _defaults(node):
                    if _is_same(default, call):
                        whole = f"{_segment(module, argument)} = {written}"
                        return Use(place, whole, f"{argument.arg}: SessionDep")
    return Use(place, written, "get_session, with the scope that SessionDep has")


def _defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    first = len(plain) - len(arguments.defaults)
    yield from zip(plain[first:], arguments.defaults, strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def _is_same(node: ast.expr | None, other: ast.expr) -> bool:
    place = (other.lineno, other.col_offset)
    return node is not None and (node.lineno, node.col_offset) == place


def _segment(module: Module, node: ast.AST) -> str:
    return ast.get_source_segment(module.text, node) or ast.unparse(node)


def _commits(layout: Layout, named: list[Dependency]) -> Iterator[str]:
    """Give where functions that are given the session end its transaction by themselves."""
    calls = {id(each.call) for each in named}
    for function in layout.project.functions:
        given = layout.project.web.dependencies_of(function)
        if any(id(each.call) in calls for each in given):
            for call in function.calls:
                if call.name in ("commit", "rollback"):
                    yield f"{function.module.path}:{call.node.lineno}"


def _dependencies(layout: Layout) -> Iterator[Dependency]:
    """Give every `Depends(...)` of the service once, also those in the annotations of parameters."""
    seen: set[int] = set()
    web = layout.project.web
    for each in (
        *web.dependencies,
        *(one for function in layout.project.functions for one in web.dependencies_of(function)),
    ):
        if id(each.call) not in seen and not each.module.is_test:
            seen.add(id(each.call))
            yield each


# --- migrations --------------------------------------------------------------------------------


def alembic(layout: Layout, configurations: Mapping[str, str]) -> Alembic | None:
    """Give the project's migrations, if it has any."""
    environments = [
        module
        for module in layout.project.modules
        if module.path.rpartition("/")[2] == "env.py" and "alembic" in module.text
    ]
    if environments:
        environment = min(environments, key=lambda module: module.path.count("/"))
        folder = environment.path.rpartition("/")[0]
        revisions = dict(_revisions(layout, f"{folder}/"))
        follow = {name for each in revisions.values() for name in each}
        heads = tuple(sorted(revisions.keys() - follow))
        return Alembic(folder, heads, len(revisions), "run_sync" in environment.text)
    location = _script_location(configurations)
    return Alembic(location) if location else None


def _revisions(layout: Layout, folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for module in layout.project.modules:
        if module.path.startswith(folder) and _VERSIONS.search(module.text):
            revision = _value(module, "revision")
            if isinstance(revision, str):
                down = _value(module, "down_revision")
                follows = (down,) if isinstance(down, str) else tuple(down or ())
                yield revision, follows


def _value(module: Module, name: str) -> str | tuple[str, ...] | None:
    for binding in module.bindings.get(name, ()):
        if binding.value is not None:
            try:
                value = ast.literal_eval(binding.value)
            except ValueError:
                continue
            return tuple(value) if isinstance(value, list | tuple) else value
    return None


def _script_location(configurations: Mapping[str, str]) -> str:
    for path, text in sorted(configurations.items(), key=lambda each: each[0].count("/")):
        folder, _, name = path.rpartition("/")
        if name == "alembic.ini":
            parser = ConfigParser(interpolation=None)
            try:
                parser.read_string(text)
            except Error:
                continue
            location = parser.get("alembic", "script_location", fallback="")
            location = location.replace("%(here)s/", "").removeprefix("./")
            return f"{folder}/{location}".strip("/") if location else ""
    return ""
