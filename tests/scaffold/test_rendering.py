"""Templates and options in, formatted files out."""

import ast
import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from async_db.scaffold.manifest import ManifestError, read_manifest
from async_db.scaffold.options import OptionError, check_options
from async_db.scaffold.rendering import (
    TemplateError,
    Tree,
    format_tree,
    layer_paths,
    render_project,
    render_tree,
)
from helpers.templates import write_templates

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
    "base/{{ package }}/__init__.py": "",
    "base/{{ package }}/main.py": MAIN,
    "base/{{ package }}/{{ entities }}.py": "class {{ model }}: ...\n",
    "base/README.md": "#  {{ model }}   \n",
}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return write_templates(tmp_path / "templates", TEMPLATES)


def render_one(folder: Path, text: str, name: str = "main.py", **options: str) -> Tree:
    return render_project(write_templates(folder, {f"base/{name}": text}), options)


def paths(*names: str) -> set[PurePosixPath]:
    return {PurePosixPath(name) for name in names}


# --- names and formatting ----------------------------------------------------------------------


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


def test_a_plural_that_is_given_is_in_paths_and_contents(templates: Path) -> None:
    tree = render_project(templates, {"model": "Person", "plural": "team_members"})
    assert "def list_team_members(person: Person" in tree[PurePosixPath("app/main.py")]
    assert '"/team-members"' in tree[PurePosixPath("app/main.py")]
    assert PurePosixPath("app/team_members.py") in tree


def test_only_python_is_formatted(templates: Path) -> None:
    assert render_project(templates, {})[PurePosixPath("README.md")] == "#  Order   \n"


def test_an_empty_template_is_an_empty_file(templates: Path) -> None:
    assert render_project(templates, {})[PurePosixPath("app/__init__.py")] == ""


def test_formatting_is_stable(templates: Path) -> None:
    tree = render_project(templates, {"model": "Box", "package": "zoo"})
    assert format_tree(tree) == tree


def test_unused_imports_are_left_to_the_template(tmp_path: Path) -> None:
    assert render_one(tmp_path, "import os\n") == {PurePosixPath("main.py"): "import os\n"}


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
        "base/pyproject.toml": (
            "[tool.ruff]\nline-length = 40\nextend-exclude = ['{{ package }}']\n"
        ),
        "base/{{ package }}/main.py": "value = some_function(first_argument, second)\n",
    }
    tree = render_project(write_templates(tmp_path / "templates", files), {})
    assert tree[PurePosixPath("app/main.py")] == (
        "value = some_function(\n    first_argument, second\n)\n"
    )


def test_a_pyproject_without_ruff_leaves_our_settings(tmp_path: Path) -> None:
    line = f"value = some_function({'x' * 40}, {'y' * 30})\n"
    assert 88 < len(line) <= 100
    files = {"base/pyproject.toml": "[project]\nname = 'x'\n", "base/main.py": line}
    tree = render_project(write_templates(tmp_path / "templates", files), {})
    assert tree[PurePosixPath("main.py")] == line


# --- trees and what they contribute ------------------------------------------------------------

LAYERED = {
    "base/main.py": "ROUTERS = [{% for name in contributed.routers %}'{{ name }}', {% endfor %}]\n",
    "base/settings.py": "{% for part in contributed.settings %}{{ part.name }} = 1\n{% endfor %}",
    "base/lite.py": "X = 1\n",
    "search/main.py": "SEARCHED = True\n",
    "search/search.py": "Y = 1\n",
    "export/main.py": "EXPORTED = True\n",
}
TREES = """
[contributes]
routers = "A name."
settings = "A name in a table."

[trees.base]
routers = ["{{ entities }}"]

[trees.sqlite]
when = { database = ["sqlite", "both"] }
owns = ["lite.py"]
routers = ["{{ 'files' if database == 'both' else 'file' }}"]

[trees.search]
when = { with = ["search"] }
settings = [{ name = "{{ package | upper }}_SEARCH" }]

[trees.export]
when = { with = ["export"] }
"""


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    return write_templates(tmp_path / "templates", LAYERED, trees=TREES)


def test_a_tree_adds_files_and_replaces_whole_ones(layered: Path) -> None:
    tree = render_project(layered, {"with": "search"})
    assert tree.keys() == paths("main.py", "settings.py", "search.py")
    assert tree[PurePosixPath("main.py")] == "SEARCHED = True\n"


def test_of_two_trees_the_later_one_in_the_manifest_wins(layered: Path) -> None:
    for value in ("search,export", "export,search"):
        tree = render_project(layered, {"with": value})
        assert tree[PurePosixPath("main.py")] == "EXPORTED = True\n"
        assert PurePosixPath("search.py") in tree


def test_what_a_tree_owns_is_rendered_with_it_alone(layered: Path) -> None:
    lite = PurePosixPath("lite.py")
    assert lite not in render_project(layered, {})
    assert lite in render_project(layered, {"database": "sqlite"})


@pytest.mark.parametrize(
    ("options", "routers"),
    [
        ({}, '["orders"]'),
        ({"database": "sqlite"}, '["orders", "file"]'),
        ({"database": "both", "model": "Person"}, '["people", "files"]'),
    ],
)
def test_contributions_are_templates_too(
    layered: Path, options: dict[str, str], routers: str
) -> None:
    main = render_project(layered, options)[PurePosixPath("main.py")]
    assert ast.unparse(ast.parse(main)) == f"ROUTERS = {routers}".replace('"', "'")


def test_contributions_that_are_tables_are_templates_too(tmp_path: Path) -> None:
    trees = TREES.replace("{{ package | upper }}_SEARCH", "{{ package }}_search")
    layered = write_templates(tmp_path / "templates", LAYERED, trees=trees)
    tree = render_project(layered, {"with": "search", "package": "shop"})
    assert tree[PurePosixPath("settings.py")] == "shop_search = 1\n"


