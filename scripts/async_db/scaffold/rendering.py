"""Templates and options in, a tree of formatted files out. Writes nothing but scratch files."""

import os
import subprocess
import symtable
import tempfile
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from async_db.scaffold.atomic_writing import WriteError, check_path
from async_db.scaffold.collisions import without_collisions
from async_db.scaffold.houses import House
from async_db.scaffold.leftovers import remove_left_behind
from async_db.scaffold.manifest import (
    Contribution,
    Into,
    Manifest,
    check_templates,
    chosen_templates,
    read_manifest,
)
from async_db.scaffold.naming import filled_in
from async_db.scaffold.options import OptionError, Options, check_options
from async_db.scaffold.sqlmodels_words import in_sqlmodels_words

if TYPE_CHECKING:  # who only writes files does without a template language
    import jinja2

Tree = dict[PurePosixPath, str]
Context = Mapping[str, object]

PYPROJECT = PurePosixPath("pyproject.toml")
RUFF_SECONDS = 60.0
SCRATCH = "render-"
# How files are formatted when the tree brings no settings of its own.
OWN_SETTINGS = ("--isolated", "--line-length=100", "--target-version=py311")


class TemplateError(Exception):
    """A template cannot be rendered, or what it renders to is not what its name says."""


def render_project(templates: Path, options: Mapping[str, str], *, translated: bool = True) -> Tree:
    """Render the whole scaffold and format it.

    Parameters:
        templates: the folder with the trees of templates and their manifest.
        options: values by option name; what is left out has its default.
        translated: whether what is for SQLModel's session is in its words.

    Returns:
        The text of every file by its path in the project.

    Raises:
        ManifestError: the manifest is wrong, or does not fit the templates.
        OptionError: an option is unknown or has a value that is refused.
        TemplateError: a template cannot be rendered, or not to valid Python.
    """
    manifest = read_manifest(templates)
    check_templates(templates, manifest)
    checked = check_options(manifest.options, options)
    return format_tree(render_tree(templates, manifest, checked, translated=translated))


def render_tree(
    templates: Path, manifest: Manifest, options: Options, *, translated: bool = True
) -> Tree:
    """Render every template that is chosen, without formatting.

    Raises:
        OptionError: the names chosen make two files one, or hide something that is needed.
        TemplateError: naming the template that cannot be rendered.
    """
    tree = render_with_placeholders(templates, manifest, options, translated=translated)
    _check_package(tree, options)
    tree = without_collisions(tree, options.names)
    _check_modules(tree)
    return tree


def render_with_placeholders(
    templates: Path,
    manifest: Manifest,
    options: Options,
    house: House | None = None,
    *,
    translated: bool = True,
) -> Tree:
    """Render every template that is chosen, with placeholders for the names of the project.

    Parameters:
        templates: the folder with the trees of templates.
        manifest: what that folder's manifest says.
        options: what is chosen.
        house: the project with code that it is for, if it is for one.
        translated: whether what is for SQLModel's session is in its words.

    Raises:
        TemplateError: naming the template that cannot be rendered.
    """
    into: Into = "" if house is None else "sqlmodel" if house.is_sqlmodel else "any"
    own = {
        "house": house,
        "id_bits": 63 if house is None else house.id_bits,
        "source": _own_source,
    }
    context = {**options.context(), **_contributed(manifest, options, into), **own}
    tree: Tree = {}
    for pattern, name in chosen_templates(templates, manifest, options, into).items():
        tree[_render_path(pattern, context)] = _rendered(templates, name, context)
    for path, text in tree.items():
        if path.suffix == ".py":
            _check_python(path, text, options)
    return in_sqlmodels_words(tree) if options.of_sqlmodel and translated else tree


def _own_source(path: str) -> str:
    """Give a module of ours, which a project gets as it is: what both need is written once."""
    return (Path(__file__).parents[1] / path).read_text(encoding="utf-8")


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
    context = options.context(options.names)
    return frozenset(
        _render_path(file, context) for layer in layers for file in manifest.layers[layer].files
    )


