"""A model may have nearly any name: what is rendered then means the same, and works."""

import re
from functools import cache
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from async_db.scaffold import OptionError, Tree, check_options
from async_db.scaffold.naming import Names, filled_in
from async_db.scaffold.rendering import render_tree, render_with_placeholders
from helpers.bindings import differences
from helpers.rendered import (
    ALL_FEATURES,
    MANIFEST,
    TEMPLATES,
    Options,
    check_types,
    rendered,
    run,
    run_its_tests_on_sqlite,
    written,
)

VARIANTS: list[Options] = [
    {"database": "both"},
    {"replica": "read", "database": "both"},
    {"reporting": "outbox", "database": "both"},
    {"wiring": "modern-di", "replica": "read"},
    {"wiring": "manager", "database": "sqlite"},
    {"tenancy": "schema"},
]
TRIED = [("Status", 0), ("Session", 1), ("Series", 2), ("Test", 3), ("Client", 4)]
# Each is a name of the scaffold's own, a builtin, what pytest looks at, or the same for several.
OTHERS = [
    *("Page", "Logger", "Found", "Line", "Route", "Datetime", "Property", "Client", "Customer"),
    *("Item", "Router", "Select", "Repository", "Query", "List", "Type", "Text", "Count", "News"),
    *("Request", "Response", "Exception", "Base", "TestCase", "Row", "Depends", "Url", "Data"),
]


@cache
def with_placeholders(variant: int) -> Tree:
    return render_with_placeholders(
        TEMPLATES, MANIFEST, check_options(MANIFEST.options, chosen(variant))
    )


def chosen(variant: int) -> Options:
    return VARIANTS[variant] | {"with": ALL_FEATURES}


def changed_meanings(variant: int, names: Names, tree: Tree) -> list[str]:
    """Give every line that means something else than it does with names that are nobody's."""
    found = []
    python = {
        path: text for path, text in with_placeholders(variant).items() if path.suffix == ".py"
    }
    assert len(python) > 40
    for path, text in python.items():
        after = tree[PurePosixPath(filled_in(str(path), names))]
        found += [
            f"{path}: {line}"
            for line in differences(text, after, lambda old: filled_in(old, names))
        ]
    return found


def render_model(variant: int, model: str) -> tuple[Names, Tree]:
    options = check_options(MANIFEST.options, chosen(variant) | {"model": model})
    return options.names, render_tree(TEMPLATES, MANIFEST, options)


# --- what works --------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "to_run" in metafunc.fixturenames:
        chosen = TRIED if metafunc.config.getoption("--exhaustive") else TRIED[:1]
        metafunc.parametrize(("to_run", "variant"), chosen)


def written_for(folder: Path, model: str, variant: int) -> Path:
    options = VARIANTS[variant] | {"database": "both", "model": model}
    return written(folder, with_=ALL_FEATURES, **options)


@pytest.mark.exhaustive
def test_it_is_linted_and_typed(
    tmp_path: Path, types_cache: Path, to_run: str, variant: int
) -> None:
    project = written_for(tmp_path / "project", to_run, variant)
    run(project, "ruff", "check", "--no-cache", ".")
    check_types(project, types_cache)


def test_its_tests_pass(tmp_path: Path, to_run: str, variant: int) -> None:
    run_its_tests_on_sqlite(written_for(tmp_path / "project", to_run, variant))


@pytest.mark.parametrize(
    ("model", "variant"), [(model, n % len(VARIANTS)) for n, model in enumerate(OTHERS)]
)
def test_nothing_is_hidden(model: str, variant: int) -> None:
    assert changed_meanings(variant, *render_model(variant, model)) == []


def test_what_is_hidden_would_be_seen() -> None:
    names, tree = render_model(0, "Status")
    naive = {
        PurePosixPath(filled_in(str(path), names)): filled_in(text, names)
        for path, text in with_placeholders(0).items()
    }
    assert changed_meanings(0, names, tree) == []
    assert changed_meanings(0, names, naive)


@cache
def words_of_the_scaffold() -> list[str]:
    """Give every name that is in the scaffold as the class whose variable would be called so."""
    texts = [
        text
        for variant in range(len(VARIANTS))
        for path, text in with_placeholders(variant).items()
        if path.suffix == ".py"
    ]
    words = {word for text in texts for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)}
    classes = {"".join(map(str.capitalize, word.split("_"))) for word in words}
    return sorted(name for name in classes if re.fullmatch(r"[A-Z][A-Za-z0-9]*", name))


@settings(max_examples=30)
@given(
    st.deferred(lambda: st.sampled_from(words_of_the_scaffold())),
    st.integers(0, len(VARIANTS) - 1),
)
def test_any_word_of_the_scaffold_hides_nothing_or_is_refused(model: str, variant: int) -> None:
    try:
        names, tree = render_model(variant, model)
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - a refusal is one of two good outcomes
        return
    assert changed_meanings(variant, names, tree) == []


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "variant", "message"),
    [
        (
            "Settings",
            0,
            "app/settings/ would hide app/settings.py: choose another model or package",
        ),
        ("Log", 0, "app/logs/ would hide app/logs.py: choose another model or package"),
        ("Migration", 0, "two files would be tests/fixtures/migrations.py: choose another"),
        ("Import", 0, "would be called 'import', which Python needs: choose another one"),
        ("Database", 0, "in app/databases/confirmation.py, 'database' is a parameter that others"),
        ("Body", 0, "in app/bodies/routes.py, 'body' is a parameter that others know"),
        ("Error", 0, "in app/errors/shipping.py, 'error' is a caught error"),
        ("Sku", 0, "in app/skus/models.py, 'sku' is an attribute of SkuItem"),
        ("Id", 0, "in app/ids/models.py, 'id' is an attribute that IdItem inherits"),
        ("Metadata", 0, "in app/metadata/models.py, 'metadata' is an attribute that MetadataItem"),
        ("Str", 0, "in app/strs/models.py, 'str' is needed as Python's own"),
        ("Store", 0, "in app/stores/shipping.py, 'store' is a function or class of its own"),
        ("AuditEntry", 4, "a table 'audit_entries' is there, as in app/audit.py"),
    ],
)
def test_what_does_not_go_is_told_in_one_line(model: str, variant: int, message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)) as told:
        render_model(variant, model)
    assert "\n" not in str(told.value)
    assert "choose another" in str(told.value)


@pytest.mark.parametrize("package", ["conftest", "py", "tests", "migrations", "alembic", "json"])
def test_a_package_cannot_have_the_name_of_what_is_beside_it(package: str) -> None:
    with pytest.raises(OptionError, match=rf"^package = '{package}' .*: choose another name$"):
        rendered(package=package)
