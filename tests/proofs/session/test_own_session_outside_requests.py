from contextlib import suppress

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from app.database.engine import Database
from async_db.watching import Serve, Service

pytestmark = [
    pytest.mark.rule("session/own-session-outside-requests"),
    pytest.mark.usefixtures("garbage_kept"),
]


async def test_a_background_task_stores_what_it_wrote(service: Service) -> None:
    order = await new_order(service, "A-1")

    await service.request("POST", f"{order}/receipt")

    receipt = (await service.request("GET", order)).json()["receipt"]
    observed = f"receipt stored: {receipt}"
    assert observed == "receipt stored: A-1", observed


async def test_a_background_task_gives_its_connection_back(serve_with_pool_of: Serve) -> None:
    async with serve_with_pool_of(2) as service:
        orders = [await new_order(service, f"A-{number}") for number in range(4)]

        answers = [(await service.request("POST", f"{order}/receipt")).status for order in orders]

        observed = f"four requests on a pool of two: {answers}"
        assert observed == "four requests on a pool of two: [202, 202, 202, 202]", observed


async def test_a_session_that_was_closed_is_not_used_again(real_database: Database) -> None:
    async with real_database.sessions() as session:
        await session.execute(select(1))

    used = False
    with suppress(InvalidRequestError):
        await session.execute(select(1))
        used = True

    await session.close()
    observed = f"a session used after it was closed: {used}"
    assert observed == "a session used after it was closed: False", observed


async def new_order(service: Service, reference: str) -> str:
    created = await service.request("POST", "/orders", {"reference": reference})
    return f"/orders/{created.json()['id']}"
