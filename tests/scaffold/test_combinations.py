"""What is rendered is clean under every combination of options, with short and with long names."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from async_db.scaffold import check_options, plan_writing, write
from async_db.scaffold.rendering import render_tree
from helpers.rendered import (
    ALL_FEATURES,
    FEATURES,
    LONG,
    MANIFEST,
    SHORT,
    TEMPLATES,
    Options,
    check_types,
    combinations,
    named,
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

WIRINGS = MANIFEST.options["wiring"].allowed
# Every feature alone with short names, and none and all of them with both.
VARIANTS: dict[str, Options] = {
    **{feature: {"with": feature, **SHORT} for feature in FEATURES},
    "none-short": {"with": "", **SHORT},
    "none-long": {"with": "", **LONG},
    "all-short": {"with": ALL_FEATURES, **SHORT},
    "all-long": {"with": ALL_FEATURES, **LONG},
}


@pytest.fixture(scope="module", params=combinations(), ids=named)
def projects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of projects, one of each variant of these options, formatted all at once."""
    folder = tmp_path_factory.mktemp("rendered")
    for name, variant in VARIANTS.items():
        options = check_options(MANIFEST.options, request.param | variant)
        tree = render_tree(TEMPLATES, MANIFEST, options)
        write(plan_writing(folder / name, tree))
    run(folder, "ruff", "check", "--no-cache", "--quiet", "--select=I", "--fix-only", ".")
    run(folder, "ruff", "format", "--no-cache", "--quiet", ".")
    return folder


def files(projects: Path) -> Iterator[tuple[Path, str]]:
    """Give the path in its project, and the text, of every file."""
    for name in VARIANTS:
        project = projects / name
        for path in sorted(project.rglob("*")):
            if path.is_file():
                yield path.relative_to(project), path.read_text("utf-8")


def test_it_is_linted(projects: Path) -> None:
    run(projects, "ruff", "check", "--no-cache", ".")


def test_it_is_strictly_typed(
    projects: Path, types_cache: Path, request: pytest.FixtureRequest
) -> None:
    # Where an older FastAPI is chosen, an argument is left out: that is seen in one of them.
    older = "0.106" in request.node.name
    for variant in ("all-long",) if older else ("none-short", "all-long"):
        check_types(projects / variant, types_cache)


@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("feature", FEATURES)
def test_each_feature_is_strictly_typed(
    tmp_path: Path, types_cache: Path, feature: str, wiring: str
) -> None:
    project = written(tmp_path / "project", with_=feature, wiring=wiring, database="both")
    check_types(project, types_cache)


def test_it_reads_as_if_written_by_hand(projects: Path) -> None:
    for path, text in files(projects):
        assert not TELLTALE.search(text), path
        assert not text.startswith("\n"), path
        assert "\n\n\n\n" not in text, path
        assert not text or text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path


def test_no_line_is_too_long(projects: Path) -> None:
    too_long = [
        f"{path}:{number}: {line}"
        for path, text in files(projects)
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > 100 and path.name not in UNWRAPPED
    ]
    assert not too_long, "\n".join(too_long)


def test_it_imports_only_what_no_package_may_be_called(projects: Path) -> None:
    own = {SHORT["package"], LONG["package"], "tests"}
    imported = {
        module
        for path, text in files(projects)
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
        for tree in MANIFEST.trees_for(
            check_options(MANIFEST.options, chosen | {"with": ALL_FEATURES})
        )
    }
    assert templates
    assert (
        {path.relative_to(TEMPLATES).parts[0] for path in templates} <= trees == set(MANIFEST.trees)
    )