def format_tree(tree: Tree, settings: Sequence[str] = ()) -> Tree:
    """Sort the imports of the Python files and format them, by the settings the tree brings.

    Names decide how long a line is and where an import belongs, so no template can be right for
    all of them. Nothing else is put right here: a template has to be good as it is.

    Parameters:
        tree: what is rendered.
        settings: ruff's options; without any, by the settings that the tree brings.

    Raises:
        TemplateError: a file is not valid Python, or ruff could not be run.
    """
    python = {path: text for path, text in tree.items() if path.suffix == ".py"}
    for path, text in python.items():
        _check_python(path, text)
    if not python:
        return dict(tree)
    remove_left_behind(Path(tempfile.gettempdir()), SCRATCH)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        root = Path(folder)
        for path in python.keys() | ({PYPROJECT} & tree.keys()):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(tree[path], encoding="utf-8", newline="")
        settings = settings or _settings(tree.get(PYPROJECT))
        # Named one by one, files are formatted whatever the settings or a .gitignore exclude.
        files = [str(path) for path in python]
        _ruff(root, "check", "--select=I", "--fix-only", *settings, "--", *files)
        _ruff(root, "format", *settings, "--", *files)
        formatted = {path: (root / path).read_text(encoding="utf-8") for path in python}
    return {**tree, **formatted}


def _rendered(templates: Path, name: str, context: Context) -> str:
    import jinja2

    try:
        source = (templates / name).read_text(encoding="utf-8")
        return _template(source).render(context)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{name}:{error.lineno}: {error.message}") from error
    except (jinja2.TemplateError, UnicodeDecodeError, OSError) as error:
        raise TemplateError(f"{name}: {error}") from error


def _contributed(manifest: Manifest, options: Options, into: Into) -> dict[str, object]:
    """Render what trees contribute, which are templates too."""
    import jinja2

    context = options.context()

    def rendered(each: Contribution) -> Contribution:
        if isinstance(each, str):
            return _template(each).render(context)
        return {key: _template(text).render(context) for key, text in each.items()}

    contributions = manifest.contributed(options, into)
    try:
        values = {kind: list(map(rendered, each)) for kind, each in contributions.items()}
    except jinja2.TemplateError as error:
        raise TemplateError(f"what a tree contributes cannot be rendered: {error}") from error
    return {"contributed": values}


@cache
def _template(source: str) -> "jinja2.Template":
    return _environment().from_string(source)


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        autoescape=False,  # noqa: S701 - what comes out is Python, not HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _render_path(name: str, context: Context) -> PurePosixPath:
    text = _template(name).render(context)
    path = PurePosixPath(text)
    try:
        check_path(path)
    except WriteError as error:
        raise TemplateError(f"{name}: {error}") from error
    if str(path) != text:
        raise TemplateError(f"{name}: a part of the path renders to nothing in {text!r}")
    return path


def _check_package(tree: Tree, options: Options) -> None:
    """Refuse a package that has the name of something beside it, as `tests` or `conftest`."""
    beside = {path.parts[0].removesuffix(".py") for path in tree}
    # Modules of the tests are found from there too, by a pytest that is run in their folder.
    beside |= {path.stem for path in tree if path.parts[:-1] == ("tests",)}
    if options.package in beside:
        raise OptionError(
            f"package = {options.package!r} is beside it already: choose another name"
        )


def _check_modules(tree: Tree) -> None:
    # A model `Log` would put a folder `logs` beside `logs.py`, and hide it.
    folders = {folder for path in tree for folder in path.parents}
    for path in tree:
        if path.suffix == ".py" and path.with_suffix("") in folders:
            folder = path.with_suffix("")
            raise OptionError(f"{folder}/ would hide {path}: choose another model or package")


def _check_python(path: PurePosixPath, text: str, options: Options | None = None) -> None:
    if found := _error_in(text):
        line, error = found
        shown = filled_in(str(path), options.names) if options else path
        raise TemplateError(f"{shown}:{line}: renders to invalid Python: {error}")


@lru_cache(maxsize=4096)  # most files are the same in all services that one process renders
def _error_in(text: str) -> tuple[int, str] | None:
    try:
        symtable.symtable(text, "<rendered>", "exec")  # more than a parser sees, and no bytecode
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except ValueError as error:
        return 1, str(error)
    return None


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
    from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]  # it ships no types

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
