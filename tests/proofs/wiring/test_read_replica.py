from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.database.base import Base
from app.database.engine import Database, open_database
from app.settings import Settings
from async_db.service import Serve, Service

pytestmark = pytest.mark.rule("wiring/read-replica")


@pytest.fixture
async def lagging(
    settings: Settings, real_database: Database, backend: str, tmp_path: Path
) -> AsyncIterator[SecretStr]:
    """Where a replica is that nothing has reached yet: the same tables, and no rows."""
    primary = make_url(settings.database_url.get_secret_value())
    on_server = backend == "postgresql"  # SQLite makes a file when it is opened
    name = f"{primary.database}_lagging" if on_server else str(tmp_path / "replica.db")
    if on_server:
        await execute(real_database, f'create database "{name}"')
    url = SecretStr(primary.set(database=name).render_as_string(hide_password=False))
    async with (
        open_database(settings.model_copy(update={"database_url": url})) as replica,
        replica.engine.begin() as connection,
    ):
        await connection.run_sync(Base.metadata.create_all)
    yield url
    if on_server:
        await execute(real_database, f'drop database "{name}"')


async def execute(database: Database, statement: str) -> None:
    outside = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        await connection.execute(text(statement))


async def test_who_has_written_a_row_can_read_it(serve: Serve, lagging: SecretStr) -> None:
    async with serve(database_replica_url=lagging) as service:
        created = await service.request("POST", "/orders", {"reference": "A-1"})
        read = await service.request("GET", f"/orders/{created.json()['id']}")
        listed = await service.request("GET", "/orders")

    observed = f"created {created.status}, read {read.status}, listed {len(listed.json()['rows'])}"
    assert observed == "created 201, read 200, listed 0", observed


async def test_an_operation_sees_what_it_has_written(service: Service) -> None:
    """The replica lags by nothing here: it is the primary."""
    created = await service.request("POST", "/orders", {"reference": "A-1"})
    path = f"/orders/{created.json()['id']}"

    added = await service.request("POST", f"{path}/items", {"sku": "bolt", "quantity": 1})

    read = await service.request("GET", path)
    answered, stored = [[item["sku"] for item in one.json()["items"]] for one in (added, read)]
    observed = f"answered: {answered}, stored: {stored}"
    assert observed == "answered: ['bolt'], stored: ['bolt']", observed
