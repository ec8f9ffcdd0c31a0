import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.database.engine import open_database
from app.settings import Settings
from async_db.watching import describe_error


@pytest.mark.rule("engine/one-event-loop")
def test_jobs_that_each_run_a_loop_each_open_an_engine(settings: Settings) -> None:
    with ThreadPoolExecutor(max_workers=1) as worker:
        outcomes = [worker.submit(asyncio.run, job(settings)).result() for _ in range(2)]

    assert outcomes == ["done", "done"], ", then ".join(outcomes)


async def job(settings: Settings) -> str:
    try:
        async with open_database(settings) as database, database.engine.connect() as connection:
            await connection.execute(select(1))
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what the rule speaks of)
        return describe_error(error)
    return "done"
