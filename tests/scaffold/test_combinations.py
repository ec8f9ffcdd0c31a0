"""What is rendered is clean under every combination of options, with short and with long names."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from typing import get_args

import pytest

from async_db.scaffold import Tree, check_options, plan_writing, write
from async_db.scaffold.manifest import Into
from helpers.chosen_renderings import Chosen
from helpers.every_rendering import Shelves, every_tree, shelved
from helpers.rendered import (
    ALL_FEATURES,
    LONG,
    MANIFEST,
    SHORT,
    TEMPLATES,
    Options,
    check_types,
    combinations,
    rendered,
    run,
    written,
)

# Words that only make sense to whoever writes the templates, and what placeholders begin with.
TELLTALE = re.compile(r"jinja|template|\{\{|\{%|scaffold|counterexample|rendered|zq", re.IGNORECASE)
# A URL and a command are one line however long they are, and a text for people is wrapped wider.
UNWRAPPED = {".env.example", "Dockerfile", "README.md"}

IMPORT = re.compile(r"^ *(?:from (\w+)[\w.]* import|import (\w+)[\w.]*(?: as \w+)?$)", re.MULTILINE)
INSTALLED = packages_distributions().keys()


@pytest.fixture(scope="module")
def shelves(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    """Every file of every combination, formatted all at once."""
    trees = every_tree(whole=request.config.getoption("--exhaustive"))
    shelves = shelved(tmp_path_factory.mktemp("rendered"), trees)
    run(shelves.folder, "ruff", "check", "--no-cache", "--quiet", "--select=I", "--fix-only", ".")
    run(shelves.folder, "ruff", "format", "--no-cache", "--quiet", ".")
    return shelves


def test_every_text_is_looked_at_once(tmp_path: Path) -> None:
    init, main, settings = map(PurePosixPath, ("app/__init__.py", "app/main.py", "pyproject.toml"))
    trees: list[tuple[Options, Tree]] = [
        ({"package": "app", "with": with_}, {init: "", main: text, settings: "a = 1\n"})
        for with_, text in {"": "one", "search": "two", "totals": "one", "import": "six"}.items()
    ]
    shelves = shelved(tmp_path, trees)
    assert [text for path, text in shelves.files() if path.name == "main.py"] == [
        *("one", "two", "six")
    ]
    assert len([*shelves.files()]) == 5
    assert all((tmp_path / f"app-{n}" / "app/__init__.py").exists() for n in range(3))
    assert shelves.whose("app-1/app/main.py:1: F821") == (
        "app-1/app/main.py: {'package': 'app', 'with': 'search'}"
    )


def test_all_are_linted_by_the_same_settings(shelves: Shelves) -> None:
    texts = [text for path, text in shelves.files() if path.name == "pyproject.toml"]
    assert len(texts) > 20
    assert len({str(tomllib.loads(text)["tool"]["ruff"]) for text in texts}) == 1


def test_it_is_linted(shelves: Shelves) -> None:
    try:
        run(shelves.folder, "ruff", "check", "--no-cache", "--output-format=concise", ".")
    except AssertionError as error:
        pytest.fail(f"{error}\n{shelves.whose(str(error))}", pytrace=False)


def test_it_is_strictly_typed(tmp_path: Path, types_cache: Path, chosen: Chosen) -> None:
    check_types(written(tmp_path / "project", **chosen.options), types_cache)


def test_it_reads_as_if_written_by_hand(shelves: Shelves) -> None:
    for path, text in shelves.files():
        assert not TELLTALE.search(text), path
        assert not text.startswith("\n"), path
        assert "\n\n\n\n" not in text, path
        assert not text or text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path


def test_no_line_is_too_long(shelves: Shelves) -> None:
    too_long = [
        f"{path}:{number}: {line}"
        for path, text in shelves.files()
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > 100 and path.name not in UNWRAPPED
    ]
    assert not too_long, "\n".join(too_long)


def test_it_imports_only_what_no_package_may_be_called(shelves: Shelves) -> None:
    own = {SHORT["package"], LONG["package"], "tests"}
    imported = {
        module
        for path, text in shelves.files()
        if path.suffix == ".py"
        for module in ("".join(found) for found in IMPORT.findall(text))
    }
    assert imported > {"asyncio", "fastapi", "tests"}
    assert imported - own - sys.stdlib_module_names - INSTALLED == set()


def test_a_project_is_formatted_when_it_is_rendered(tmp_path: Path) -> None:
    for names in (SHORT, LONG):
        folder = tmp_path / names["package"]
        write(plan_writing(folder, rendered(with_=ALL_FEATURES, database="both", **names)))
        run(folder, "ruff", "format", "--check", "--no-cache", ".")
        run(folder, "ruff", "check", "--no-cache", ".")


def test_every_template_is_rendered_by_some_combination() -> None:
    templates = {path for path in TEMPLATES.rglob("*.jinja")}
    trees = {
        tree.name
        for chosen in combinations()
        for into in get_args(Into)
        for tree in MANIFEST.trees_for(
            check_options(MANIFEST.options, chosen | {"with": ALL_FEATURES}), into
        )
    }
    assert templates
    assert (
        {path.relative_to(TEMPLATES).parts[0] for path in templates} <= trees == set(MANIFEST.trees)
    )
