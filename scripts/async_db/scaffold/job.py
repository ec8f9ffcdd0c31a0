"""What one call of `render` is asked for, with everything found out about it and nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from async_db.rules import load_short_texts
from async_db.scaffold.agents_md import AGENTS_MD, LAYER, index_of, with_index, without_index
from async_db.scaffold.atomic_writing import Plan, WriteError, plan_writing
from async_db.scaffold.hand_work import HandWork
from async_db.scaffold.houses import Assumption, Given, House
from async_db.scaffold.into import house_at, layers_into, refuse_harm, without_pyproject
from async_db.scaffold.layer_needs import MissingImport, missing_imports, requirements_of
from async_db.scaffold.manifest import Manifest
from async_db.scaffold.options import OptionError, Options, check_options
from async_db.scaffold.pytest_needs import pytest_needs
from async_db.scaffold.rendering import layer_paths, render_project


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Parameters:
        target: the folder of a new project, or of one that is there.
        into: whether it is there.
        layers: those that are wanted; None for all of them.
        given: what is said about the project, and the scaffold's options.
        replacing: whether the dependency that gives sessions now is to go.
        removing: whether the index in AGENTS.md is to go.
    """

    target: Path
    into: bool
    layers: Sequence[str] | None
    given: Given
    replacing: bool = False
    removing: bool = False


@dataclass(frozen=True)
class Job:
    """What would be written, and what is to be said of it.

    Parameters:
        options: the scaffold's options.
        plan: the files.
        assumed: what was taken for granted of a project.
        notes: what was left out or called otherwise.
        missing: what is imported and neither written nor there.
        requirements: what has to be installed.
        by_hand: what is to be added.
        house: the project it is for, if it has code of its own.
    """

    options: Mapping[str, str]
    plan: Plan
    assumed: Sequence[Assumption] = ()
    notes: Sequence[str] = ()
    missing: Sequence[MissingImport] = ()
    requirements: Sequence[str] = ()
    by_hand: Sequence[HandWork] = ()
    house: House | None = field(default=None, repr=False)


def prepare(templates: Path, manifest: Manifest, wish: Wish) -> Job:
    """Find out what would be written, and see that it does no harm.

    Parameters:
        templates: the folder with the trees of templates.
        manifest: what that folder's manifest says.
        wish: what is asked for.

    Raises:
        OptionError: an option or a layer does not go, with what to do about it.
        TemplateError: a template cannot be rendered.
        WriteError: something is in the way.
    """
    if not wish.into:
        return _new_project(templates, manifest, wish)
    if not wish.target.exists():
        raise WriteError(f"{wish.target} does not exist: a new project is rendered without --into")
    plan_writing(wish.target, {})  # which sees that it is a folder
    if wish.layers is not None and LAYER in wish.layers:
        return _agents_md(templates.parent, wish)
    fits = any(tree.into for tree in manifest.trees.values())
    house = house_at(wish.target, wish.given) if fits else None
    if house is None or house.is_ours:
        return _plain_layers(templates, manifest, wish, house)
    if wish.layers is None:
        raise OptionError(
            f"{wish.target} has code of its own: name the layers that it is to have, "
            "as --only engine,session"
        )
    return _fitted_layers(templates, manifest, wish, house, wish.layers)


def _agents_md(pack: Path, wish: Wish) -> Job:
    """Put the index of the rules into the project's `AGENTS.md`, or take it out."""
    if wish.layers != [LAYER]:
        raise OptionError(f"{LAYER} is no layer of code: ask for it alone, --only {LAYER}")
    (there,) = plan_writing(wish.target, {AGENTS_MD: ""}).files
    try:
        text = (there.before or b"").decode()
    except UnicodeDecodeError as error:
        raise WriteError(f"{AGENTS_MD} is not UTF-8") from error
    if wish.removing:
        changed = without_index(text)
    else:
        changed = with_index(
            text, index_of(load_short_texts(pack / "references"), pack, wish.target)
        )
    if there.before is None and not changed:
        return Job({}, plan_writing(wish.target, {}))
    # Where nothing is left, the index was all of it.
    return Job({}, plan_writing(wish.target, {AGENTS_MD: changed or None}))


def _new_project(templates: Path, manifest: Manifest, wish: Wish) -> Job:
    options = check_options(manifest.options, wish.given.options)
    tree = render_project(templates, options.values)
    refuse_harm(wish.target, tree, {})
    return Job(options.values, plan_writing(wish.target, tree))


def _plain_layers(templates: Path, manifest: Manifest, wish: Wish, house: House | None) -> Job:
    """Write files where the scaffold has them: what they go into is new, or the scaffold itself."""
    given = dict(wish.given.options)
    if house is not None:
        given.setdefault("package", house.package)
        given |= {"models": house.options["models"]} if "models" in house.options else {}
    options = check_options(manifest.options, given)
    layers = list(manifest.layers) if wish.layers is None else list(wish.layers)
    wanted = layer_paths(manifest, options, layers)
    whole = render_project(templates, options.values)
    tree = {path: text for path, text in whole.items() if path in wanted}
    if not tree:
        raise OptionError(f"{', '.join(layers)}: no files under these options")
    tree, pyproject = without_pyproject(tree, wish.target)
    plan = plan_writing(wish.target, tree)
    refuse_harm(wish.target, tree, house.tables if house else {})
    _refuse_second_history(plan, house)
    missing = missing_imports(
        whole, tree.keys(), plan.target, options.package, _layer_of(manifest, options)
    )
    return Job(
        options.values,
        plan,
        missing=missing,
        requirements=requirements_of(whole, tree.keys()),
        by_hand=pytest_needs(whole, tree.keys(), plan.target, told_anyway=bool(pyproject)),
        house=house,
    )


def _layer_of(manifest: Manifest, options: Options) -> dict[PurePosixPath, str]:
    return {
        path: layer for layer in manifest.layers for path in layer_paths(manifest, options, [layer])
    }


def _refuse_second_history(plan: Plan, house: House | None) -> None:
    """Refuse a first revision where there is one: Alembic would have two heads."""
    history = house.alembic if house is not None else None
    added = [path for path in plan.paths("created") if path.parent.name == "versions"]
    if history is not None and history.revisions and added:
        raise WriteError(
            f"{history.folder}/ has {history.revisions} revisions, and {added[0]} would be a head "
            "beside them: make a revision of what changed with alembic revision --autogenerate"
        )


def _fitted_layers(
    templates: Path, manifest: Manifest, wish: Wish, house: House, layers: Sequence[str]
) -> Job:
    """Write files as the project has its own."""
    done = layers_into(templates, manifest, wish.target, house, layers, wish.replacing)
    fitted = done.fitted
    values = {**fitted.options.values, "package": house.package}
    return Job(
        values,
        done.plan,
        assumed=(*house.assumptions, *fitted.assumed),
        notes=(*done.notes, *fitted.notes),
        missing=done.missing,
        by_hand=done.by_hand,
        house=house,
    )
