"""What the manifest may say, and which templates it chooses."""

import re
from pathlib import Path

import pytest

from async_db.scaffold.manifest import (
    Manifest,
    ManifestError,
    check_templates,
    chosen_templates,
    read_manifest,
)
from async_db.scaffold.options import Options, check_options
from helpers.templates import DATABASE, NAMES, choice, features, write_pack

MANIFEST = (
    choice("wiring", "depends", "other", help="How.")
    + DATABASE
    + features("search", "export")
    + NAMES
    + """
[contributes]
routers = "A router."
resources = "Name and type."

[trees.base]
routers = ["routes"]

[trees.postgresql]
when = { database = ["postgresql", "both"] }
owns = ["tests/test_postgresql.py"]

[trees.sqlite]
when = { database = ["sqlite", "both"] }

[trees.other]
when = { wiring = ["other"] }
resources = [{ name = "container", type = "Container" }]

[trees.other-search]
when = { wiring = ["other"], with = ["search"] }
routers = ["search"]

[trees.export]
when = { with = ["export"] }
routers = ["exports"]

[layers.session]
help = "The session."
files = ["{{ package }}/session.py"]

[layers.rest]
help = "The rest."
files = ["README.md", "tests/test_postgresql.py", "{{ package }}/search.py"]
"""
)
TEMPLATES = (
    "base/README.md",
    "base/tests/test_postgresql.py",
    "base/{{ package }}/session.py",
    "other/{{ package }}/session.py",
    "other-search/{{ package }}/search.py",
    "sqlite/{{ package }}/session.py",
)


def make_templates(folder: Path, manifest: str = MANIFEST) -> Path:
    return write_pack(folder, dict.fromkeys(TEMPLATES, ""), manifest)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return make_templates(tmp_path / "templates")


@pytest.fixture
def manifest(templates: Path) -> Manifest:
    return read_manifest(templates)


def options(manifest: Manifest, **given: str) -> Options:
    return check_options(manifest.options, {key.rstrip("_"): text for key, text in given.items()})


# --- reading -----------------------------------------------------------------------------------


