import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from multiprocessing.connection import Connection

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database.engine import open_database
from app.settings import Settings

TWO_CONNECTIONS = {"pool_mode": "transaction", "default_pool_size": 2}


@pytest.mark.rule("pooling/prepared-statements-behind-pgbouncer")
async def test_a_worker_gets_what_it_asked_for(
    settings: Settings,
    behind_pgbouncer: Callable[[Mapping[str, object]], AbstractContextManager[str]],
) -> None:
    with behind_pgbouncer(TWO_CONNECTIONS) as url:
        through = {"database_url": SecretStr(url), "database_behind_pgbouncer": True}
        changed = settings.model_copy(update=through)
        with worker(changed, "one") as one, worker(changed, "two") as two:
            assert await asked(one, "begin") == "one"  # on the first of two connections
            assert await asked(two, "begin") == "two"  # on the second
            await asked(one, "commit")
            async with a_connection_taken(url):
                await asked(two, "commit")
                answers = [await asked(one, "begin")]  # on the one that the other worker has used
                await asked(one, "commit")
                answers.append(await asked(two, "begin"))  # and there again, after the first
            await asked(two, "commit")

    observed = f"asked for 'one', told {answers[0]!r}; asked for 'two', told {answers[1]!r}"
    assert observed == "asked for 'one', told 'one'; asked for 'two', told 'two'", observed


@asynccontextmanager
async def a_connection_taken(url: str) -> AsyncIterator[None]:
    """Keep a server connection busy with a transaction that prepares nothing."""
    connection = await asyncpg.connect(url)
    await connection.execute("begin; select 1")
    try:
        yield
    finally:
        await connection.close()


async def asked(worker: Connection, command: str) -> str:
    """Have a worker do something, and give what it says."""
    worker.send(command)
    answer: str = await asyncio.to_thread(worker.recv)
    return answer


@contextmanager
def worker(settings: Settings, name: str) -> Iterator[Connection]:
    """Run a process of the service: two of them name their statements alike."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(settings, name, theirs))
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def work(settings: Settings, name: str, commands: Connection) -> None:
    asyncio.run(obey(settings, name, commands))


async def obey(settings: Settings, name: str, commands: Connection) -> None:
    """Select one's own name in each transaction, and keep that open until told to commit."""
    async with open_database(settings) as database:
        for _ in iter(commands.recv, "end"):
            async with database.sessions.begin() as session:
                try:
                    answer = await session.scalar(text(f"select '{name}'"))
                except DBAPIError as error:
                    driver_error = error.orig.__cause__ if error.orig else error
                    answer = type(driver_error).__name__
                commands.send(answer)
                commands.recv()
            commands.send("done")
