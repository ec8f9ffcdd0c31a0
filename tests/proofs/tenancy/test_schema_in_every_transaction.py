import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import insert

from app.database.base import Base
from app.database.engine import Database
from app.orders.models import Order
from async_db.watching import Exchange

pytestmark = pytest.mark.rule("tenancy/schema-in-every-transaction")


@pytest.fixture
async def _tables_in_public(real_database: Database) -> AsyncIterator[None]:
    """What a service that had one tenant once has kept there."""
    async with real_database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        for reference in ("P-1", "P-2"):
            await connection.execute(insert(Order).values(reference=reference))
    yield
    async with real_database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)


@pytest.mark.usefixtures("_tables_in_public", "one_order_a_page")
async def test_the_second_session_of_a_request_is_in_the_schema_too(
    ask: Callable[..., Awaitable[Exchange]],
) -> None:
    export = await ask("acme", "GET", "/orders/export")

    references = [json.loads(line)["reference"] for line in export.body.splitlines()]
    observed = f"acme's export: {references}"
    assert observed == "acme's export: ['A-1', 'A-2']", observed


async def test_a_background_task_is_in_the_schema_too(
    ask: Callable[..., Awaitable[Exchange]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.background.PAUSES", ())
    requested = await ask("acme", "POST", "/orders/1/receipt")

    order = json.loads((await ask("acme", "GET", "/orders/1")).body)
    observed = f"{requested.status}, then receipt {order['receipt']}"
    assert observed == "202, then receipt A-1", observed
