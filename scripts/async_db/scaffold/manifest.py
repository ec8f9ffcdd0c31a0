"""What `templates/manifest.toml` says: the scaffold's options, its trees of templates, its layers."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

from async_db.scaffold.naming import PLACEHOLDERS
from async_db.scaffold.options import Kind, Option, OptionError, Options, check_value

MANIFEST = "manifest.toml"
TEMPLATE_SUFFIX = ".jinja"
BASE = "base"
"""The tree that the others are laid over."""

T = TypeVar("T")
Into = Literal["", "any", "sqlmodel"]
"""Of a project that has code already: what its models are; empty of a new one."""
Contribution = str | Mapping[str, str]

# What every rendered file may rely on, and what is derived from it for the templates.
REQUIRED_OPTIONS: Mapping[str, Kind] = {
    "database": "choice",
    "package": "package",
    "model": "model",
}
DERIVED_NAMES = frozenset(PLACEHOLDERS.context()) - REQUIRED_OPTIONS.keys() | {
    "postgresql", "sqlite", "function_scope", "is_named_as_a_test", "contributed", "house", "id_bits", "source",
}  # fmt: skip


class ManifestError(Exception):
    """The manifest is wrong, or the template tree is not what it says."""


@dataclass(frozen=True)
class TemplateTree:
    """A folder of templates and what it adds to files that others have; either may be missing."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    """By option: the values under which it is rendered; without any, always."""
    owns: tuple[str, ...]
    """Templates of the base that are not rendered when this tree is not."""
    contributions: Mapping[str, tuple[Contribution, ...]]
    """By kind: what templates that loop over this kind are given."""
    into: Into = ""
    """Which projects that have code already it is only for, if it is for them alone."""

    def applies(self, options: Options, into: Into = "") -> bool:
        """Say whether it is rendered under these options, and into a project that has code or not."""
        fits = not self.into or self.into == into or (self.into == "any" and into != "")
        return fits and all(
            any(options.has(name, value) for value in values) for name, values in self.when.items()
        )


@dataclass(frozen=True)
class Layer:
    """A part of the scaffold that can be written alone; `files` are templates of paths."""

    name: str
    help: str
    files: tuple[str, ...]
    not_into: str = ""
    """Why it does not go into a project with code of its own, and what does; empty if it goes."""


@dataclass(frozen=True)
class Manifest:
    """All options, trees and layers by name, in the manifest's order."""

    options: Mapping[str, Option]
    layers: Mapping[str, Layer]
    trees: Mapping[str, TemplateTree] = field(default_factory=dict)
    contributes: Mapping[str, str] = field(default_factory=dict)
    """The kinds of contributions, and what each is and where it comes to."""

    def trees_for(self, options: Options, into: Into = "") -> list[TemplateTree]:
        """Give the trees that are rendered under these options, in their order."""
        return [tree for tree in self.trees.values() if tree.applies(options, into)]

    def contributed(self, options: Options, into: Into = "") -> dict[str, list[Contribution]]:
        """Give by kind what the trees for these options contribute, once; a kind may have nothing."""
        given: dict[str, list[Contribution]] = {kind: [] for kind in self.contributes}
        for tree in self.trees_for(options, into):
            for kind, contributions in tree.contributions.items():
                given[kind] += [each for each in contributions if each not in given[kind]]
        return given


def read_manifest(templates: Path) -> Manifest:
    """Read the manifest of a folder of templates.

    Parameters:
        templates: the folder that holds `manifest.toml`.

    Raises:
        ManifestError: it is missing, is not TOML, or says something that has no meaning.
    """
    path = templates / MANIFEST
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path}: {error}") from error
    try:
        return _manifest(content)
    except (ManifestError, OptionError) as error:
        raise ManifestError(f"{path}: {error}") from error


def check_templates(templates: Path, manifest: Manifest) -> None:
    """See that trees, templates and layers are about the same files.

    Parameters:
        templates: the folder that holds the trees.
        manifest: what that folder's manifest says.

    Raises:
        ManifestError: naming each file that is no template or in no tree, each template that is not
            in exactly one layer, each file of a layer that has no template, and each file that a
            tree owns and the base does not have.
    """
    names = [path.relative_to(templates).as_posix() for path in _files(templates)]
    wrong = [
        f"{name}: does not end in {TEMPLATE_SUFFIX}" for name in names if not _is_template(name)
    ]
    stray = {name for name in names if name.partition("/")[0] not in manifest.trees}
    wrong += [f"{name}: in no tree" for name in sorted(stray)]
    present = {rendered_path(name) for name in names if _is_template(name) and name not in stray}
    listed = Counter(file for layer in manifest.layers.values() for file in layer.files)
    wrong += [f"{name}{TEMPLATE_SUFFIX}: in no layer" for name in sorted(present - listed.keys())]
    wrong += [f"{name}: listed {times} times" for name, times in listed.items() if times > 1]
    wrong += [f"{name}: has no template" for name in sorted(listed.keys() - present)]
    in_base = {rendered_path(name) for name in names if name.startswith(f"{BASE}/")}
    owned = [file for tree in manifest.trees.values() for file in tree.owns]
    wrong += [f"{name}: owned, but not in {BASE}/" for name in owned if name not in in_base]
    if wrong:
        raise ManifestError(f"{templates / MANIFEST}: {'; '.join(wrong)}")


