"""A layer in a house: what its files are there, and what they are called.

`fit_layers` is a pure function of the house, the layers and what the house has at some paths: it
renders, gives each module its place and its names, and formats as the house does. Whoever moves a
service calls it to have an engine, a factory and a session dependency in the service's own names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from async_db.scaffold.houses import House, Symbol
from async_db.scaffold.manifest import Manifest
from async_db.scaffold.naming import filled_in
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
SQLMODEL = {
    ("sqlalchemy.ext.asyncio", "AsyncSession"): Symbol(
        "sqlmodel.ext.asyncio.session", "AsyncSession"
    ),
    ("sqlalchemy", "select"): Symbol("sqlmodel", "select"),
}
"""What SQLModel has of its own: its sessions take what its `select` makes, by `exec`."""
_SYNC_SESSION = {("sqlalchemy.orm", "Session"): Symbol("sqlmodel", "Session")}
"""And what its async session works with, of which the one that only reads is made."""
_PLACED = {"settings": "settings", "errors": "http_errors", "health": "health", "logs": "logs"}
"""The modules beside the scaffold's `database` that come into the same package here."""
_TESTS, _FIXTURES = "tests.database_layer", "tests.fixtures"
_MIGRATIONS = PurePosixPath("migrations")
_ALEMBIC_INI = PurePosixPath("alembic.ini")
_SHARED = ("postgresql_server",)
"""The scaffold's fixtures that the tests of a layer use here too."""
_COLUMN_TYPES = PurePosixPath(TOKEN, "database", "column_types.py")
"""Of the base, and of what SQLite needs on each connection, whoever the models inherit from."""
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
    """

    files: Tree
    layers: Mapping[PurePosixPath, str]
    names: Mapping[str, str]
    whole: Tree
    places: Mapping[PurePosixPath, PurePosixPath]
    notes: tuple[str, ...]
    options: Options

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
    _check(manifest, house, options, layers)
    whole = _whole(templates, manifest, options, house)
    brings_tests = set(layers) & {"engine", "session", "retrying", "repository"}
    every = [*layers, "fixtures"] if brings_tests and "fixtures" not in layers else [*layers]
    layer_of = {path: layer for layer in every for path in layer_paths(manifest, options, [layer])}
    if "engine" in layers and options.values["database"] != "postgresql":
        layer_of[_COLUMN_TYPES] = "engine"
    chosen, notes = _chosen(whole, layer_of, house, options)
    moves, renamed = _moves(house, whole, chosen, defined)
    known = frozenset(modules_in(whole.keys()))
    files: Tree = {}
    places: dict[PurePosixPath, PurePosixPath] = {}
    for path in chosen:
        place = _place(path, house, moves)
        if path.name == "__init__.py" and defined(place) is not None:
            continue  # a package is there
        text = whole[path]
        if path.suffix == ".py":
            text = relocated(text, module_of(place), known, _of_module(path, moves, house))
        files[place] = _in_its_words(path, text, house)
        places[place] = path
    settings = _ruff_settings(house, moves)
    return Fitted(
        files=format_tree(files, settings),
        layers={place: layer_of[path] for place, path in places.items()},
        names=_names(moves, whole),
        whole=whole,
        places=places,
        notes=(*notes, *renamed),
        options=options,
    )


def _check(manifest: Manifest, house: House, options: Options, layers: Collection[str]) -> None:
    layer_paths(manifest, options, layers)  # which knows what layers there are
    for name in layers:
        if why := manifest.layers[name].not_into:
            raise OptionError(f"{name} does not go into a project with code of its own: {why}")
    for option in ("wiring", "tenancy", "reporting"):
        if option in options.values and options.values[option] != manifest.options[option].default:
            raise OptionError(
                f"{option} = {options.values[option]!r} goes through every layer: "
                "render a whole service with it, render.py OUT, and take from that"
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
    names = options.names
    return {
        PurePosixPath(filled_in(str(path), names)): filled_in(text, names)
        for path, text in tree.items()
    }


def _chosen(
    whole: Tree, layer_of: Mapping[PurePosixPath, str], house: House, options: Options
) -> tuple[list[PurePosixPath], list[str]]:
    """Choose the files of some layers that belong into this house, and say what does not."""
    notes: list[str] = []
    chosen = []
    for path in sorted(whole.keys() & layer_of.keys()):
        parts = path.parts
        is_example = parts[0] == "tests" and parts[1:2] != ("database_layer",)
        if is_example and not (path.stem in _SHARED and house.starts_postgresql):
            continue
        if layer_of[path] == "repository" and parts[1:2] != ("database",) and parts[0] != "tests":
            continue  # the example's
        if layer_of[path] == "migrations" and not _is_for_alembic(path, house):
            continue
        if path.name == "reading.py" and options.values.get("replica") == "none":
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


def _is_for_alembic(path: PurePosixPath, house: House) -> bool:
    """Say whether a file of the scaffold's migrations is one that this house needs."""
    if path == _MIGRATIONS / "env.py":
        return True
    return house.alembic is None and path in (_ALEMBIC_INI, _MIGRATIONS / "script.py.mako")


