from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.database import liveness, postgresql
from app.database.engine import Database
from app.database.session import SessionDep
from app.orders.models import Order
from async_db.servers import Condition, Moment, Network
from async_db.watching import Exchange, Serve

Stored = Callable[[], Awaitable[int]]

pytestmark = pytest.mark.rule("session/unknown-is-not-unavailable")


def told(exchange: Exchange) -> str:
    return f"{exchange.status}, Retry-After: {exchange.headers.get('retry-after')}"


async def test_nobody_is_told_to_repeat_what_may_be_stored(
    serve: Serve, network: Network, stored: Stored
) -> None:
    answers = []
    async with serve(database_url=SecretStr(network.url)) as service:
        for moment, reference in ((Moment.BEFORE, "A-1"), (Moment.AFTER, "A-2")):
            network.cut_next(b"COMMIT", moment)
            body = {"reference": reference}
            answers.append(told(await service.request("POST", "/orders", body)))

    assert await stored() == 1, "of two that look alike from here"
    observed = f"COMMIT lost: {answers[0]}; its answer lost: {answers[1]}"
    expected = "COMMIT lost: 500, Retry-After: None; its answer lost: 500, Retry-After: None"
    assert observed == expected, observed


async def test_a_commit_without_an_answer_is_one_of_them(
    serve: Serve, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SERVER_FIRST", 0.1)
    monkeypatch.setattr(liveness, "CLOSE_TIMEOUT", 0.1)
    changed = {"database_url": SecretStr(network.url), "database_statement_timeout": 0.2}
    async with serve(**changed) as service:

        @service.app.post("/swallowed")
        async def lose_the_network(session: SessionDep) -> None:
            session.add(Order(reference="A-1"))
            await session.flush()
            network.fail(Condition.SWALLOWING)

        exchange = await service.request("POST", "/swallowed")
        network.mend()

    observed = f"COMMIT timed out: {told(exchange)}"
    assert observed == "COMMIT timed out: 500, Retry-After: None", observed


async def test_so_it_is_in_a_unit_that_the_operation_opens(
    serve: Serve, network: Network, real_database: Database
) -> None:
    body = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}
    async with serve(database_url=SecretStr(network.url)) as service:
        order = (await service.request("POST", "/orders", body)).json()
        network.cut_next(b"COMMIT", Moment.AFTER)
        exchange = await service.request("POST", f"/orders/{order['id']}/confirm")

    async with real_database.engine.connect() as connection:
        asked = text("select count(confirmation_requested_at) from orders")
        assert await connection.scalar(asked) == 1
    observed = f"its answer lost to the operation: {told(exchange)}"
    assert observed == "its answer lost to the operation: 500, Retry-After: None", observed
