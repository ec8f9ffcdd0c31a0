"""What the manifest may say, and which option values are refused."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.scaffold.manifest import (
    LONGEST_NAME,
    Manifest,
    ManifestError,
    OptionError,
    check_options,
    check_templates,
    plural,
    read_manifest,
    snake_case,
)

MANIFEST = """
reserved_models = ["Base", "URL"]

[options.wiring]
type = "choice"
default = "depends"
allowed = ["depends", "other"]
help = "How."

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

[layers.session]
help = "The session."
files = ["{{ package }}/session.py"]

[layers.base]
help = "The rest."
files = ["{{ package }}/__init__.py", "README.md"]
"""

MODEL_NAMES = st.from_regex(r"[A-Z][A-Za-z0-9]*", fullmatch=True)


def make_templates(folder: Path, manifest: str = MANIFEST) -> Path:
    package = folder / "{{ package }}"
    package.mkdir(parents=True)
    (folder / "manifest.toml").write_text(manifest)
    for file in (package / "session.py", package / "__init__.py", folder / "README.md"):
        file.with_name(f"{file.name}.jinja").write_text("")
    return folder


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return make_templates(tmp_path / "templates")


@pytest.fixture
def manifest(templates: Path) -> Manifest:
    return read_manifest(templates)


def test_manifest_is_read(manifest: Manifest) -> None:
    assert list(manifest.options) == ["wiring", "database", "package", "model"]
    assert manifest.options["database"].allowed == ("postgresql", "sqlite", "both")
    assert manifest.options["model"].kind == "model"
    assert manifest.layers["session"].files == ("{{ package }}/session.py",)
    assert manifest.reserved_models == {"Base", "URL"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[options.wiring]", "[options.wiring", "manifest.toml: "),
        ("reserved_models", "reserved_modles", "unknown key 'reserved_modles'"),
        ('["Base", "URL"]', '"Base"', "reserved_models must be a list of texts"),
        ('type = "package"', 'type = "name"', "options.package: type must be one of"),
        ('type = "package"\n', "", "options.package: type must be one of"),
        ('default = "app"\n', "", "options.package: default must be a text"),
        ('default = "app"', 'default = "App"', "is not a package name"),
        ('default = "postgresql"', 'default = "oracle"', "is not one of postgresql"),
        ('allowed = ["depends", "other"]\n', "", "has a list 'allowed'"),
        ('default = "app"', 'default = "app"\nallowed = ["app"]', "has a list 'allowed'"),
        ("[options.wiring]", "[options.entity]", "options.entity: this name cannot be used"),
        ("[options.wiring]", "[options.Wiring]", "options.Wiring: this name cannot be used"),
        ("[options.package]", "[options.pack]", "an option 'package' of type 'package' is needed"),
        ('files = ["{{ package }}/session.py"]', "", "layers.session: files must be a list"),
        ('files = ["{{ package }}/session.py"]', "files = []", "layers.session: has no files"),
        ('help = "The session."', "", "layers.session: help must be a text"),
        ("[layers.session]", '[layers."a,b"]', "layers.a,b: this name cannot be used"),
        ("[layers.session]", "[extra]\n[layers.session]", "unknown key 'extra'"),
    ],
)
def test_wrong_manifest_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert MANIFEST.count(old) == 1
    templates = make_templates(tmp_path / "templates", MANIFEST.replace(old, new))
    with pytest.raises(ManifestError, match=re.escape(message)):
        read_manifest(templates)


def test_missing_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.toml"):
        read_manifest(tmp_path)


def test_layers_that_fit_the_templates_are_accepted(templates: Path, manifest: Manifest) -> None:
    check_templates(templates, manifest)


def test_all_that_does_not_fit_is_named(templates: Path, manifest: Manifest) -> None:
    (templates / "notes.txt").write_text("")
    (templates / "extra.py.jinja").write_text("")
    (templates / "README.md.jinja").unlink()
    with pytest.raises(ManifestError) as caught:
        check_templates(templates, manifest)
    assert str(caught.value).endswith(
        "notes.txt: does not end in .jinja; extra.py.jinja: in no layer; README.md: has no template"
    )


def test_template_in_two_layers_is_named(tmp_path: Path) -> None:
    twice = MANIFEST.replace('"README.md"]', '"{{ package }}/session.py", "README.md"]')
    templates = make_templates(tmp_path / "templates", twice)
    with pytest.raises(ManifestError, match=r"session\.py: listed 2 times"):
        check_templates(templates, read_manifest(templates))


def test_context_has_options_and_what_follows_from_them(manifest: Manifest) -> None:
    given = {"model": "OrderCategory", "package": "shop", "database": "sqlite"}
    assert check_options(manifest, given).context() == {
        "wiring": "depends",
        "database": "sqlite",
        "package": "shop",
        "model": "OrderCategory",
        "entity": "order_category",
        "entities": "order_categories",
        "slug": "order-categories",
        "postgresql": False,
        "sqlite": True,
    }


@pytest.mark.parametrize(
    ("database", "postgresql", "sqlite"),
    [("postgresql", True, False), ("sqlite", False, True), ("both", True, True)],
)
def test_databases(manifest: Manifest, database: str, postgresql: bool, sqlite: bool) -> None:
    context = check_options(manifest, {"database": database}).context()
    assert (context["postgresql"], context["sqlite"]) == (postgresql, sqlite)


def test_unknown_option_is_refused(manifest: Manifest) -> None:
    with pytest.raises(OptionError, match="unknown option colour: there are wiring, database"):
        check_options(manifest, {"colour": "blue"})


def test_choice_outside_its_list_is_refused(manifest: Manifest) -> None:
    with pytest.raises(OptionError, match="'mysql' is not one of postgresql, sqlite, both"):
        check_options(manifest, {"database": "mysql"})


NEEDS = MANIFEST.replace(
    'help = "How."', 'help = "How."\nneeds = { other = { database = "both" } }'
)


def test_a_choice_that_needs_another_is_refused_without_it(tmp_path: Path) -> None:
    manifest = read_manifest(make_templates(tmp_path / "templates", NEEDS))

    assert check_options(manifest, {"wiring": "other", "database": "both"})
    assert check_options(manifest, {"wiring": "depends", "database": "sqlite"})
    with pytest.raises(OptionError, match="wiring = 'other' needs database = 'both'"):
        check_options(manifest, {"wiring": "other"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("other = {", "others = {", "wiring = 'others' is not one of depends, other"),
        ('= "both" }', '= "mysql" }', "database = 'mysql' is not one of"),
        ("{ database", "{ colour", r"options\.wiring\.needs: no option 'colour'"),
        (
            '{ other = { database = "both" } }',
            '"database"',
            r"options\.wiring\.needs: must be a table",
        ),
    ],
)
def test_needs_that_make_no_sense_are_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert NEEDS.count(old) == 1
    templates = make_templates(tmp_path / "templates", NEEDS.replace(old, new))
    with pytest.raises(ManifestError, match=message):
        read_manifest(templates)


@pytest.mark.parametrize("name", ["a", "shop", "shop2", "order_service", "match", "type"])
def test_package_names(manifest: Manifest, name: str) -> None:
    assert check_options(manifest, {"package": name}).package == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is not a package name"),
        ("Shop", "is not a package name"),
        ("1shop", "is not a package name"),
        ("my-shop", "is not a package name"),
        ("my.shop", "is not a package name"),
        ("../shop", "is not a package name"),
        ("shop\n", "is not a package name"),
        ("_shop", "is not a package name"),
        ("shop_", "is not a package name"),
        ("café", "is not a package name"),
        ("a" * (LONGEST_NAME + 1), "is too long"),
        ("class", "is a Python keyword"),
        ("json", "would hide the standard library's module"),
        ("tests", "would hide something that the project uses"),
        ("sqlalchemy", "would hide something that the project uses"),
        ("asgi_lifespan", "would hide something that the project uses"),
    ],
)
def test_refused_package_names(manifest: Manifest, name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"^package = .* {reason}"):
        check_options(manifest, {"package": name})


@pytest.mark.parametrize("name", ["Order", "OrderLine", "HTTPRequest", "X2", "Match"])
def test_model_names(manifest: Manifest, name: str) -> None:
    assert check_options(manifest, {"model": name}).values["model"] == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is not a class name"),
        ("order", "is not a class name"),
        ("Order_Line", "is not a class name"),
        ("Order\n", "is not a class name"),
        ("Ordér", "is not a class name"),
        ("O" * (LONGEST_NAME + 1), "is too long"),
        ("Oo" * 20, "is too long"),
        ("None", "is a name of Python itself"),
        ("Exception", "is a name of Python itself"),
        ("Class", "would name a variable 'class'"),
        ("Import", "would name a variable 'import'"),
        ("Type", "would name a variable 'type'"),
        ("List", "would name a variable 'list'"),
        ("Id", "would name a variable 'id'"),
        ("Self", "would name a variable 'self'"),
        ("A", "would name a variable 'as'"),
        ("Byte", "would name a variable 'bytes'"),
        ("Base", "is a name that the project uses itself"),
        ("Url", "is a name that the project uses itself"),
    ],
)
def test_refused_model_names(manifest: Manifest, name: str, reason: str) -> None:
    with pytest.raises(OptionError, match=f"^model = .* {reason}"):
        check_options(manifest, {"model": name})


def test_refusal_of_a_long_value_stays_short(manifest: Manifest) -> None:
    with pytest.raises(OptionError) as caught:
        check_options(manifest, {"package": "x\n" * 10_000})
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "entity", "entities"),
    [
        ("Order", "order", "orders"),
        ("OrderLine", "order_line", "order_lines"),
        ("Category", "category", "categories"),
        ("Box", "box", "boxes"),
        ("Address", "address", "addresses"),
        ("Day", "day", "days"),
        ("Batch", "batch", "batches"),
        ("Dish", "dish", "dishes"),
        ("HTTPRequest", "http_request", "http_requests"),
        ("Order2Line", "order2_line", "order2_lines"),
        ("Y", "y", "ys"),
        ("LineY", "line_y", "line_ys"),
    ],
)
def test_names_derived_from_a_model(name: str, entity: str, entities: str) -> None:
    assert (snake_case(name), plural(entity)) == (entity, entities)


@given(MODEL_NAMES)
def test_derived_names_are_identifiers(name: str) -> None:
    entity = snake_case(name)
    for derived in (entity, plural(entity)):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", derived)
        assert derived.isidentifier()
    assert entity.replace("_", "") == name.lower()
    assert plural(entity) != entity
