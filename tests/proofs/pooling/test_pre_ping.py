import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy import bindparam, text

from app.database import engine, liveness, postgresql
from app.database.engine import Database
from async_db.servers import Condition, Network
from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("pooling/pre-ping")


async def test_killed_backends_fail_no_request(service: Service, real_database: Database) -> None:
    await kill(await fill_pool(service.state["database"], 3), real_database)

    exchanges = [await service.request("GET", "/orders") for _ in range(5)]

    failed = [exchange.status for exchange in exchanges if exchange.status != 200]
    observed = f"of 5 requests, failed: {failed}"
    assert observed == "of 5 requests, failed: []", observed


async def test_a_connection_that_went_silent_fails_no_request(
    serve: Serve, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "PING_AFTER_IDLE", 0.01)
    monkeypatch.setattr(liveness, "PING_TIMEOUT", 0.2)
    monkeypatch.setattr(liveness, "CLOSE_TIMEOUT", 0.1)
    monkeypatch.setattr(engine, "CLOSE_TIMEOUT", 0.2)
    monkeypatch.setattr(postgresql, "SERVER_FIRST", 0.1)
    changed = {"database_url": SecretStr(network.url), "database_statement_timeout": 0.2}
    async with serve(**changed) as service:
        await fill_pool(service.state["database"], 3)
        network.fail(Condition.SWALLOWING)
        network.mend()  # for new connections: a firewall has forgotten those that were idle
        await asyncio.sleep(0.1)

        exchanges = [await service.request("GET", "/orders") for _ in range(5)]

    failed = [exchange.status for exchange in exchanges if exchange.status != 200]
    observed = f"of 5 requests to silence, failed: {failed}"
    assert observed == "of 5 requests to silence, failed: []", observed


async def test_a_ping_is_made_after_a_pause_and_never_under_load(
    serve: Serve, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    async with serve(database_url=SecretStr(network.url)) as service:
        await service.request("GET", "/orders")
        for after_idle in (3600, 3600, 0.01):  # seconds: this machine may be slow
            monkeypatch.setattr(liveness, "PING_AFTER_IDLE", after_idle)
            await asyncio.sleep(0.1)
            before = network.round_trips
            await service.request("GET", "/orders")
            taken.append(network.round_trips - before)

    first, again, later = taken
    observed = f"round trips more: {again - first} at once, {later - first} after a pause"
    assert observed == "round trips more: 0 at once, 1 after a pause", observed


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
