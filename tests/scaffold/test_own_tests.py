"""The tests that come with a rendered project pass, whatever was chosen."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from async_db.servers import ThrowawayPostgres, throwaway_postgres
from helpers.rendered import (
    ALL_FEATURES,
    FEATURES,
    LONG,
    Options,
    named,
    run_its_tests,
    run_its_tests_on_sqlite,
    written,
)

WIRINGS: list[Options] = [
    {"wiring": "modern-di"},
    {"wiring": "modern-di", "replica": "read"},
    {"wiring": "manager"},
    {"replica": "read"},
    {"reporting": "outbox"},
]
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[ThrowawayPostgres]:
    with throwaway_postgres() as server:
        yield server


@pytest.fixture
def url(server: ThrowawayPostgres) -> str:
    """A database of this test's own."""
    name = f"test_{next(NUMBERS)}"
    server.create_database(name)
    return server.url(name)


# --- on SQLite ---------------------------------------------------------------------------------


def test_they_make_their_own_file_on_sqlite(tmp_path: Path) -> None:
    run_its_tests(written(tmp_path / "project", database="sqlite"), url="")


def test_they_pass_with_all_features_on_sqlite(tmp_path: Path) -> None:
    project = written(tmp_path / "project", database="sqlite", with_=ALL_FEATURES)
    run_its_tests_on_sqlite(project)


@pytest.mark.parametrize("feature", [name for name in FEATURES if name != "deployment"])  # no code
def test_they_pass_with_each_feature(tmp_path: Path, feature: str) -> None:
    run_its_tests_on_sqlite(written(tmp_path / "project", database="both", with_=feature))


@pytest.mark.parametrize("options", WIRINGS, ids=named)
def test_they_pass_with_each_wiring_and_all_features_on_sqlite(
    tmp_path: Path, options: Options
) -> None:
    project = written(tmp_path / "project", database="both", with_=ALL_FEATURES, **LONG, **options)
    run_its_tests_on_sqlite(project)


# --- on PostgreSQL -----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize("features", ["", ALL_FEATURES], ids=["lean", "all"])
def test_they_pass_on_postgresql(tmp_path: Path, url: str, features: str) -> None:
    run_its_tests(written(tmp_path / "project", with_=features), url)


@pytest.mark.postgres
@pytest.mark.parametrize("options", WIRINGS, ids=named)
def test_they_pass_with_each_wiring_on_postgresql(
    tmp_path: Path, url: str, options: Options
) -> None:
    run_its_tests(written(tmp_path / "project", database="both", **LONG, **options), url)


@pytest.mark.postgres
def test_they_pass_with_tenants(tmp_path: Path, url: str) -> None:
    run_its_tests(written(tmp_path / "project", tenancy="schema", with_=ALL_FEATURES, **LONG), url)


@pytest.mark.postgres
def test_they_start_their_own_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The wheel's lock file, which is one for all users of the machine, if it is not told otherwise.
    (tmp_path / "python_PostgresServer").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    # Whichever pytest starts next closes the common folder of all to the server's user, if any.
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", own)
        run_its_tests(written(tmp_path / "project", database="both", **LONG), url="")
