from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from app.database.engine import Database
from async_db.watching import Service


@pytest.mark.rule("pooling/leave-read-only-nodes")
async def test_writes_go_on_when_there_is_a_node_to_write_to(
    service: Service, real_database: Database
) -> None:
    async with connecting_to_a_standby(real_database):
        during = await service.request("POST", "/orders", {"reference": "A-1"})
    after = await service.request("POST", "/orders", {"reference": "A-1"})

    retry_after = during.headers.get("retry-after")
    observed = f"on a standby: {during.status}, Retry-After: {retry_after}; then: {after.status}"
    assert observed == "on a standby: 503, Retry-After: 1; then: 201", observed


@asynccontextmanager
async def connecting_to_a_standby(database: Database) -> AsyncIterator[None]:
    """Have whoever connects in the block find a node that cannot be written to, and so it stays."""
    outside = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with outside.connect() as connection:
        name = await connection.scalar(text("select quote_ident(current_database())"))
        await connection.execute(
            text(f"alter database {name} set default_transaction_read_only = on")
        )
        try:
            yield
        finally:
            undo = f"alter database {name} reset default_transaction_read_only"
            await connection.execute(text(undo))
