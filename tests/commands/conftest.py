"""What the tests of the commands start from."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

import verify
from async_db.servers import ThrowawayPostgres
from helpers.packs import (
    DATABASE_PROOF,
    PYPROJECT,
    SERVICE_TEST,
    SUMS,
    TEMPORARY,
    WRONG_SUM,
    Command,
    Pack,
    Ran,
    proof,
)
from helpers.packs import MANIFEST as PACK_MANIFEST
from helpers.small_templates import MANIFEST, TEMPLATES
from helpers.templates import write_pack


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A pack with a scaffold and two good rules."""
    pack = Pack(tmp_path / "pack")
    pack.write("templates/manifest.toml", PACK_MANIFEST)
    pack.write("templates/base/pyproject.toml.jinja", PYPROJECT)
    pack.write("templates/base/{{ package }}/__init__.py.jinja", "")
    pack.write("templates/base/{{ package }}/sums.py.jinja", SUMS)
    pack.write("templates/base/tests/test_sums.py.jinja", SERVICE_TEST)
    pack.add("sums/adds", proof=proof("sums/adds"))
    pack.add(
        "database/creates",
        proof=DATABASE_PROOF,
        patch=WRONG_SUM.replace(
            WRONG_SUM[WRONG_SUM.index("@@") :],
            '@@ -7,1 +7,1 @@\n-    return "CREATE TABLE things (id INTEGER PRIMARY KEY)"\n'
            '+    return "CREATE TABEL things"\n',
        ),
        outcome='SQLite `near "TABEL": syntax error`; PostgreSQL `syntax error at or near "TABEL"`',
    )
    return pack


@pytest.fixture
def command(pack: Pack, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Command]:
    folder = tmp_path / "current"
    folder.mkdir()
    before = frozenset(TEMPORARY.glob("verify-*"))
    command = Command(pack.root, f"{os.getpid()}-{request.node.name}", folder, before)
    yield command
    for process in command.descendants():
        process.kill()


@pytest.fixture
def run(
    pack: Pack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Run the command in this process, where the imports of its children are shared."""
    folder = tmp_path / "current"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str, evidence: str | None = "evidence.json") -> Ran:
        place = ["--evidence", evidence] if evidence else []
        try:
            given = ["--root", str(pack.root), *place, *arguments]
            code = verify.main(given)
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 1
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture
def apart() -> Iterator[Path]:
    """A temporary folder that no other run looks into, short and open enough for a server."""
    with tempfile.TemporaryDirectory(dir=TEMPORARY) as name:
        Path(name).chmod(0o711)
        yield Path(name)


class AnyTimes(ThrowawayPostgres):
    """A server on which several runs, one after the other, find none of their databases."""

    def create_database(self, name: str) -> None:
        self._query(f"drop database if exists {name}")
        super().create_database(name)


@pytest.fixture(scope="session")
def any_times(server: ThrowawayPostgres) -> ThrowawayPostgres:
    return AnyTimes(**vars(server))


@pytest.fixture
def run_whole(
    pack: Pack,
    run: Callable[..., Ran],
    any_times: ThrowawayPostgres,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Ran]:
    """Run the command on all that there is, which is one wiring, on a server that runs already."""
    one = PACK_MANIFEST.replace('["depends", "container"]', '["depends"]')
    assert one != PACK_MANIFEST
    pack.write("templates/manifest.toml", one)
    place = "async_db.proving.verification.throwaway_postgres"
    monkeypatch.setattr(place, lambda: nullcontext(any_times))
    return run


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "pack" / "templates", TEMPLATES, MANIFEST)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder
