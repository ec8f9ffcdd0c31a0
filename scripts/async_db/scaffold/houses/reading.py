"""Reading a house: a target's source and configuration in, what a layer has to follow out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from async_db.scaffold.houses import application, configuration, database, settings
from async_db.scaffold.houses.house import Assumption, BaseClass, House, Symbol, UrlSource
from async_db.scaffold.houses.layout import Layout, model_packages, package_of, place_for
from async_db.scaffold.options import OptionError
from async_db.target import Project

_WORD = re.compile(r"[A-Za-z_]\w*")
_SETTINGS = frozenset({"database_url", "database_pool_size", "allowed_hosts", "max_body_bytes"})
"""Fields by which the scaffold's own settings are known."""
_TELLING = (
    ("manager", "SessionManager", "wiring", "manager"),
    ("container", "Providers", "wiring", "modern-di"),
    ("tenancy", "in_schema", "tenancy", "schema"),
    ("replica", "ReplicaSettings", "replica", "read"),
)
"""What a layer has only under one value of an option: module, name, option, value."""


@dataclass(frozen=True)
class Given:
    """What was said about a house instead of being read; None is what was not.

    Parameters:
        package: the import name of the service's package.
        place: that of the package for the new modules.
        tests: the folder for the new tests.
        feature: the package for what a new model brings.
        model_module: the module for the new model itself.
        base: `module:Class` of the models' base, or `new` for one of the scaffold's.
        url: `module:expression` of the database's URL, or `env:NAME`.
        line_length: of the formatted code.
        options: the scaffold's own options.
    """

    package: str | None = None
    place: str | None = None
    tests: str | None = None
    feature: str | None = None
    model_module: str | None = None
    base: str | None = None
    url: str | None = None
    line_length: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def read_house(project: Project, given: Given, is_there: Callable[[str], bool]) -> House:
    """Read a project as one that a layer is written into.

    Parameters:
        project: the model of its source.
        given: what was said about it.
        is_there: whether the project has a file or a folder of a path.

    Raises:
        OptionError: what was said means nothing here.
    """
    layout = Layout(project)
    assumed: list[Assumption] = []

    def take(option: str, said: str | None, found: str, why: str) -> str:
        if said is None:
            assumed.append(Assumption(option, found, why))
        return found if said is None else said

    names = [name for name in map(layout.name, layout.serving) if not layout.is_of_a_feature(name)]
    read_package = package_of(names)
    package = take("--package", given.package, read_package, _why_package(layout, read_package))
    place, has_place = _place(layout, package, given, is_there, take)
    url = _url(layout, given, take)
    base = _base(layout, given, take)
    tests_read = configuration.tests_folder(layout, pytest := _pytest(project))
    tests = take("--tests", given.tests, *tests_read)
    options, obstacles = _options(layout, given, base, take)
    style = configuration.style(project.configurations)
    names_of_models = database.model_modules(layout)
    length = take(
        "--line-length",
        None if given.line_length is None else str(given.line_length),
        str(style.line_length),
        style.said_by,
    )
    return House(
        source=layout.source,
        package=package,
        place=place,
        has_place=has_place,
        is_ours=_is_ours(layout),
        tests=tests,
        feature=_import_name("--feature", given.feature),
        model_module=_import_name("--model-module", given.model_module),
        model_packages=model_packages(names_of_models),
        options=options,
        settings=settings.settings_class(layout),
        url=url,
        base=base,
        models=names_of_models,
        tables=database.tables(layout),
        classes=database.classes(layout),
        engines=database.engines(layout),
        providers=database.providers(layout),
        application=application.application(layout),
        alembic=database.alembic(layout, project.configurations),
        style=replace(style, line_length=int(length)),
        requirements=frozenset(_requirements(project)),
        words=frozenset(_words(layout)),
        imports=frozenset(_imports(layout)),
        python=configuration.python_of(project.configurations),
        pytest=pytest,
        assumptions=tuple(assumed),
        obstacles=obstacles,
    )


Take = Callable[[str, str | None, str, str], str]


def _why_package(layout: Layout, package: str) -> str:
    where = f"imports start in {layout.source or 'the project itself'}"
    return where if package else f"{where}, and modules lie in no package"


def _pytest(project: Project) -> dict[str, str]:
    return configuration.pytest_settings(project.configurations)


def _place(
    layout: Layout, package: str, given: Given, is_there: Callable[[str], bool], take: Take
) -> tuple[str, bool]:
    def taken(name: str) -> bool:
        path = name.replace(".", "/")
        path = f"{layout.source}/{path}" if layout.source else path
        return is_there(f"{path}.py") or is_there(path)

    near = [symbol.module for symbol in database.engines(layout)]
    base = database.base_class(layout)
    near += [base.symbol.module] if base is not None and base.symbol.path else []
    ours = next(iter(layout.ours), None)
    read = (
        (ours, "a layer was written there before", True)
        if ours
        else place_for(package, near, taken)
    )
    place = take("--place", given.place, *read[:2])
    _import_name("--place", place)
    if given.place is None:
        return place, read[2]
    path = place.replace(".", "/")
    return place, is_there(f"{layout.source}/{path}" if layout.source else path)


