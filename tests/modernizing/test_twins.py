"""Whole sync services are moved, with no edit by hand, and do the same as before on both databases."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import pytest
from modernizing.twins.scenarios import TWINS, Twin
from sqlalchemy import MetaData, create_engine, make_url, select

from async_db.auditing import Request, audit
from async_db.modernizing import STEPS, Options, modernize, read_sources

LENDING = TWINS["lending"]
SERVING = Path(__file__).with_name("twins") / "serving.py"
MakeDatabase = Callable[[], str]


ON_POSTGRESQL = [pytest.mark.postgres, pytest.mark.exhaustive]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> MakeDatabase:
    """Make an empty database, and give its URL with the driver that a sync service uses."""
    if request.param == "sqlite":
        numbers = itertools.count()
        return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
    new: MakeDatabase = request.getfixturevalue("new_database")
    return lambda: _of_psycopg(new())


def _of_psycopg(url: str) -> str:
    made = make_url(url).set(drivername="postgresql+psycopg")
    return made.render_as_string(hide_password=False)


@pytest.fixture(params=TWINS)
def twin(request: pytest.FixtureRequest) -> Twin:
    return TWINS[request.param]


def test_answers_and_rows_are_the_same(
    twin: Twin, tmp_path: Path, make_database: MakeDatabase
) -> None:
    before, after = _written(twin, tmp_path / "before"), _written(twin, tmp_path / "after")
    _move(after)

    assert _served(twin, after, make_database()) == _served(twin, before, make_database())


def test_a_slice_moves_and_the_rest_stays(tmp_path: Path, make_database: MakeDatabase) -> None:
    before, after = _written(LENDING, tmp_path / "before"), _written(LENDING, tmp_path / "after")
    changed = _move(after, "lending/routers/tools.py")

    assert "lending/routers/tools.py" in changed
    assert not {"lending/routers/loans.py", "lending/use_cases.py"} & changed
    assert "await async_engine.dispose()" in (after / "lending/main.py").read_text()
    assert "    async def count(self):" in (after / "tests/test_tools.py").read_text()
    assert _served(LENDING, after, make_database()) == _served(LENDING, before, make_database())


def test_its_own_tests_end_as_before(twin: Twin, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    assert _tests_of(_written(twin, tmp_path), url) == twin.outcome

    _move(tmp_path)

    assert _tests_of(tmp_path, url) == twin.outcome


def test_nothing_is_left_and_a_second_time_changes_nothing(twin: Twin, tmp_path: Path) -> None:
    _written(twin, tmp_path)

    done = modernize(read_sources(tmp_path), Options(), STEPS)
    _write(tmp_path, done.after.changed())

    assert [each.reason for each in done.left] == []
    found = audit(Request(tmp_path, ("findings",), ("migrating/no-sync-left",))).findings or ()
    assert [each for each in found if each.grade == "proven"] == []
    assert modernize(read_sources(tmp_path), Options(), STEPS).after.changed() == {}


READ_BY_MANY = (
    *(("GET", path, None) for path in ("/tools", "/tools/shelves", "/members/1")),
    *(("GET", path, None) for path in ("/loans/late?day=2026-02-01", "/tools?q=saw&limit=1")),
)
"""What all of lending reads; what writes waits in the same places."""


def test_no_request_keeps_others_waiting(tmp_path: Path) -> None:
    folder = _written(LENDING, tmp_path)
    _move(folder)
    asked = [*READ_BY_MANY, *READ_BY_MANY]
    found = _probed(folder, asked, patience=60)

    assert found["waiting"] == len(asked)
    assert found["statuses"] == [200] * len(asked)


@pytest.mark.exhaustive
def test_no_request_did_so_before_and_the_probe_sees_one_that_does(tmp_path: Path) -> None:
    before = _written(LENDING, tmp_path / "before")
    assert _probed(before, READ_BY_MANY, patience=60)["statuses"] == [200] * len(READ_BY_MANY)

    wrong = _written(LENDING, tmp_path / "wrong")
    tools = wrong / "lending/routers/tools.py"
    tools.write_text(tools.read_text().replace("\ndef ", "\nasync def "))
    assert _probed(wrong, READ_BY_MANY, patience=1)["statuses"].count(500) > 0


def _probed(folder: Path, asked: Sequence[tuple[str, str, object]], patience: int) -> Probed:
    """Ask while the database is locked, for as many seconds as a connection waits for it."""
    path = folder / "probed.db"
    before = [each for each in LENDING.requests if each[0] == "POST"][:9]
    done = _run(
        folder,
        f"sqlite:///{path}?timeout={patience}",
        *(str(SERVING.with_name("probing.py")), LENDING.app, str(path)),
        given=json.dumps([before, asked]),
    )
    found: Probed = json.loads(done.stdout)
    return found


def test_a_script_prints_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'report.db'}"
    before, after = _written(LENDING, tmp_path / "before"), _written(LENDING, tmp_path / "after")
    _served(LENDING, before, url)
    _move(after)

    printed = [
        _run(folder, url, "-m", "lending.report", "2026-03-01").stdout for folder in (before, after)
    ]

    assert printed[0] == "Bo: Säge é since 2026-01-06\n3 tools\n"
    assert printed[1] == printed[0]


def _written(twin: Twin, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    twin.write(folder)
    return folder


def _move(folder: Path, *slices: str) -> set[str]:
    changed = modernize(read_sources(folder), Options(slices=slices), STEPS).after.changed()
    _write(folder, changed)
    return set(changed)


def _write(folder: Path, changed: dict[str, bytes]) -> None:
    for path, data in changed.items():
        (folder / path).write_bytes(data)
        if path.endswith(".py"):
            compile(data, path, "exec")


class Probed(TypedDict):
    """How many requests were waiting when the database was freed, and how all of them ended."""

    waiting: int
    statuses: list[int]


@dataclass(frozen=True)
class Served:
    """What a service answered, how it describes itself, and what it left in its database."""

    answers: list[list[object]]
    openapi: dict[str, object]
    rows: dict[str, list[tuple[object, ...]]]


def _served(twin: Twin, folder: Path, url: str) -> Served:
    """Run a scenario against the service in a folder, on an empty database."""
    done = _run(folder, url, str(SERVING), twin.app, given=json.dumps(twin.requests))
    told = json.loads(done.stdout)
    statuses = [each[0] for each in told["answers"]]
    assert len(statuses) == len(twin.requests)
    assert 500 not in statuses
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables.sorted_tables
        }
    engine.dispose()
    assert any(rows.values())
    return Served(told["answers"], told["openapi"], rows)


def _run(
    folder: Path, url: str, *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run Python in a service's folder; no coroutine may be left unawaited."""
    done = subprocess.run(  # noqa: S603 (our own interpreter, arguments as a list)
        [sys.executable, "-B", "-W", "error::RuntimeWarning", *arguments],
        cwd=folder,
        env=_environment(folder, url),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr == ""
    return done


def _tests_of(folder: Path, url: str) -> str:
    """Run the service's own tests; give how they ended."""
    never_awaited = "error::pytest.PytestUnraisableExceptionWarning"
    command = ["-W", "error::RuntimeWarning", "-m", "pytest", "-q", "-W", never_awaited]
    done = subprocess.run(  # noqa: S603 (our own interpreter, arguments as a list)
        [sys.executable, "-B", *command, "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        env=_environment(folder, url),
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(
        r"^(\d+ (?:passed|failed)[^\n]*?)(?:, \d+ warnings?)? in ", done.stdout, re.MULTILINE
    )
    assert found is not None, done.stdout + done.stderr
    return found[1]


def _environment(folder: Path, url: str) -> dict[str, str]:
    names = ("PATH", "HOME", "TMPDIR", "LANG")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "DATABASE_URL": url, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
