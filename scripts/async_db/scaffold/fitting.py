"""A layer in a house: what its files are there, and what they are called.

`fit_layers` is a pure function of the house, the layers and what the house has at some paths: it
renders, gives each module its place and its names, and formats as the house does. Whoever moves a
service calls it to have an engine, a factory and a session dependency in the service's own names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from async_db.scaffold.collisions import without_collisions
from async_db.scaffold.features import LAYERS, Feature, check_feature, feature_of
from async_db.scaffold.houses import Assumption, House, Symbol
from async_db.scaffold.manifest import Manifest
from async_db.scaffold.naming import Names
from async_db.scaffold.options import OptionError, Options, check_options
from async_db.scaffold.relocating import TOKEN, Moves, module_of, modules_in, relocated
from async_db.scaffold.rendering import (
    Tree,
    format_tree,
    layer_paths,
    render_with_placeholders,
)

Defined = Callable[[PurePosixPath], frozenset[str] | None]
"""What a file of the house defines at its top; None where there is no such file."""

SETTINGS = Symbol(f"{TOKEN}.settings", "Settings")
BASE = Symbol(f"{TOKEN}.database.base", "Base")
_PLACED = {
    "container": "container",
    "errors": "http_errors",
    "health": "health",
    "logs": "logs",
    "settings": "settings",
}
"""The modules beside the scaffold's `database` that come into the same package here."""
_TESTS, _FIXTURES = "tests.database_layer", "tests.fixtures"
_MIGRATIONS = PurePosixPath("migrations")
_ALEMBIC_INI = PurePosixPath("alembic.ini")
_SHARED = ("cluster", "owned_folders", "postgresql_server")
"""The scaffold's fixtures that the tests of a layer use here too."""
_COLUMN_TYPES = PurePosixPath(TOKEN, "database", "column_types.py")
"""Of the base, of what SQLite needs on each connection, and of models, whoever they inherit from."""
_CONTAINER = PurePosixPath(TOKEN, "container.py")
_OVERRIDING = PurePosixPath("tests/fixtures/overriding.py")
_BRING_FIXTURES = frozenset({"engine", "session", "retrying", "repository", "tenancy"})
_HOOKS = "\n[post_write_hooks]"


@dataclass(frozen=True)
class Fitted:
    """Some layers, as they are in a house.

    Parameters:
        files: what to write, by path.
        layers: the layer of each.
        names: what the scaffold's modules and classes are called here, such as
            `database.session` and `settings.Settings`.
        whole: all that the scaffold has under these options, by the scaffold's own paths.
        places: of the files, where the scaffold has them.
        notes: what was left out or called otherwise, and why, a line each.
        options: the scaffold's options that it was rendered with.
        assumed: what was taken for granted of a new model.
    """

    files: Tree
    layers: Mapping[PurePosixPath, str]
    names: Mapping[str, str]
    whole: Tree
    places: Mapping[PurePosixPath, PurePosixPath]
    notes: tuple[str, ...]
    options: Options
    assumed: tuple[Assumption, ...] = ()

    def module(self, name: str) -> str:
        """Give the import name here of a module that the scaffold has, such as `database.session`."""
        return self.names[name]


def fit_layers(
    templates: Path, manifest: Manifest, house: House, layers: Collection[str], defined: Defined
) -> Fitted:
    """Render layers as a house has them: in its layout, with its names, by its formatter.

    Parameters:
        templates: the folder with the trees of templates.
        manifest: what that folder's manifest says.
        house: what is known of the project; its `options` are the scaffold's.
        layers: their names, as the manifest has them.
        defined: what a file of the house defines, to know again what was written there before.

    Raises:
        OptionError: a layer does not go into a house, or not into this one, with the way out.
        TemplateError: a template cannot be rendered.
    """
    options = check_options(manifest.options, {**house.options, "package": TOKEN})
    feature = feature_of(house, options.names)
    if "models" in layers:
        house = replace(house, models=tuple(sorted({*house.models, feature.model})))
    _check(manifest, house, options, layers)
    check_feature(house, options.names, layers, f"{house.path_of(feature.model)}.py")
    whole = _whole(templates, manifest, options, house)
    layer_of = _layer_of(manifest, options, layers)
    chosen, notes = _chosen(whole, layer_of, house, options)
    moves, renamed = _moves(house, whole, chosen, defined, feature, options)
    known = frozenset(modules_in(whole.keys()))
    entities = options.names.entities
    in_feature = any(
        path.name != "__init__.py"
        and _place(path, house, moves, entities).parent.as_posix() == house.path_of(feature.package)
        for path in chosen
    )
    files: Tree = {}
    places: dict[PurePosixPath, PurePosixPath] = {}
    for path in chosen:
        place = _place(path, house, moves, entities)
        if path.name == "__init__.py" and defined(place) is not None:
            continue  # a package is there
        if path == PurePosixPath(TOKEN, entities, "__init__.py") and not in_feature:
            continue  # nothing comes into it
        text = whole[path]
        if path.suffix == ".py":
            text = relocated(text, module_of(place), known, moves)
        files[place] = _in_its_words(path, text, house)
        places[place] = path
    settings = _ruff_settings(house, feature)
    return Fitted(
        files=format_tree(files, settings),
        layers={place: layer_of[path] for place, path in places.items()},
        names=_names(moves, whole),
        whole=whole,
        places=places,
        notes=(*notes, *renamed),
        options=options,
        assumed=feature.assumed if LAYERS & set(layers) else (),
    )