def test_it_is_read(manifest: Manifest) -> None:
    assert list(manifest.options) == ["wiring", "database", "with", "package", "model"]
    assert manifest.options["database"].allowed == ("postgresql", "sqlite", "both")
    assert manifest.options["with"].kind == "set"
    assert manifest.layers["session"].files == ("{{ package }}/session.py",)
    assert manifest.trees["base"].when == {}
    assert manifest.trees["postgresql"].owns == ("tests/test_postgresql.py",)
    assert manifest.trees["export"].contributions == {"routers": ("exports",)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[options.wiring]", "[options.wiring", "manifest.toml: "),
        ("[layers.session]", "[extra]\n[layers.session]", "the manifest: unknown key 'extra'"),
        ('type = "package"', 'type = "name"', "options.package: type must be one of"),
        ('type = "package"\n', "", "options.package: type must be one of"),
        ('default = "app"\n', "", "options.package: default must be a text"),
        ('default = "app"', 'default = "App"', "is not a package name"),
        ('default = "app"', 'default = "app"\nsize = 1', "options.package: unknown key 'size'"),
        ('default = "postgresql"', 'default = "oracle"', "is not one of postgresql"),
        ('default = ""', 'default = "import"', "has 'import', which is not one of search, export"),
        ('allowed = ["depends", "other"]\n', "", "has a list 'allowed'"),
        ('allowed = ["search", "export"]\n', "", "has a list 'allowed'"),
        ('default = "app"', 'default = "app"\nallowed = ["app"]', "has a list 'allowed'"),
        ("[options.with]", "[options.entity]", "options.entity: this name cannot be used"),
        ("[options.with]", "[options.contributed]", "contributed: this name cannot be used"),
        ("[options.with]", "[options.With]", "options.With: this name cannot be used"),
        ("[options.package]", "[options.pack]", "an option 'package' of type 'package' is needed"),
        ('type = "model"', 'type = "plural"', "an option 'model' of type 'model' is needed"),
        ("[trees.base]", "[trees.first]", "a tree 'base' is needed"),
        ("[trees.other]", "[trees.'../other']", "trees.../other: this name cannot be used"),
        (
            '{ wiring = ["other"] }',
            '{ colour = ["other"] }',
            "trees.other.when: no option 'colour'",
        ),
        ('{ wiring = ["other"] }', '{ wiring = ["third"] }', "'third' is not one of depends"),
        ('{ wiring = ["other"] }', '{ wiring = "other" }', "when.wiring must be a list of texts"),
        ('{ wiring = ["other"] }', '"other"', "trees.other.when: must be a table"),
        ('owns = ["tests', 'owns = [1, "tests', "trees.postgresql: owns must be a list of texts"),
        ('routers = ["routes"]', 'routers = "routes"', "trees.base.routers must be a list"),
        ('routers = ["routes"]', "routers = [1]", "trees.base.routers: must be a table"),
        ('type = "Container" }', "type = 1 }", "trees.other.resources: type must be a text"),
        ('routers = ["exports"]', 'router = ["exports"]', "trees.export: unknown key 'router'"),
        ('"A router."', "1", "contributes: routers must be a text"),
        ('files = ["{{ package }}/session.py"]', "", "layers.session: files must be a list"),
        ('files = ["{{ package }}/session.py"]', "files = []", "layers.session: has no files"),
        ('help = "The session."', "", "layers.session: help must be a text"),
        ("[layers.session]", '[layers."a,b"]', "layers.a,b: this name cannot be used"),
    ],
)
def test_what_is_wrong_with_it_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert MANIFEST.count(old) == 1
    templates = make_templates(tmp_path / "templates", MANIFEST.replace(old, new))
    with pytest.raises(ManifestError, match=re.escape(message)) as told:
        read_manifest(templates)
    assert str(told.value).startswith(f"{templates / 'manifest.toml'}: ")


def test_a_missing_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.toml"):
        read_manifest(tmp_path)


NEEDS = MANIFEST.replace(
    'help = "How."', 'help = "How."\nneeds = { other = { database = "both" } }'
)


def test_what_a_value_needs_is_read(tmp_path: Path) -> None:
    manifest = read_manifest(make_templates(tmp_path, NEEDS))
    assert manifest.options["wiring"].needs == {"other": {"database": "both"}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("other = {", "others = {", "wiring = 'others' is not one of depends, other"),
        ('= "both" }', '= "mysql" }', "database = 'mysql' is not one of"),
        ("{ other = { database", "{ other = { colour", "options.wiring.needs: no option 'colour'"),
        ('{ other = { database = "both" } }', '"both"', "options.wiring.needs: must be a table"),
        ('{ database = "both" } }', '"both" }', "options.wiring: must be a table"),
    ],
)
def test_wrong_needs_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert NEEDS.count(old) == 1
    templates = make_templates(tmp_path / "templates", NEEDS.replace(old, new))
    with pytest.raises(ManifestError, match=re.escape(message)):
        read_manifest(templates)


# --- trees, templates and layers ---------------------------------------------------------------


def test_layers_and_trees_that_fit_the_templates_are_accepted(
    templates: Path, manifest: Manifest
) -> None:
    check_templates(templates, manifest)


def test_all_that_does_not_fit_is_named(templates: Path, manifest: Manifest) -> None:
    (templates / "base/notes.txt").write_text("")
    (templates / "base/extra.py.jinja").write_text("")
    (templates / "loose.py.jinja").write_text("")
    (templates / "elsewhere").mkdir()
    (templates / "elsewhere/session.py.jinja").write_text("")
    (templates / "base/README.md.jinja").unlink()
    with pytest.raises(ManifestError) as told:
        check_templates(templates, manifest)
    assert str(told.value).partition(": ")[2].split("; ") == [
        "base/notes.txt: does not end in .jinja",
        "elsewhere/session.py.jinja: in no tree",
        "loose.py.jinja: in no tree",
        "extra.py.jinja: in no layer",
        "README.md: has no template",
    ]


