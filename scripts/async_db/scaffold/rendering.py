"""Templates and options in, a tree of formatted files out. Writes nothing but scratch files."""

import ast
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

import jinja2
from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]

from async_db.scaffold.atomic_writing import WriteError, check_path
from async_db.scaffold.manifest import (
    TEMPLATE_SUFFIX,
    Manifest,
    OptionError,
    Options,
    check_options,
    check_templates,
    read_manifest,
    template_names,
)

Tree = dict[PurePosixPath, str]

PYPROJECT = PurePosixPath("pyproject.toml")
# Distributions whose module is called otherwise.
MODULES = {"python-json-logger": "pythonjsonlogger"}
RUFF_SECONDS = 60.0
# How files are formatted when the tree brings no settings of its own.
OWN_SETTINGS = ("--isolated", "--line-length=100", "--target-version=py311")


class TemplateError(Exception):
    """A template cannot be rendered, or what it renders to is not what its name says."""


@dataclass(frozen=True)
class MissingImport:
    """A module of the package that is imported but not there, and the layer that supplies it."""

    module: str
    layer: str | None


def render_project(templates: Path, options: Mapping[str, str]) -> Tree:
    """Render the whole scaffold and format it.

    Parameters:
        templates: the folder with the templates and their manifest.
        options: values by option name; what is left out has its default.

    Returns:
        The text of every file by its path in the project.

    Raises:
        ManifestError: the manifest is wrong, or does not fit the templates.
        OptionError: an option is unknown or has a value that is refused.
        TemplateError: a template cannot be rendered, or not to valid Python.
    """
    manifest = read_manifest(templates)
    check_templates(templates, manifest)
    return format_tree(render_tree(templates, check_options(manifest, options)))


def render_tree(templates: Path, options: Options) -> Tree:
    """Render every template of a folder, without formatting.

    Raises:
        OptionError: the names chosen make two files one.
        TemplateError: naming the template that cannot be rendered.
    """
    environment = _environment()
    context = options.context()
    tree: Tree = {}
    for name in template_names(templates):
        try:
            path = _render_path(environment, name, context)
            source = (templates / name).read_text(encoding="utf-8")
            text = environment.from_string(source).render(context)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"{name}:{error.lineno}: {error.message}") from error
        except (jinja2.TemplateError, UnicodeDecodeError, OSError) as error:
            raise TemplateError(f"{name}: {error}") from error
        if path in tree:
            raise OptionError(f"two files would be {path}: choose another model or package")
        if text.strip():
            tree[path] = text
        elif not source.strip():
            tree[path] = ""  # an empty template asks for an empty file, as `__init__.py`
    _check_modules(tree)
    return tree


def layer_paths(
    manifest: Manifest, options: Options, layers: Collection[str]
) -> frozenset[PurePosixPath]:
    """Where the files of some layers are in the project, rendered under these options or not.

    Raises:
        OptionError: there is no such layer.
    """
    if unknown := sorted(set(layers) - manifest.layers.keys()):
        known = ", ".join(manifest.layers)
        raise OptionError(f"unknown layer {unknown[0]!r}: there are {known}")
    environment, context = _environment(), options.context()
    return frozenset(
        _render_path(environment, file, context)
        for layer in layers
        for file in manifest.layers[layer].files
    )


def format_tree(tree: Tree) -> Tree:
    """Sort the imports of the Python files and format them, by the settings the tree brings.

    Names decide how long a line is and where an import belongs, so no template can be right for
    all of them. Nothing else is put right here: a template has to be good as it is.

    Raises:
        TemplateError: a file is not valid Python, or ruff could not be run.
    """
    python = {path: text for path, text in tree.items() if path.suffix == ".py"}
    for path, text in python.items():
        _check_python(path, text)
    if not python:
        return dict(tree)
    with tempfile.TemporaryDirectory(prefix="render-") as folder:
        root = Path(folder)
        for path in python.keys() | ({PYPROJECT} & tree.keys()):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(tree[path], encoding="utf-8", newline="")
        settings = _settings(tree.get(PYPROJECT))
        # Named one by one, files are formatted whatever the settings or a .gitignore exclude.
        files = [str(path) for path in python]
        _ruff(root, "check", "--select=I", "--fix-only", *settings, "--", *files)
        _ruff(root, "format", *settings, "--", *files)
        formatted = {path: (root / path).read_text(encoding="utf-8") for path in python}
    return {**tree, **formatted}


