"""The PgBouncer of the proofs: it stands in front of the throw-away server and goes with its block."""

import asyncio
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from async_db.servers import (
    PgBouncerError,
    ThrowawayPostgres,
    pgbouncer,
    short_temporary_folder,
    throwaway_pgbouncer,
)


@pytest.mark.postgres
@pytest.mark.pgbouncer
def test_it_leads_to_the_server_and_is_gone_afterwards(server: ThrowawayPostgres) -> None:
    server.create_database("behind")

    async def ask(url: str) -> object:
        connection = await asyncpg.connect(url, statement_cache_size=0)
        try:
            return await connection.fetchval("select current_database()")
        finally:
            await connection.close()

    with throwaway_pgbouncer(server.url("behind"), {"pool_mode": "transaction"}) as url:
        folder = Path(parse_qs(urlsplit(url).query)["host"][0])
        assert str(folder) != server.host
        connected = asyncio.run(ask(url))
    assert connected == "behind"
    assert not folder.exists()


@pytest.mark.postgres
@pytest.mark.pgbouncer
def test_a_failed_start_is_told(server: ThrowawayPostgres) -> None:
    with (
        pytest.raises(PgBouncerError, match="nonsense"),
        throwaway_pgbouncer(server.url(), {"pool_mode": "nonsense"}),
    ):
        pytest.fail("it started")
    assert not list(short_temporary_folder().glob(f"verify-pgb-{os.getpid()}-*"))


def test_where_it_is_not_installed_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgbouncer, "find_pgbouncer", lambda: None)

    with (
        pytest.raises(
            PgBouncerError, match=r"^pgbouncer is not installed: sudo apt-get install -y pgbouncer$"
        ),
        throwaway_pgbouncer("postgresql://postgres@/x?host=/nowhere", {}),
    ):
        pytest.fail("it started")