def _moves(
    house: House, whole: Tree, chosen: Collection[PurePosixPath], defined: Defined
) -> tuple[Moves, list[str]]:
    """Say what modules are called here: where a name is another's, ours is called otherwise."""
    modules = {TOKEN: house.package, f"{TOKEN}.database": house.place}
    modules |= {f"{TOKEN}.{old}": f"{house.place}.{new}" for old, new in _PLACED.items()}
    tests = house.tests.replace("/", ".")
    modules |= {_TESTS: tests, _FIXTURES: tests}
    notes = []
    for path in sorted(whole):
        module = module_of(path)
        is_placed = module.startswith(f"{TOKEN}.") and path.name != "__init__.py"
        if not is_placed:
            continue
        plain = Moves(modules, {}).module(module)
        file = PurePosixPath(f"{house.path_of(plain)}.py")
        there = defined(file)
        if there is not None and not _top_names(whole[path]) <= there:
            above, _, last = plain.rpartition(".")
            modules[module] = f"{above}.async_{last}" if above else f"async_{last}"
            if path in chosen:
                notes.append(f"{file} is the project's own: ours is {modules[module]}")
    symbols = {
        (SETTINGS.module, "Settings"): Symbol(
            Moves(modules, {}).module(SETTINGS.module), "DatabaseSettings"
        )
    }
    if house.is_sqlmodel:
        symbols |= SQLMODEL
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


def _place(path: PurePosixPath, house: House, moves: Moves) -> PurePosixPath:
    """Say where a file of the scaffold is in this house."""
    if path.parts[0] == "tests":
        return PurePosixPath(house.tests, path.name)
    if path.is_relative_to(_MIGRATIONS):
        folder = house.alembic.folder if house.alembic else str(_MIGRATIONS)
        return PurePosixPath(folder, path.name)
    if path.suffix != ".py":
        return path
    file = house.path_of(moves.module(module_of(path)))
    return PurePosixPath(f"{file}/__init__.py" if path.name == "__init__.py" else f"{file}.py")


def _of_module(path: PurePosixPath, moves: Moves, house: House) -> Moves:
    """Give what is called otherwise in one module."""
    if house.is_sqlmodel and path.stem == "reading_session":
        return Moves(moves.modules, {**moves.symbols, **_SYNC_SESSION})
    return moves


def _in_its_words(path: PurePosixPath, text: str, house: House) -> str:
    """Say in Alembic's configuration where imports start, and in SQLModel's word what is executed."""
    if house.is_sqlmodel:
        text = text.replace("await session.execute(", "await session.exec(")
    if path != _ALEMBIC_INI:
        return text
    if house.source:
        text = text.replace(
            "prepend_sys_path = %(here)s", f"prepend_sys_path = %(here)s/{house.source}"
        )
    return text if "ruff" in house.requirements else text.partition(_HOOKS)[0]


def _ruff_settings(house: House, moves: Moves) -> list[str]:
    tops = {house.place, house.package, house.url.imported.module if house.url.imported else ""}
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
