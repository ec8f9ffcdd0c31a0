"""Sets of releases: what is installed of them, and what scaffold they take."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging import requirements as packaging
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from async_db.proving.releases.needed import needed_to_verify
from async_db.proving.releases.sets import (
    RELEASE_SETS,
    ReleaseSet,
    comparators_in,
    for_scaffold,
    pinned,
    scaffold_options,
    unmet,
    within,
)
from async_db.rules import Comparator, Requirement
from async_db.scaffold import render_project
from helpers.release_examples import (
    FASTAPI,
    HTTPX,
    NEWEST,
    OLD_FASTAPI,
    ROOT,
    RULES,
    versions,
    windows,
)

DEPENDENCIES = needed_to_verify(ROOT)


def test_each_set_has_a_folder_of_its_own_and_the_newest_is_the_last() -> None:
    folders = [releases.folder for releases in RELEASE_SETS]

    assert len(set(folders)) == len(folders)
    assert all(Path(folder).name == folder for folder in folders)
    assert RELEASE_SETS[-1] == ReleaseSet()
    assert ReleaseSet().name == "latest"


@pytest.mark.parametrize(
    ("releases", "name", "folder", "pins"),
    [
        (ReleaseSet(), "latest", "latest", {"sqlalchemy": "2.1.*"}),
        (
            ReleaseSet("pytest_asyncio", "1.0.*"),
            "pytest_asyncio 1.0.*",
            "pytest_asyncio-1.0",
            {"sqlalchemy": "2.1.*", "pytest-asyncio": "1.0.*"},
        ),
        (
            ReleaseSet("SQLAlchemy", "2.0.*"),
            "SQLAlchemy 2.0.*",
            "sqlalchemy-2.0",
            {"sqlalchemy": "2.0.*"},
        ),
    ],
)
def test_a_set_is_the_newest_releases_but_for_one(
    releases: ReleaseSet, name: str, folder: str, pins: Mapping[str, str]
) -> None:
    assert (releases.name, releases.folder, releases.pins) == (name, folder, pins)


EDGES = [
    pytest.param(part.distribution, bound, id=f"{rule.name} at {part.project} {bound}")
    for rule in RULES
    for part in rule.window
    for bound in part.comparators
]


@pytest.mark.parametrize(("distribution", "bound"), EDGES)
def test_sets_are_on_both_sides_of_each_edge_that_a_window_names(
    distribution: str, bound: Comparator
) -> None:
    # What a set does not pin is the newest release; what is installed here is not newer.
    newest = metadata.version(distribution)
    sides = {bound.holds(part.pins.get(distribution, newest)) for part in RELEASE_SETS}

    assert sides == {True, False}


def test_what_sets_pin_is_what_the_pack_depends_on() -> None:
    names = {canonicalize_name(packaging.Requirement(text).name) for text in DEPENDENCIES}

    assert {name for part in RELEASE_SETS for name in part.pins} <= names


def test_pinned_dependencies_lose_their_own_bounds() -> None:
    dependencies = [
        "fastapi>=0.121",
        "SQLAlchemy [asyncio] >= 2.0.40, <3",
        "Pytest.Asyncio>=1.1 ; python_version > '3'",
        "httpx",
    ]
    pins = {"fastapi": "0.118.0", "sqlalchemy": "2.1.*", "pytest-asyncio": "1.0.*"}

    assert pinned(dependencies, pins) == [
        "fastapi==0.118.0",
        "SQLAlchemy[asyncio]==2.1.*",
        "Pytest.Asyncio==1.0.*; python_version > '3'",
        "httpx",
    ]


spaces = st.sampled_from(["", " "])
projects = st.from_regex(r"[A-Za-z0-9]{1,4}([-_.][A-Za-z0-9]{1,4}){0,2}", fullmatch=True)


@st.composite
def any_dependency(draw: st.DrawFn) -> str:
    parts = [
        draw(projects),
        draw(st.sampled_from(["", "[asyncio]", "[a, b]"])),
        ", ".join(map(str, draw(windows))),
        draw(st.sampled_from(["", "; python_version >= '3.8'", ";extra == 'x'"])),
    ]
    return draw(spaces).join(parts)


@given(st.lists(any_dependency(), min_size=1, max_size=4), versions, st.data())
def test_pins_change_versions_and_nothing_else(
    dependencies: list[str], version: str, data: st.DataObject
) -> None:
    before = [packaging.Requirement(text) for text in dependencies]
    names = sorted({str(canonicalize_name(part.name)) for part in before})
    pins = dict.fromkeys(data.draw(st.sets(st.sampled_from(names))), version)

    after = pinned(dependencies, pins)

    for old, text, new in zip(before, dependencies, after, strict=True):
        if canonicalize_name(old.name) in pins:
            old.specifier = SpecifierSet(f"=={version}")
            assert packaging.Requirement(new) == old
        else:
            assert new == text


def test_what_is_no_dependency_is_told() -> None:
    with pytest.raises(ValueError, match=r"not a dependency: '\./here'"):
        pinned(["./here"], {})


@given(windows)
def test_bounds_are_read_as_they_are_written(bounds: tuple[Comparator, ...]) -> None:
    assert comparators_in(str(Requirement("FastAPI", bounds))) == bounds


def test_bounds_are_read_without_spaces_too() -> None:
    assert comparators_in(">=0.118,<0.121") == (Comparator(">=", "0.118"), Comparator("<", "0.121"))
    assert comparators_in("any release") == ()


def test_unmet_is_what_is_installed_and_too_old() -> None:
    dependencies = [
        "fastapi>=0.121",
        "sqlalchemy[asyncio]>=2.0.40; python_version > '3'",
        "ruff>=9",
    ]

    assert unmet(dependencies, NEWEST | {"sqlalchemy": "2.0.40"}) == ()
    assert [str(part) for part in unmet(dependencies, OLD_FASTAPI | {"sqlalchemy": "2.0.39"})] == [
        "fastapi >= 0.121",
        "sqlalchemy >= 2.0.40",
    ]


@pytest.mark.parametrize(
    ("fastapi", "options"),
    [
        ("0.105.0", {}),
        ("0.106.0", {"fastapi": "0.106"}),
        ("0.117.1", {"fastapi": "0.106"}),
        ("0.118.0", {}),
        ("0.165.0", {}),
    ],
)
def test_releases_that_commit_in_time_have_a_scaffold_of_their_own(
    fastapi: str, options: dict[str, str]
) -> None:
    installed = NEWEST | {"fastapi": fastapi}
    assert scaffold_options(installed) == options
    assert bool(unmet(["fastapi>=0.121"], installed)) == (not options and fastapi != "0.165.0")


def test_that_scaffold_has_no_scope_and_its_counterexamples_neither() -> None:
    imports = {"with": "import"}
    usual = render_project(ROOT / "templates", imports)
    older = render_project(ROOT / "templates", imports | {"fastapi": "0.106"})

    scoped = {str(path) for path, text in usual.items() if 'scope="function"' in text}
    assert {"app/database/session.py", "app/orders/imports.py"} <= scoped
    assert {str(path) for path in usual if usual[path] != older[path]} == {
        *scoped,
        "pyproject.toml",
    }
    assert not any('Depends(get_session, scope="function")' in text for text in older.values())
    patch = (ROOT / "tests/counterexamples/pooling/limit-concurrency.patch").read_text("utf-8")
    assert for_scaffold(patch, {}) == patch != for_scaffold(patch, {"fastapi": "0.106"})
    assert "scope=" not in for_scaffold(patch, {"fastapi": "0.106"})


def test_what_the_pack_depends_on_is_met_here() -> None:
    installed = {
        part.distribution: metadata.version(part.distribution)
        for part in (Requirement(packaging.Requirement(text).name, ()) for text in DEPENDENCIES)
    }

    assert unmet(DEPENDENCIES, installed) == ()


@pytest.mark.parametrize(
    ("window", "installed", "inside"),
    [
        ((), OLD_FASTAPI, True),
        ((FASTAPI,), NEWEST, True),
        ((FASTAPI,), OLD_FASTAPI, False),
        ((FASTAPI, HTTPX), OLD_FASTAPI, False),
        ((HTTPX, FASTAPI), OLD_FASTAPI, False),
        ((HTTPX,), OLD_FASTAPI, True),
        ((HTTPX,), {}, True),
    ],
)
def test_releases_are_inside_a_window_when_all_of_them_are(
    window: Sequence[Requirement], installed: Mapping[str, str], inside: bool
) -> None:
    assert within(window, installed) is inside