def chosen_templates(
    templates: Path, manifest: Manifest, options: Options, into: Into = ""
) -> dict[str, str]:
    """Give for each path, which is a template too, the template that is rendered for it.

    Parameters:
        templates: the folder that holds the trees.
        manifest: what that folder's manifest says.
        options: what is chosen.
        into: what the project's models are, if it has code already.
    """
    trees = manifest.trees_for(options, into)
    left_out = {file for tree in manifest.trees.values() if tree not in trees for file in tree.owns}
    chosen: dict[str, str] = {}
    for tree in trees:
        for path in _files(templates / tree.name):
            name = path.relative_to(templates).as_posix()
            if not (tree.name == BASE and rendered_path(name) in left_out):
                chosen[rendered_path(name)] = name
    return dict(sorted(chosen.items()))


def rendered_path(name: str) -> str:
    """Give the path in the project that a template stands for, which is itself a template."""
    return name.partition("/")[2].removesuffix(TEMPLATE_SUFFIX)


def _files(folder: Path) -> list[Path]:
    manifest = folder / MANIFEST
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != manifest)


def _is_template(name: str) -> bool:
    return name.endswith(TEMPLATE_SUFFIX)


# --- reading -----------------------------------------------------------------------------------


def _manifest(content: Mapping[str, object]) -> Manifest:
    _only_keys(content, ("options", "contributes", "trees", "layers"), "the manifest")
    options = _by_name(content, "options", _option)
    for name, kind in REQUIRED_OPTIONS.items():
        if name not in options or options[name].kind != kind:
            raise ManifestError(f"an option {name!r} of type {kind!r} is needed")
    for option in options.values():
        check_value(option, option.default)
        for value, needs in option.needs.items():
            check_value(option, value)
            for name, needed in needs.items():
                _check_choice(options, name, needed, f"options.{option.name}.needs")
    trees = _by_name(content, "trees", _tree)
    if BASE not in trees:
        raise ManifestError(f"a tree {BASE!r} is needed")
    for tree in trees.values():
        for name, values in tree.when.items():
            for value in values:
                _check_choice(options, name, value, f"trees.{tree.name}.when")
    contributes = _text_table(content.get("contributes", {}), "contributes")
    for tree in trees.values():
        _only_keys(tree.contributions, contributes, f"trees.{tree.name}")
    return Manifest(options, _by_name(content, "layers", _layer), trees, contributes)


def _check_choice(options: Mapping[str, Option], name: str, value: str, where: str) -> None:
    if name not in options:
        raise ManifestError(f"{where}: no option {name!r}")
    check_value(options[name], value)


def _by_name(
    content: Mapping[str, object], key: str, read: Callable[[str, Mapping[str, object]], T]
) -> dict[str, T]:
    return {
        name: read(name, _table(value, f"{key}.{name}"))
        for name, value in _table(content.get(key), key).items()
    }


def _option(name: str, table: Mapping[str, object]) -> Option:
    where = f"options.{name}"
    _only_keys(table, ("type", "default", "allowed", "help", "needs"), where)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in DERIVED_NAMES:
        raise ManifestError(f"{where}: this name cannot be used for an option")
    kind = next((kind for kind in get_args(Kind) if kind == table.get("type")), None)
    if kind is None:
        raise ManifestError(f"{where}: type must be one of {', '.join(get_args(Kind))}")
    if (kind in ("choice", "set")) != ("allowed" in table):
        raise ManifestError(f"{where}: a choice or a set, and nothing else, has a list 'allowed'")
    allowed = _texts(table.get("allowed", []), f"{where}: allowed")
    needs = {
        value: {
            other: _text(_table(others, where), other, where) for other in _table(others, where)
        }
        for value, others in _table(table.get("needs", {}), f"{where}.needs").items()
    }
    default, help_ = _text(table, "default", where), _text(table, "help", where)
    return Option(name, kind, default, help_, allowed, needs)


_INTO: Mapping[object, Into] = {False: "", True: "any", "sqlmodel": "sqlmodel"}


def _tree(name: str, table: Mapping[str, object]) -> TemplateTree:
    where = f"trees.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ManifestError(f"{where}: this name cannot be used for a tree")
    when = {
        option: _texts(values, f"{where}.when.{option}")
        for option, values in _table(table.get("when", {}), f"{where}.when").items()
    }
    contributions = {
        kind: _contributions(each, f"{where}.{kind}")
        for kind, each in table.items()
        if kind not in ("when", "owns", "into")
    }
    owns = _texts(table.get("owns", []), f"{where}: owns")
    into = _INTO.get(table.get("into", False))
    if into is None:
        raise ManifestError(f'{where}: into must be true, false or "sqlmodel"')
    return TemplateTree(name, when, owns, contributions, into)


def _contributions(value: object, where: str) -> tuple[Contribution, ...]:
    if not isinstance(value, list):
        raise ManifestError(f"{where} must be a list")
    return tuple(each if isinstance(each, str) else _text_table(each, where) for each in value)


def _text_table(value: object, where: str) -> dict[str, str]:
    table = _table(value, where)
    return {key: _text(table, key, where) for key in table}


def _layer(name: str, table: Mapping[str, object]) -> Layer:
    where = f"layers.{name}"
    _only_keys(table, ("help", "files", "not_into"), where)
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ManifestError(f"{where}: this name cannot be used for a layer")
    not_into = _text(table, "not_into", where) if "not_into" in table else ""
    files = _texts(table.get("files"), f"{where}: files")
    if not files:
        raise ManifestError(f"{where}: has no files")
    return Layer(name, _text(table, "help", where), files, not_into)


def _only_keys(table: Mapping[str, object], known: Iterable[str], where: str) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise ManifestError(f"{where}: unknown key {unknown[0]!r}")


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ManifestError(f"{where}: must be a table")
    return value


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise ManifestError(f"{where}: {key} must be a text")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestError(f"{where} must be a list of texts")
    return tuple(value)
