import asyncio

import pytest
from sqlalchemy import bindparam, text

from app.database.engine import Database
from async_db.watching import Service


@pytest.mark.rule("pooling/pre-ping")
async def test_killed_backends_fail_no_request(service: Service, real_database: Database) -> None:
    await kill(await fill_pool(service.state["database"], 3), real_database)

    exchanges = [await service.request("GET", "/orders") for _ in range(5)]

    failed = [exchange.status for exchange in exchanges if exchange.status != 200]
    observed = f"of 5 requests, failed: {failed}"
    assert observed == "of 5 requests, failed: []", observed


async def fill_pool(database: Database, size: int) -> list[int]:
    """Open connections, give them back to the pool, and return their backends' process ids."""
    connections = [await database.engine.connect() for _ in range(size)]
    pids = [(await c.execute(text("select pg_backend_pid()"))).scalar_one() for c in connections]
    for connection in connections:
        await connection.close()
    return pids


async def kill(pids: list[int], database: Database) -> None:
    """Terminate backends as an administrator or a failover does, and wait until they are gone."""
    alive = text("select count(*) from pg_stat_activity where pid in :pids")
    alive = alive.bindparams(bindparam("pids", expanding=True))
    async with database.engine.connect() as connection:
        for pid in pids:
            await connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        while (await connection.execute(alive, {"pids": pids})).scalar_one():
            await connection.execute(text("select pg_stat_clear_snapshot()"))
            await asyncio.sleep(0.01)
