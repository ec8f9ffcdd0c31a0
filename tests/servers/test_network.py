"""The network between a service and its database: what it carries, counts and loses."""

import asyncio
from collections.abc import Callable, Iterator

import asyncpg
import pytest

from async_db.servers import Condition, Moment, Network, throwaway_network

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]
SECONDS = 0.3  # long enough for an answer, short enough to wait for one that never comes


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def network(database_url: str) -> Iterator[Network]:
    with throwaway_network(database_url) as network:
        yield network


async def connect(network: Network) -> asyncpg.Connection:
    return await asyncpg.connect(network.url, timeout=5)


async def test_it_counts_round_trips(network: Network) -> None:
    connection = await connect(network)
    before = network.round_trips
    await connection.execute("select 1")
    assert network.round_trips - before == 1
    await connection.fetchval("select $1::int", 1)  # prepared, then executed
    assert network.round_trips - before == 3
    await connection.fetchval("select $1::int", 2)
    assert network.round_trips - before == 4
    await connection.close()


async def test_it_cuts_every_connection_and_carries_new_ones(network: Network) -> None:
    first, second = await connect(network), await connect(network)
    assert network.connections == 2
    network.cut()
    for connection in (first, second):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.execute("select 1")
    third = await connect(network)
    assert await third.fetchval("select 1") == 1
    await third.close()


@pytest.mark.parametrize(("moment", "stored"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
async def test_it_cuts_before_or_after_the_server_has_done_it(
    network: Network, database_url: str, moment: Moment, stored: int
) -> None:
    connection = await connect(network)
    await connection.execute("drop table if exists seen; create table seen (n int)")
    network.cut_next(b"COMMIT", moment)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        async with connection.transaction():
            await connection.execute("insert into seen values (1)")
    other = await asyncpg.connect(database_url)
    assert await other.fetchval("select count(*) from seen") == stored
    await other.close()


async def test_it_cuts_the_second_transaction_of_a_connection(network: Network) -> None:
    connection = await connect(network)
    before = network.commits
    network.cut_next(b"COMMIT", Moment.AFTER, but=1)
    async with connection.transaction():
        await connection.execute("select 1")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        async with connection.transaction():
            await connection.execute("select 1")
    assert network.commits - before == 2


async def test_what_is_swallowed_is_never_answered(network: Network) -> None:
    connection = await connect(network)
    network.fail(Condition.SWALLOWING)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(
            asyncio.shield(waiting := asyncio.ensure_future(connection.execute("select 1"))),
            SECONDS,
        )
    with pytest.raises(TimeoutError):
        await asyncpg.connect(network.url, timeout=SECONDS)
    network.mend()
    assert not waiting.done()
    other = await connect(network)
    assert await other.fetchval("select 1") == 1
    await other.close()
    connection.terminate()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await waiting


async def test_what_is_refused_comes_back(network: Network) -> None:
    network.fail(Condition.REFUSING)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await connect(network)
    network.mend()
    connection = await connect(network)
    assert await connection.fetchval("select 1") == 1
    await connection.close()


async def test_a_delay_is_paid_by_each_round_trip(network: Network) -> None:
    connection = await connect(network)
    network.delay = SECONDS
    with pytest.raises(TimeoutError):
        await connection.execute("select 1", timeout=SECONDS)
    network.mend()
    connection.terminate()


async def test_new_connections_are_led_elsewhere(network: Network, database_url: str) -> None:
    first = await connect(network)
    network.lead_to("postgresql://postgres@127.0.0.1:1/postgres")  # where nobody listens
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connect(network)
    assert await first.fetchval("select 1") == 1  # what is there stays where it is
    network.lead_to(database_url)
    second = await connect(network)
    assert await second.fetchval("select 1") == 1
    await first.close()
    await second.close()
