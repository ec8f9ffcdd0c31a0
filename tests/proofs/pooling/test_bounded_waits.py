import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.database import engine, liveness, postgresql
from app.database.engine import open_database
from app.settings import Settings
from async_db.servers import Condition, Network
from async_db.watching import Serve

pytestmark = pytest.mark.rule("pooling/bounded-waits")

PATIENCE = 3.0  # seconds, of which what is bounded takes half of one


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "SERVER_FIRST", 0.1)
    monkeypatch.setattr(liveness, "CLOSE_TIMEOUT", 0.1)
    monkeypatch.setattr(engine, "CLOSE_TIMEOUT", 0.2)


async def test_a_request_is_answered_and_its_connection_replaced(
    serve_with_pool_of: Serve, network: Network
) -> None:
    changed = {"database_url": SecretStr(network.url), "database_statement_timeout": 0.2}
    async with serve_with_pool_of(1, **changed) as service:
        await service.request("GET", "/orders")
        network.fail(Condition.SWALLOWING)
        request = asyncio.create_task(service.request("GET", "/orders"))
        await asyncio.wait({request}, timeout=PATIENCE)
        answer = request.result().status if request.done() else "no answer"
        network.mend()
        after = (await service.request("GET", "/orders")).status
        network.cut()
        await request

    observed = f"while nothing gets through: {answer}; once it does: {after}"
    assert observed == "while nothing gets through: 503; once it does: 200", observed


async def test_the_process_ends(settings: Settings, network: Network) -> None:
    changed = settings.model_copy(update={"database_url": SecretStr(network.url)})

    async def use_and_leave() -> None:
        async with open_database(changed) as database:
            async with database.engine.connect() as connection:
                await connection.execute(text("select 1"))
            network.fail(Condition.SWALLOWING)

    left = await within_patience(use_and_leave(), network)
    observed = f"at shutdown: {'closed' if left else 'never closed'}"
    assert observed == "at shutdown: closed", observed


async def within_patience(work: Coroutine[Any, Any, None], network: Network) -> bool:
    """Tell whether it ends by itself; it is ended in any case."""
    task = asyncio.create_task(work)
    await asyncio.wait({task}, timeout=PATIENCE)
    ended = task.done()
    network.cut()
    await task
    return ended