def test_a_contribution_that_cannot_be_rendered_is_told(tmp_path: Path) -> None:
    trees = TREES.replace("{{ entities }}", "{{ colour }}")
    layered = write_templates(tmp_path / "templates", LAYERED, trees=trees)
    with pytest.raises(TemplateError, match=r"^what a tree contributes .*'colour' is undefined"):
        render_project(layered, {})


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = {{ colour }}\n", "base/main.py.jinja: 'colour' is undefined"),
        ("x = {{ contributed.colours }}\n", "base/main.py.jinja: 'dict object' has no attribute"),
        ("x = 1\n{% if %}\n", "base/main.py.jinja:2: "),
        ("x = 1\nx = (\n", "main.py:2: renders to invalid Python"),
        ("def f(a, a): ...\n", "main.py:1: renders to invalid Python"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=f"^{re.escape(message)}"):
        render_one(tmp_path, text)


def test_a_wrong_template_is_named_as_the_project_has_it(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"^app/orders\.py:1: renders to invalid Python"):
        render_one(tmp_path, "x = (\n", "{{ package }}/{{ entities }}.py")


def test_a_template_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    templates = write_templates(tmp_path, {"base/main.py": ""})
    (templates / "base/main.py.jinja").write_bytes(b"# caf\xe9\n")
    with pytest.raises(TemplateError, match=r"^base/main\.py\.jinja: .*utf-8"):
        render_project(templates, {})


def test_a_wrong_pyproject_is_named(tmp_path: Path) -> None:
    files = {"base/pyproject.toml": "[tool.ruff\n", "base/main.py": ""}
    with pytest.raises(TemplateError, match=r"^pyproject\.toml: renders to invalid TOML"):
        render_project(write_templates(tmp_path, files), {})


def test_wrong_ruff_settings_are_told(tmp_path: Path) -> None:
    files = {"base/pyproject.toml": "[tool.ruff]\ncolour = 1\n", "base/main.py": "x = 1\n"}
    with pytest.raises(TemplateError, match=r"^ruff check failed: .*colour"):
        render_project(write_templates(tmp_path, files), {})


def test_a_ruff_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "ruff"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(0o755)
    monkeypatch.setattr("ruff.__main__.find_ruff_bin", lambda: str(hanging))
    monkeypatch.setattr("async_db.scaffold.rendering.RUFF_SECONDS", 0.1)
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
    with pytest.raises(TemplateError, match=f"^{re.escape(name)}: "):
        render_one(tmp_path / "templates", "x = 1\n", name)


def test_names_that_make_two_files_one_are_refused(tmp_path: Path) -> None:
    files = {"base/test_{{ entities }}.py": "", "base/test_errors.py": ""}
    templates = write_templates(tmp_path, files)
    assert len(render_project(templates, {})) == 2
    with pytest.raises(OptionError, match=r"^two files would be test_errors\.py: choose another"):
        render_project(templates, {"model": "Error"})


def test_a_folder_that_would_hide_a_module_is_refused(tmp_path: Path) -> None:
    files = {"base/{{ package }}/{{ entities }}/models.py": "", "base/{{ package }}/logs.py": ""}
    templates = write_templates(tmp_path, files)
    assert len(render_project(templates, {})) == 2
    with pytest.raises(OptionError, match=r"^app/logs/ would hide app/logs\.py: choose another"):
        render_project(templates, {"model": "Log"})


@pytest.mark.parametrize("package", ["tests", "migrations", "conftest"])
def test_a_package_called_like_what_is_beside_it_is_refused(tmp_path: Path, package: str) -> None:
    files = {
        "base/{{ package }}/main.py": "",
        "base/migrations/env.py": "",
        "base/tests/conftest.py": "",
        "base/tests/fixtures/database.py": "",
    }
    templates = write_templates(tmp_path, files)
    assert len(render_project(templates, {"package": "database"})) == 4
    with pytest.raises(OptionError, match=rf"^package = '{package}' is beside it already"):
        render_project(templates, {"package": package})


def test_manifest_and_options_are_checked(templates: Path) -> None:
    with pytest.raises(OptionError, match="package = 'json'"):
        render_project(templates, {"package": "json"})
    (templates / "base/extra.py.jinja").write_text("")
    with pytest.raises(ManifestError, match=r"extra\.py\.jinja: in no layer"):
        render_project(templates, {})


def test_layer_paths(templates: Path) -> None:
    manifest = read_manifest(templates)
    options = check_options(manifest.options, {"model": "Box"})
    assert layer_paths(manifest, options, ["layer-2", "layer-3"]) == paths(
        "app/boxes.py", "README.md"
    )
    with pytest.raises(OptionError, match="unknown layer 'layer-9': there are layer-0, layer-1"):
        layer_paths(manifest, options, ["layer-9"])


# --- any names ---------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True),
    st.sampled_from(["Class", "Type", "True", "A", "None", "import", "json", "Order\n", "été"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(package=st.just("app") | TEXTS, model=st.just("Order") | TEXTS, plural=st.just("") | TEXTS)
def test_names_are_refused_or_give_valid_python(
    templates: Path, package: str, model: str, plural: str
) -> None:
    manifest = read_manifest(templates)
    given = {"package": package, "model": model, "plural": plural, "database": "both"}
    try:
        tree = render_tree(templates, manifest, check_options(manifest.options, given))
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - a refusal is one of two good outcomes
        return
    assert len(tree) == len(TEMPLATES)
    for path, text in tree.items():
        if path.suffix == ".py":
            ast.parse(text)
