"""Templates and options in, formatted files out."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from async_db.scaffold.manifest import ManifestError, OptionError, check_options, read_manifest
from async_db.scaffold.rendering import (
    MissingImport,
    TemplateError,
    Tree,
    format_tree,
    layer_paths,
    missing_imports,
    render_project,
    render_tree,
    requirements_of,
)

OPTIONS = """
[options.database]
type = "choice"
default = "postgresql"
allowed = ["postgresql", "sqlite", "both"]
help = "Which."

[options.package]
type = "package"
default = "app"
help = "Name."

[options.model]
type = "model"
default = "Order"
help = "Class."
"""

MAIN = """\
import sqlalchemy
from {{ package }}.{{ entities }} import {{ model }}
from os import path

def list_{{ entities }}({{ entity }}: {{ model }}, package: str = "{{ package }}"):
    {% if sqlite %}
    print('sqlite')
    {% endif %}
    return {'/{{ slug }}': [{{ entity }}, path, sqlalchemy]}
"""

TEMPLATES = {
    "{{ package }}/__init__.py": "",
    "{{ package }}/main.py": MAIN,
    "{{ package }}/{{ entities }}.py": "class {{ model }}: ...\n",
    "{{ package }}/lite.py": "{% if sqlite %}\nX = 1\n{% endif %}\n",
    "README.md": "#  {{ model }}   \n",
}


def make_templates(
    folder: Path, files: Mapping[str, str] = TEMPLATES, options: str = OPTIONS
) -> Path:
    """A template tree in which each file is a layer of its own, named `layer-0` and so on."""
    layers = ""
    for number, (name, text) in enumerate(files.items()):
        layers += f"[layers.layer-{number}]\nhelp = ''\nfiles = [{name!r}]\n"
        path = folder / f"{name}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "manifest.toml").write_text(options + layers)
    return folder


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return make_templates(tmp_path / "templates")


def render_one(folder: Path, text: str, name: str = "main.py", **options: str) -> Tree:
    return render_project(make_templates(folder, {name: text}), options)


def paths(*names: str) -> set[PurePosixPath]:
    return {PurePosixPath(name) for name in names}


def test_requirements_are_those_that_the_written_files_name() -> None:
    pyproject = """
        [project]
        dependencies = ["SQLAlchemy[asyncio]>=2", "aiosqlite", "python-json-logger>=3"]
        [dependency-groups]
        dev = ["asgi-lifespan>=2"]
    """
    whole = {
        PurePosixPath("pyproject.toml"): pyproject,
        PurePosixPath("app/url.py"): 'import sqlalchemy\nDRIVER = "sqlite+aiosqlite"\n',
        PurePosixPath("app/logs.py"): 'FORMATTER = "pythonjsonlogger.json.JsonFormatter"\n',
        PurePosixPath("tests/conftest.py"): "import asgi_lifespan\n",
    }

    def of(*paths: str) -> list[str]:
        return requirements_of(whole, [PurePosixPath(path) for path in paths])

    assert of("app/url.py") == ["SQLAlchemy[asyncio]>=2", "aiosqlite"]
    assert of("app/logs.py", "tests/conftest.py") == ["python-json-logger>=3", "asgi-lifespan>=2"]
    assert of("pyproject.toml") == []
    assert requirements_of({}, []) == []


def test_paths_and_contents_are_rendered_and_formatted(templates: Path) -> None:
    tree = render_project(templates, {"package": "shop", "model": "OrderLine"})
    assert tree.keys() == paths(
        "shop/__init__.py", "shop/main.py", "shop/order_lines.py", "README.md"
    )
    assert tree[PurePosixPath("shop/main.py")] == (
        "from os import path\n\n"
        "import sqlalchemy\n\n"
        "from shop.order_lines import OrderLine\n\n\n"
        'def list_order_lines(order_line: OrderLine, package: str = "shop"):\n'
        '    return {"/order-lines": [order_line, path, sqlalchemy]}\n'
    )


def test_only_python_is_formatted(templates: Path) -> None:
    assert render_project(templates, {})[PurePosixPath("README.md")] == "#  Order   \n"


def test_an_empty_template_is_an_empty_file(templates: Path) -> None:
    assert render_project(templates, {})[PurePosixPath("app/__init__.py")] == ""


def test_what_renders_to_nothing_is_no_file(templates: Path) -> None:
    lite = PurePosixPath("app/lite.py")
    assert lite not in render_project(templates, {})
    assert render_project(templates, {"database": "both"})[lite] == "X = 1\n"


def test_the_callers_ruff_settings_have_no_say(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = render_project(templates, {})
    (tmp_path / "ruff.toml").write_text("line-length = 20\n[format]\nquote-style = 'single'\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "stolen.txt"))
    assert render_project(templates, {}) == before
    assert not (tmp_path / "stolen.txt").exists()


def test_the_rendered_pyproject_has_the_say(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.ruff]\nline-length = 40\nextend-exclude = ['{{ package }}']\n",
        "{{ package }}/main.py": "value = some_function(first_argument, second)\n",
    }
    tree = render_project(make_templates(tmp_path / "templates", files), {})
    assert tree[PurePosixPath("app/main.py")] == (
        "value = some_function(\n    first_argument, second\n)\n"
    )


def test_a_pyproject_without_ruff_leaves_our_settings(tmp_path: Path) -> None:
    line = f"value = some_function({'x' * 40}, {'y' * 30})\n"
    assert 88 < len(line) <= 100
    files = {"pyproject.toml": "[project]\nname = 'x'\n", "main.py": line}
    tree = render_project(make_templates(tmp_path / "templates", files), {})
    assert tree[PurePosixPath("main.py")] == line


def test_unused_imports_are_left_to_the_template(tmp_path: Path) -> None:
    assert render_one(tmp_path, "import os\n") == {PurePosixPath("main.py"): "import os\n"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = {{ colour }}\n", "main.py.jinja: 'colour' is undefined"),
        ("x = 1\n{% if %}\n", "main.py.jinja:2: "),
        ("x = 1\nx = (\n", "main.py:2: renders to invalid Python"),
        ("def f(a, a): ...\n", "main.py:1: renders to invalid Python"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=f"^{re.escape(message)}"):
        render_one(tmp_path, text)


def test_a_template_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    templates = make_templates(tmp_path, {"main.py": ""})
    (templates / "main.py.jinja").write_bytes(b"# caf\xe9\n")
    with pytest.raises(TemplateError, match=r"^main\.py\.jinja: .*utf-8"):
        render_project(templates, {})


def test_a_wrong_pyproject_is_named(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.ruff\n", "main.py": ""}
    with pytest.raises(TemplateError, match=r"^pyproject\.toml: renders to invalid TOML"):
        render_project(make_templates(tmp_path, files), {})


def test_wrong_ruff_settings_are_told(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.ruff]\ncolour = 1\n", "main.py": "x = 1\n"}
    with pytest.raises(TemplateError, match=r"^ruff check failed: .*colour"):
        render_project(make_templates(tmp_path, files), {})


def test_a_ruff_that_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("async_db.scaffold.rendering.RUFF_SECONDS", 0.0)
    with pytest.raises(TemplateError, match=r"^ruff check could not be run: .*timed out"):
        format_tree({PurePosixPath("main.py"): "x = 1\n"})


@pytest.mark.parametrize(
    "name",
    [
        "{{ '..' }}/main.py",
        "{{ '/tmp' }}/main.py",
        "{{ '' }}/main.py",
        "a/{{ '' }}/main.py",
        "{{ 'C:' }}/main.py",
        "{{ '' }}",
    ],
)
def test_a_path_that_is_no_plain_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(f"{name}.jinja: ")):
        render_one(tmp_path / "templates", "x = 1\n", name)


def test_names_that_make_two_files_one_are_refused(tmp_path: Path) -> None:
    files = {"test_{{ entities }}.py": "", "test_errors.py": ""}
    templates = make_templates(tmp_path, files)
    assert len(render_project(templates, {})) == 2
    with pytest.raises(OptionError, match=r"two files would be test_errors\.py: choose another"):
        render_project(templates, {"model": "Error"})


def test_a_folder_that_would_hide_a_module_is_refused(tmp_path: Path) -> None:
    files = {"app/{{ entities }}/models.py": "", "app/logs.py": ""}
    templates = make_templates(tmp_path, files)
    assert len(render_project(templates, {})) == 2
    with pytest.raises(OptionError, match=r"app/logs/ would hide app/logs\.py: choose another"):
        render_project(templates, {"model": "Log"})


def test_manifest_and_options_are_checked(templates: Path) -> None:
    with pytest.raises(OptionError, match="package = 'json'"):
        render_project(templates, {"package": "json"})
    (templates / "extra.py.jinja").write_text("")
    with pytest.raises(ManifestError, match=r"extra\.py\.jinja: in no layer"):
        render_project(templates, {})


def test_layer_paths(templates: Path) -> None:
    manifest = read_manifest(templates)
    options = check_options(manifest, {"model": "Box"})
    assert layer_paths(manifest, options, ["layer-2", "layer-4"]) == paths(
        "app/boxes.py", "README.md"
    )
    with pytest.raises(OptionError, match="unknown layer 'layer-9': there are layer-0, layer-1"):
        layer_paths(manifest, options, ["layer-9"])


def tree_of(**modules: str) -> Tree:
    return {
        PurePosixPath(name.replace("__", "/").replace("/init", "/__init__")).with_suffix(
            ".py"
        ): text
        for name, text in modules.items()
    }


def test_missing_imports(tmp_path: Path) -> None:
    whole = tree_of(
        app__init="",
        app__main=(
            "import os\nimport app.settings\nfrom app import engine, VERSION\n"
            "from app.database.base import Base\nfrom app.database import session\n"
            "from app.there import x\nfrom app.unknown import y\nimport application\n"
        ),
        app__settings="",
        app__engine="",
        app__database__init="",
        app__database__base="",
        app__database__session="from .base import Base\nfrom . import session\nfrom .. import q\n",
    )
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "there.py").write_text("")
    layers = {path: path.stem for path in whole}
    written = paths("app/main.py", "app/database/session.py")
    assert missing_imports(whole, written, tmp_path, "app", layers) == [
        MissingImport("app", "__init__"),
        MissingImport("app.database.base", "base"),
        MissingImport("app.engine", "engine"),
        MissingImport("app.settings", "settings"),
        MissingImport("app.unknown", None),
    ]


def test_nothing_is_missing_when_all_is_written(templates: Path, tmp_path: Path) -> None:
    whole = render_project(templates, {})
    assert missing_imports(whole, whole.keys(), tmp_path / "target", "app", {}) == []
    assert missing_imports(whole, paths("app/main.py"), tmp_path / "target", "app", {}) == [
        MissingImport("app.orders", None)
    ]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True),
    st.sampled_from(["Class", "Type", "True", "A", "None", "import", "json", "Order\n", "été"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(package=st.just("app") | TEXTS, model=st.just("Order") | TEXTS)
def test_names_are_refused_or_give_valid_python(templates: Path, package: str, model: str) -> None:
    try:
        options = check_options(
            read_manifest(templates), {"package": package, "model": model, "database": "both"}
        )
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - a refusal is one of two good outcomes
        return
    tree = render_tree(templates, options)
    assert len(tree) == len(TEMPLATES)
    for path, text in tree.items():
        if path.suffix == ".py":
            ast.parse(text)


def test_formatting_is_stable(templates: Path) -> None:
    tree = render_project(templates, {"model": "Box", "package": "zoo"})
    assert format_tree(tree) == tree