def _import_name(option: str, said: str | None) -> str:
    if said is not None and not all(part.isidentifier() for part in said.split(".")):
        raise OptionError(f"{option} {said!r} is not an import name, such as app.db")
    return said or ""


def _requirements(project: Project) -> Iterator[str]:
    for name, release in project.releases.items():
        yield name
        yield from (f"{name}[{extra}]" for extra in release.extras)


def _words(layout: Layout) -> Iterator[str]:
    for module in layout.serving:
        yield from _WORD.findall(module.text)


def _imports(layout: Layout) -> Iterator[tuple[str, str]]:
    """Give what each module imports, by its full name, with the package that the module is in."""
    for module in layout.serving:
        package = layout.name(module)
        if not module.path.endswith("/__init__.py"):
            package = package.rpartition(".")[0]
        for binding in module.imports:
            is_from = binding.kind == "from"
            target = f"{binding.target}.{binding.name}" if is_from else binding.name
            level = len(target) - len(target.lstrip("."))
            parts = package.split(".")
            around = ".".join(parts[: len(parts) - level + 1]) if level else ""
            yield package, f"{around}.{target[level:]}".strip(".")


def _is_ours(layout: Layout) -> bool:
    """Say whether a project is the scaffold, rendered: by its settings, or by an engine that a layer
    for others would have brought settings with.
    """
    classes = [each for module in layout.serving for each in module.all_classes]
    if any(each.bindings.keys() >= _SETTINGS for each in classes):
        return True
    return any(
        (f"{place}.settings", "DatabaseSettings") not in layout.defined for place in layout.ours
    )


def _url(layout: Layout, given: Given, take: Take) -> UrlSource:
    read = settings.url_source(layout)
    if given.url is None:
        why = "the engine is made of it" if read else "no URL was found"
        read = read or House().url
        take("--url", None, read.shown, why)
        return read
    kind, _, rest = given.url.partition(":")
    root = rest.partition(".")[0].partition("(")[0]
    if kind == "env" and rest.isidentifier():
        return UrlSource(f'os.environ["{rest}"]', None, given.url)
    if not rest or not root.isidentifier():
        raise OptionError(f"--url {given.url!r}: write module:expression, or env:NAME")
    text = f"str({rest})"
    return UrlSource(text, Symbol(kind, root), given.url)


def _base(layout: Layout, given: Given, take: Take) -> BaseClass | None:
    read = database.base_class(layout)
    if given.base is None:
        shown = str(read.symbol) if read else "new"
        why = "models inherit from it" if read else "no base of models was found"
        take("--base", None, shown, why)
        return read
    if given.base == "new":
        return None
    module, _, name = given.base.partition(":")
    if not name.isidentifier():
        raise OptionError(f"--base {given.base!r}: write module:Class, or new")
    if read is not None and str(read.symbol) == given.base:
        return read
    return BaseClass(Symbol(module, name), is_sqlmodel=given.base == "sqlmodel:SQLModel")


def _options(
    layout: Layout, given: Given, base: BaseClass | None, take: Take
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Choose the scaffold's options by the project, and say what is in the way."""
    said = given.options
    options = dict(said)
    fastapi, why, no_fastapi = configuration.fastapi_option(layout.project.release("fastapi"))
    options["fastapi"] = take("--fastapi", said.get("fastapi"), fastapi, why)
    kind, why, no_database = configuration.database_option(layout)
    options["database"] = take("--database", said.get("database"), kind, why)
    if base is not None and base.is_sqlmodel:
        options["models"] = take("--models", said.get("models"), "sqlmodel", "the models are its")
    for option, value in _written_before(layout):
        options[option] = take(f"--{option}", said.get(option), value, "it was written before")
    obstacles = [] if "fastapi" in said or not no_fastapi else [no_fastapi]
    obstacles += [] if "database" in said or not no_database else [no_database]
    sqlalchemy = layout.project.release("sqlalchemy")
    if sqlalchemy is not None and sqlalchemy.at_least("2.0.40") is False:
        obstacles.append(f"SQLAlchemy {sqlalchemy} is {sqlalchemy.how}: update it to 2.0.40 first")
    return options, tuple(obstacles)


def _written_before(layout: Layout) -> Iterator[tuple[str, str]]:
    """Give the options that a layer was written with, by what it then has."""
    for place in layout.ours:
        for module, name, option, value in _TELLING:
            if (f"{place}.{module}", name) in layout.defined:
                yield option, value