def test_a_template_in_two_layers_is_named(tmp_path: Path) -> None:
    twice = MANIFEST.replace('"README.md",', '"{{ package }}/session.py", "README.md",')
    templates = make_templates(tmp_path / "templates", twice)
    with pytest.raises(ManifestError, match=r"session\.py: listed 2 times$"):
        check_templates(templates, read_manifest(templates))


@pytest.mark.parametrize("owned", ["{{ package }}/search.py", "tests/test_nothing.py"])
def test_what_a_tree_owns_is_in_the_base(tmp_path: Path, owned: str) -> None:
    wrong = MANIFEST.replace('owns = ["', f'owns = ["{owned}", "')
    templates = make_templates(tmp_path / "templates", wrong)
    with pytest.raises(ManifestError, match=rf"{re.escape(owned)}: owned, but not in base/$"):
        check_templates(templates, read_manifest(templates))


@pytest.mark.parametrize(
    ("given", "trees"),
    [
        ({}, ["base", "postgresql"]),
        ({"database": "both"}, ["base", "postgresql", "sqlite"]),
        ({"database": "sqlite", "with_": "search,export"}, ["base", "sqlite", "export"]),
        (
            {"wiring": "other", "with_": "search"},
            ["base", "postgresql", "other", "other-search"],
        ),
    ],
)
def test_a_tree_applies_when_all_that_it_names_is_chosen(
    manifest: Manifest, given: dict[str, str], trees: list[str]
) -> None:
    assert [tree.name for tree in manifest.trees_for(options(manifest, **given))] == trees


def test_a_later_tree_replaces_the_files_of_an_earlier_one(
    templates: Path, manifest: Manifest
) -> None:
    session = "{{ package }}/session.py"

    def chosen(**given: str) -> str:
        return chosen_templates(templates, manifest, options(manifest, **given))[session]

    assert chosen() == f"base/{session}.jinja"
    assert chosen(wiring="other") == f"other/{session}.jinja"
    assert chosen(database="sqlite") == f"sqlite/{session}.jinja"
    assert chosen(database="sqlite", wiring="other") == f"other/{session}.jinja"


def test_what_a_tree_owns_goes_with_it(templates: Path, manifest: Manifest) -> None:
    owned = "tests/test_postgresql.py"
    for database, is_there in (("postgresql", True), ("both", True), ("sqlite", False)):
        chosen = chosen_templates(templates, manifest, options(manifest, database=database))
        assert (owned in chosen) == is_there
        assert "README.md" in chosen


def test_a_tree_has_a_file_that_another_owns_in_the_base(
    templates: Path, manifest: Manifest
) -> None:
    own = templates / "sqlite/tests/test_postgresql.py.jinja"
    own.parent.mkdir()
    own.write_text("")
    chosen = chosen_templates(templates, manifest, options(manifest, database="sqlite"))
    assert chosen["tests/test_postgresql.py"] == "sqlite/tests/test_postgresql.py.jinja"


def test_contributions_come_in_the_order_of_the_trees(manifest: Manifest) -> None:
    chosen = options(manifest, wiring="other", with_="export,search")
    assert manifest.contributed(chosen) == {
        "routers": ["routes", "search", "exports"],
        "resources": [{"name": "container", "type": "Container"}],
    }


def test_what_two_trees_contribute_alike_comes_once(tmp_path: Path) -> None:
    alike = MANIFEST.replace('routers = ["exports"]', 'routers = ["search", "exports"]')
    manifest = read_manifest(make_templates(tmp_path / "templates", alike))
    chosen = options(manifest, wiring="other", with_="export,search")
    assert manifest.contributed(chosen)["routers"] == ["routes", "search", "exports"]


def test_a_kind_that_nothing_contributes_to_is_empty(manifest: Manifest) -> None:
    assert manifest.contributed(options(manifest)) == {"routers": ["routes"], "resources": []}