def _layer_of(
    manifest: Manifest, options: Options, layers: Collection[str]
) -> dict[PurePosixPath, str]:
    """Give the files of some layers, and of those whose tests they bring along."""
    every = list(layers)
    if LAYERS & set(layers) - {"models"}:
        every.append("tests")
    if {*_BRING_FIXTURES, "tests"} & set(every):
        every.append("fixtures")
    layer_of = {path: layer for layer in every for path in layer_paths(manifest, options, [layer])}
    layer_of.pop(_OVERRIDING, None)  # of sessions
    if "engine" in layers and options.values["database"] != "postgresql":
        layer_of[_COLUMN_TYPES] = "engine"
    if {"models", "reporting"} & set(layers):
        layer_of[_COLUMN_TYPES] = "models"
    if "session" in layers:
        layer_of |= dict.fromkeys((_CONTAINER, _OVERRIDING), "session")
    return layer_of


def _check(manifest: Manifest, house: House, options: Options, layers: Collection[str]) -> None:
    layer_paths(manifest, options, layers)  # which knows what layers there are
    for name in layers:
        if why := manifest.layers[name].not_into:
            raise OptionError(f"{name} does not go into a project with code of its own: {why}")
    if others := set(options.values.get("with", "").split(",")) - {"", "library-session"}:
        raise OptionError(
            f"with = {min(others)!r} is about the example's own model: "
            "render a whole service with it, render.py OUT, and take from that"
        )
    if "migrations" in layers and options.values.get("tenancy") == "schema":
        raise OptionError(
            "migrations of a project with tenants are of each schema, and how they are named is "
            "yours: render.py OUT --tenancy schema shows an env.py for them"
        )
    if house.obstacles:
        raise OptionError("; ".join(house.obstacles))
    has_models = house.models and house.base is not None
    if "migrations" in layers and not has_models:
        raise OptionError(
            "migrations are of the project's own models, and none were found: "
            "no module defines a table on a base (--base MODULE:CLASS)"
        )


def _whole(templates: Path, manifest: Manifest, options: Options, house: House) -> Tree:
    tree = render_with_placeholders(templates, manifest, options, house)
    return without_collisions(tree, options.names)


def _chosen(
    whole: Tree, layer_of: Mapping[PurePosixPath, str], house: House, options: Options
) -> tuple[list[PurePosixPath], list[str]]:
    """Choose the files of some layers that belong into this house, and say what does not."""
    notes: list[str] = []
    chosen = []
    names = options.names
    with_model = LAYERS & set(layer_of.values())
    for path in sorted(whole.keys() & layer_of.keys()):
        parts = path.parts
        if parts[0] == "tests" and not _is_test_here(path, house, names, bool(with_model)):
            continue
        if layer_of[path] == "repository" and parts[1] == names.entities and not with_model:
            continue  # of no model that is there
        if path.name == "cleanup.py":
            continue  # a script of the example
        if layer_of[path] == "migrations" and not _is_for_alembic(path, house):
            continue
        without_replica = options.values.get("replica") == "none"
        if parts[-2:] == ("database", "reading.py") and without_replica and not with_model:
            continue  # a name for what a replica would be
        if layer_of[path] == "base" and house.base is not None:
            notes += [f"models inherit from {house.base.symbol}: no other base is added"]
            continue
        chosen.append(path)
    if house.alembic is not None and "migrations" in layer_of.values():
        heads = ", ".join(house.alembic.heads) or "none"
        notes.append(
            f"{house.alembic.folder}/ keeps its {house.alembic.revisions} revisions "
            f"(head: {heads}); only its env.py becomes one for an async engine"
        )
    if not chosen and not notes:
        raise OptionError(f"{', '.join(layer_of.values())}: no files under these options")
    return chosen, list(dict.fromkeys(notes))


def _is_test_here(path: PurePosixPath, house: House, names: Names, with_model: bool) -> bool:
    """Say whether a file of the scaffold's tests is one that this house gets."""
    if path.parts[1] == "database_layer":
        return with_model or path.parts[2] != names.entities
    if path == _OVERRIDING:
        return True
    if path.stem in _SHARED:
        return house.starts_postgresql
    return with_model and path.stem in (names.entities, f"test_{names.entities}_api")


def _is_for_alembic(path: PurePosixPath, house: House) -> bool:
    """Say whether a file of the scaffold's migrations is one that this house needs."""
    if path == _MIGRATIONS / "env.py":
        return True
    return house.alembic is None and path in (_ALEMBIC_INI, _MIGRATIONS / "script.py.mako")


