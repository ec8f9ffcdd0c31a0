"""Writing into a project that has code: read it, fit the layers, say what to do by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from async_db.scaffold.atomic_writing import Plan, WriteError, plan_writing
from async_db.scaffold.fitting import Fitted, defined_names, fit_layers
from async_db.scaffold.hand_work import HandWork, hand_work
from async_db.scaffold.hiding import hidden_modules, second_tables
from async_db.scaffold.houses import Given, House, read_house
from async_db.scaffold.layer_needs import MissingImport, imports_of
from async_db.scaffold.manifest import Manifest
from async_db.scaffold.relocating import TOKEN, module_of
from async_db.scaffold.rendering import PYPROJECT, Tree, layer_paths
from async_db.target import TargetError, read_project

_MOST_BYTES = 5_000_000
"""Of a file that is compared with what would be written: nobody writes more Python by hand."""


@dataclass(frozen=True)
class LayersInto:
    """Some layers and the project they go into, with nothing written yet."""

    house: House
    fitted: Fitted
    plan: Plan
    missing: tuple[MissingImport, ...] = ()
    by_hand: tuple[HandWork, ...] = ()
    notes: tuple[str, ...] = ()
    """What was added to the layers that were asked for, and why."""


def house_at(target: Path, given: Given) -> House | None:
    """Read the project in a folder; None if it has no code that a layer would have to fit.

    Raises:
        OptionError: what was said about the project means nothing there.
    """
    try:
        project = read_project(target)
    except TargetError:
        return None
    if not any(not module.is_test for module in project.modules):
        return None
    return read_house(project, given, lambda path: (target / path).exists())


def layers_into(
    templates: Path,
    manifest: Manifest,
    target: Path,
    house: House,
    layers: Collection[str],
    replacing: bool = False,
) -> LayersInto:
    """Prepare layers for a project, as it has them, with those that they import.

    Parameters:
        templates: the folder with the trees of templates.
        manifest: what that folder's manifest says.
        target: the project's folder.
        house: what is known of it.
        layers: their names.
        replacing: whether the dependency that gives sessions now is to go.

    Raises:
        OptionError: a layer does not go into this project.
        TemplateError: a template cannot be rendered.
        WriteError: something is in the way.
    """

    def defined(path: PurePosixPath) -> frozenset[str] | None:
        return _defined(target / path)

    wanted, notes = list(layers), []
    while True:
        fitted = fit_layers(templates, manifest, house, wanted, defined)
        missing = tuple(_missing(manifest, house, fitted, target))
        needed = sorted({each.layer for each in missing if each.layer} - set(wanted))
        if not needed:
            break
        notes += [f"{layer} comes along: it is imported, and not there" for layer in needed]
        wanted += needed
    plan = plan_writing(target, fitted.files)
    refuse_harm(target, fitted.files, house.tables)
    by_hand = hand_work(house, fitted, _stood_on(manifest, fitted, wanted), replacing)
    return LayersInto(house, fitted, plan, missing, by_hand, tuple(notes))


def _stood_on(manifest: Manifest, fitted: Fitted, layers: Collection[str]) -> set[str]:
    """Give layers with all that they import of the scaffold, whether it was there or comes along."""
    whole = {module_of(path): text for path, text in fitted.whole.items() if path.suffix == ".py"}
    layer_of = {
        module_of(path): layer
        for layer in manifest.layers
        for path in layer_paths(manifest, fitted.options, [layer])
    }
    found, left = set(layers), {module_of(path) for path in fitted.places.values()}
    seen: set[str] = set()
    while left:
        module = left.pop()
        seen.add(module)
        found |= {layer_of[module]} & manifest.layers.keys() if module in layer_of else set()
        path = PurePosixPath(f"{module.replace('.', '/')}.py")
        for imported, name in imports_of(path, whole.get(module, "")):
            left |= {each for each in (imported, f"{imported}.{name}") if each in whole} - seen
    return found


def _missing(
    manifest: Manifest, house: House, fitted: Fitted, target: Path
) -> Iterator[MissingImport]:
    """Give what the layers import of the scaffold that is neither written nor there."""
    places = {here: there for there, here in fitted.names.items() if ":" not in here}
    layer_of = {
        module_of(path).removeprefix(f"{TOKEN}."): layer
        for layer in manifest.layers
        for path in layer_paths(manifest, fitted.options, [layer])
    }
    needed = {
        module
        for path, text in fitted.files.items()
        if path.suffix == ".py"
        for imported, name in imports_of(path, text)
        for module in (imported, f"{imported}.{name}")
    }
    for module in sorted(needed & places.keys()):
        path = PurePosixPath(f"{house.path_of(module)}.py")
        package = PurePosixPath(f"{house.path_of(module)}/__init__.py")
        written = path in fitted.files or package in fitted.files
        if not written and not any((target / each).is_file() for each in (path, package)):
            yield MissingImport(module, layer_of.get(places[module]))


def _defined(path: Path) -> frozenset[str] | None:
    """Give what a file defines at its top; nothing if it cannot be told, None if it is not there."""
    try:
        if not path.is_file():
            return None
        text = path.read_text(encoding="utf-8") if path.stat().st_size < _MOST_BYTES else ""
        return frozenset(defined_names(text))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return frozenset()


def refuse_harm(target: Path, tree: Mapping[PurePosixPath, str], tables: Mapping[str, str]) -> None:
    """Refuse what would hide a module or define a table a second time.

    Parameters:
        target: the project's folder.
        tree: what would be written.
        tables: those of the project, and where each is defined.

    Raises:
        WriteError: naming all of it, with the way out.
    """

    def is_file(path: PurePosixPath) -> bool:
        return (target / path).is_file()

    def has_modules(path: PurePosixPath) -> bool:
        return any(entry.suffix == ".py" for entry in _entries(target / path))

    if hidden := hidden_modules(tree.keys(), is_file, has_modules):
        raise WriteError(f"{'; '.join(hidden)}: choose another --place, or --package")
    if twice := second_tables(tree, tables):
        raise WriteError(f"{'; '.join(twice)}: choose another --model")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def without_pyproject(tree: Tree, target: Path) -> tuple[Tree, str]:
    """Leave out `pyproject.toml` where the project has one; give what it would have said."""
    if PYPROJECT not in tree or not (target / PYPROJECT).exists():
        return tree, ""
    return {path: text for path, text in tree.items() if path != PYPROJECT}, tree[PYPROJECT]
