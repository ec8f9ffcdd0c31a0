import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("pooling/watch-the-pool")

EXPOSED = {"expose_pool_use": True, "database_pool_timeout": 60}


async def test_who_had_to_wait_is_told_by_the_log(
    serve_with_pool_of: Serve,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.database.pool.TELL_AFTER", 0)  # this one need not be long
    async with serve_with_pool_of(1, **EXPOSED) as service, one_request_waiting(service):
        pass

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    waits = [line for line in lines if "waited for a connection" in line["message"]]
    observed = f"200 after a wait, lines about it: {len(waits)}"
    assert observed == "200 after a wait, lines about it: 1", observed
    assert waits[0]["milliseconds"] > 0
    assert waits[0]["request_id"]


async def test_who_waits_and_who_has_waited_is_told_by_the_process(
    serve_with_pool_of: Serve,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.database.pool.TELL_AFTER", math.inf)  # it is counted all the same
    async with serve_with_pool_of(1, **EXPOSED) as service:
        async with one_request_waiting(service):
            during = await use(service)
        after = await use(service)

    observed = f"while one waits: {during}; later: {after}"
    assert observed == (
        "while one waits: {'limit': 1, 'in_use': 1, 'waiting': 1, 'waits': 0}; "
        "later: {'limit': 1, 'in_use': 0, 'waiting': 0, 'waits': 1}"
    ), observed
    assert "waited for a connection" not in capfd.readouterr().err


async def use(service: Service) -> Any:
    told = (await service.request("GET", "/health/pool")).json()["database"]
    if isinstance(told, dict):
        assert (told.pop("seconds_waited") > 0) is (told["waits"] > 0)
    return told


@asynccontextmanager
async def one_request_waiting(service: Service) -> AsyncIterator[None]:
    """Hold the pool's only connection, and have a request wait for it until the block ends."""
    with queries_noted() as reached:
        async with service.state["database"].engine.connect():
            request = asyncio.create_task(service.request("GET", "/orders"))
            await reached.wait()
            yield
    assert (await request).status == 200


@contextmanager
def queries_noted() -> Iterator[asyncio.Event]:
    """Set the event when a session is about to ask for a connection.

    It asks before it gives other tasks a turn: whoever is woken by the event finds it waiting.
    """
    reached = asyncio.Event()

    def note(_: ORMExecuteState) -> None:
        reached.set()

    event.listen(Session, "do_orm_execute", note)
    try:
        yield reached
    finally:
        event.remove(Session, "do_orm_execute", note)
