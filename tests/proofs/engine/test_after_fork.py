import subprocess
import sys

import pytest

# A service that is at work forks a worker, which asks the database too. In a process of its own: a
# fork takes along whatever threads and loops there are. A worker that has inherited connections
# does not use them here, since it might never come back.
SERVICE = """
import asyncio, multiprocessing, sys
from sqlalchemy import text
from app.database.engine import open_database
from app.settings import Settings

settings = Settings(database_url=sys.argv[1])

async def answer(database):
    async with database.engine.connect() as connection:
        return await connection.scalar(text("select 'done'"))

async def work():
    async with open_database(settings) as database:
        inherited = database.engine.pool.checkedin()
        return f"{inherited} connections of its parent's" if inherited else await answer(database)

def worker():
    print("worker:", asyncio.run(work()), flush=True)

async def serve():
    async with open_database(settings) as database:
        await answer(database)
        process = multiprocessing.get_context("fork").Process(target=worker)
        process.start()
        await asyncio.to_thread(process.join)
        print("service:", await answer(database), flush=True)
        await database.engine.dispose()

asyncio.run(serve())
"""


@pytest.mark.rule("engine/after-fork")
def test_a_forked_worker_and_its_parent_both_get_answers(database_url: str) -> None:
    done = subprocess.run(  # noqa: S603 (our own script)
        [sys.executable, "-c", SERVICE, database_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    observed = "; ".join(done.stdout.splitlines()) or done.stderr
    assert observed == "worker: done; service: done", observed