def _moves(
    house: House,
    whole: Tree,
    chosen: Collection[PurePosixPath],
    defined: Defined,
    feature: Feature,
    options: Options,
) -> tuple[Moves, list[str]]:
    """Say what modules are called here: where a name is another's, ours is called otherwise."""
    modules = {TOKEN: house.package, f"{TOKEN}.database": house.place}
    modules |= {f"{TOKEN}.{old}": f"{house.place}.{new}" for old, new in _PLACED.items()}
    tests = house.tests.replace("/", ".")
    entities = options.names.entities
    modules |= {_TESTS: tests, _FIXTURES: tests}
    beside = {name: f".{name}" for name in ("overriding", *_SHARED)} | {entities: ".rows"}
    modules |= {f"{_FIXTURES}.{name}": here for name, here in beside.items()}
    of_model = f"{TOKEN}.{entities}"
    modules |= {of_model: feature.package, f"{of_model}.models": feature.model}
    notes = []
    for path in sorted(whole):
        module = module_of(path)
        is_placed = module.startswith(f"{TOKEN}.") and path.name != "__init__.py"
        if not is_placed:
            continue
        plain = Moves(modules, {}).module(module)
        file = PurePosixPath(f"{house.path_of(plain)}.py")
        there = defined(file)
        if module.startswith(f"{of_model}."):
            if path in chosen and there is not None and not _top_names(whole[path]) & there:
                raise OptionError(
                    f"{file} is the project's own: choose another --model, --feature or "
                    "--model-module"
                )
        elif there is not None and not _top_names(whole[path]) <= there:
            above, _, last = plain.rpartition(".")
            modules[module] = f"{above}.async_{last}" if above else f"async_{last}"
            if path in chosen:
                notes.append(f"{file} is the project's own: ours is {modules[module]}")
    symbols = {
        (SETTINGS.module, "Settings"): Symbol(
            Moves(modules, {}).module(SETTINGS.module), "DatabaseSettings"
        )
    }
    if house.base is not None:
        symbols[BASE.module, BASE.name] = house.base.symbol
    return Moves(modules, symbols), notes


def _top_names(text: str) -> frozenset[str]:
    return frozenset(defined_names(text))


def defined_names(text: str) -> Iterator[str]:
    """Give the functions and classes that a module defines at its top, private ones left out."""
    for node in ast.parse(text).body:
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ) if not name.startswith("_"):
                yield name


def _place(path: PurePosixPath, house: House, moves: Moves, entities: str) -> PurePosixPath:
    """Say where a file of the scaffold is in this house."""
    if path.parts[0] == "tests":
        if path.stem == entities:
            return PurePosixPath(house.tests, entities, "rows.py")
        is_models = path.parent.name == entities or path.stem == f"test_{entities}_api"
        return PurePosixPath(house.tests, entities if is_models else "", path.name)
    if path.is_relative_to(_MIGRATIONS):
        folder = house.alembic.folder if house.alembic else str(_MIGRATIONS)
        return PurePosixPath(folder, path.name)
    if path.suffix != ".py":
        return path
    file = house.path_of(moves.module(module_of(path)))
    return PurePosixPath(f"{file}/__init__.py" if path.name == "__init__.py" else f"{file}.py")


def _in_its_words(path: PurePosixPath, text: str, house: House) -> str:
    """Say where imports start and which formatter is there, and on which loop tests run."""
    if path.parent.name == "tests" and path.name.startswith("test_"):
        text = _on_one_loop(text)
    if path != _ALEMBIC_INI:
        return text
    if house.source:
        text = text.replace(
            "prepend_sys_path = %(here)s", f"prepend_sys_path = %(here)s/{house.source}"
        )
    return text if "ruff" in house.requirements else text.partition(_HOOKS)[0]


def _on_one_loop(text: str) -> str:
    """Have a module's tests say that they are async, and share the loop of the fixtures."""
    last = max(node.end_lineno or 0 for node in ast.parse(text).body if _is_import(node))
    lines = text.splitlines(keepends=True)
    mark = '\npytestmark = pytest.mark.asyncio(loop_scope="session")\n'
    return "".join([*lines[:last], mark, *lines[last:]])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _ruff_settings(house: House, feature: Feature) -> list[str]:
    tops = {house.place, house.package, house.url.imported.module if house.url.imported else ""}
    tops |= {feature.package, feature.model}
    own = ", ".join(
        f'"{name}"' for name in sorted({each.partition(".")[0] for each in tops} - {""})
    )
    return [
        "--isolated",
        "--target-version=py311",
        f"--line-length={house.style.line_length}",
        f'--config=format.quote-style="{house.style.quotes}"',
        f"--config=lint.isort.known-first-party=[{own}]",
    ]


def _names(moves: Moves, whole: Tree) -> dict[str, str]:
    names = {
        module.removeprefix(f"{TOKEN}."): moves.module(module)
        for module in modules_in(whole.keys())
        if module.startswith(f"{TOKEN}.")
    }
    symbols = {
        f"{module.removeprefix(f'{TOKEN}.')}.{name}": str(symbol)
        for (module, name), symbol in moves.symbols.items()
    }
    return names | symbols