def missing_imports(
    whole: Tree,
    written: Collection[PurePosixPath],
    target: Path,
    package: str,
    layers: Mapping[PurePosixPath, str],
) -> list[MissingImport]:
    """What written files import from the package that is neither written nor in the target.

    Parameters:
        whole: the whole project, of which `written` is a part.
        written: the paths that are being written.
        target: the project they are written into.
        package: the name whose modules are looked for.
        layers: the layer of each path of the whole project.
    """

    def is_there(module: str) -> bool:
        return any(path in written or (target / path).is_file() for path in _places(module))

    def is_module(module: str) -> bool:
        return is_there(module) or any(path in whole for path in _places(module))

    needed: set[str] = set()
    for path in written:
        if path.suffix == ".py":
            for module, name in _imports(path, whole[path]):
                submodule = f"{module}.{name}"
                needed.add(submodule if name and is_module(submodule) else module)
    return [
        MissingImport(
            module, next((layers[path] for path in _places(module) if path in layers), None)
        )
        for module in sorted(needed)
        if module.split(".")[0] == package and not is_there(module)
    ]


def requirements_of(whole: Tree, written: Collection[PurePosixPath]) -> list[str]:
    """What written files need installed, as the whole project's own dependencies say it.

    A dependency counts where its module is named at all, since drivers and log formatters are
    named in strings and never imported.

    Parameters:
        whole: the whole project with its pyproject.toml, of which `written` is a part.
        written: the paths that are being written.
    """
    project = tomllib.loads(whole.get(PYPROJECT, ""))
    groups = project.get("dependency-groups", {}).values()
    requirements = [*project.get("project", {}).get("dependencies", []), *chain(*groups)]
    text = "\n".join(whole[path] for path in written if path.suffix == ".py")
    return [line for line in requirements if re.search(rf"\b{_module_of(line)}\b", text)]


def _module_of(requirement: str) -> str:
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()
    return MODULES.get(name, name.replace("-", "_"))


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=False,  # noqa: S701 - what comes out is Python, not HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _render_path(
    environment: jinja2.Environment, name: str, context: Mapping[str, str | bool]
) -> PurePosixPath:
    text = environment.from_string(name.removesuffix(TEMPLATE_SUFFIX)).render(context)
    path = PurePosixPath(text)
    try:
        check_path(path)
    except WriteError as error:
        raise TemplateError(f"{name}: {error}") from error
    if str(path) != text:
        raise TemplateError(f"{name}: a part of the path renders to nothing in {text!r}")
    return path


def _check_modules(tree: Tree) -> None:
    # A model `Log` would put a folder `logs` beside `logs.py`, and hide it.
    folders = {folder for path in tree for folder in path.parents}
    for path in tree:
        if path.suffix == ".py" and path.with_suffix("") in folders:
            folder = path.with_suffix("")
            raise OptionError(f"{folder}/ would hide {path}: choose another model or package")


def _check_python(path: PurePosixPath, text: str) -> None:
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise TemplateError(f"{path}:{line}: renders to invalid Python: {error}") from error


def _settings(pyproject: str | None) -> tuple[str, ...]:
    if pyproject is None:
        return OWN_SETTINGS
    try:
        content = tomllib.loads(pyproject)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{PYPROJECT}: renders to invalid TOML: {error}") from error
    # Without a section for it, ruff would go on to look for the settings of whoever runs this.
    return (f"--config={PYPROJECT}",) if "ruff" in content.get("tool", {}) else OWN_SETTINGS


def _ruff(root: Path, *arguments: str) -> None:
    command = [find_ruff_bin(), *arguments[:1], "--no-cache", "--quiet", *arguments[1:]]
    # RUFF_OUTPUT_FILE and the like are meant for what the caller checks, not for this.
    environment = {key: value for key, value in os.environ.items() if key[:5] != "RUFF_"}
    try:
        subprocess.run(  # noqa: S603 - our own program and arguments, and no shell
            command,
            cwd=root,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=RUFF_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        detail = " ".join(error.stderr.split())
        raise TemplateError(f"ruff {arguments[0]} failed: {detail}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TemplateError(f"ruff {arguments[0]} could not be run: {error}") from error


def _places(module: str) -> tuple[PurePosixPath, PurePosixPath]:
    path = PurePosixPath(*module.split("."))
    return path.with_suffix(".py"), path / "__init__.py"


def _imports(path: PurePosixPath, source: str) -> Iterator[tuple[str, str]]:
    """Every imported module, with the name taken from it or an empty one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the file's own package, and each further dot the one around it.
            around = path.parts[: len(path.parts) - node.level] if node.level else ()
            module = ".".join([*around, *([node.module] if node.module else [])])
            yield from ((module, alias.name) for alias in node.names)
