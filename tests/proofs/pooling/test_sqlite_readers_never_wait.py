import pytest

from app.database.engine import Database
from app.orders.models import Order
from async_db.watching import Serve


@pytest.mark.rule("pooling/sqlite-readers-never-wait")
async def test_a_read_is_answered_while_a_unit_writes(
    serve: Serve, real_database: Database
) -> None:
    order = Order(reference="A-1")
    async with real_database.sessions.begin() as session:
        session.add(order)

    async with (
        serve(database_busy_timeout=0) as impatient,
        real_database.sessions.begin() as session,
    ):
        session.add(Order(reference="A-2"))
        await session.flush()
        read = await impatient.request("GET", f"/orders/{order.id}")
        listed = await impatient.request("GET", "/orders")

    observed = f"while another writes: read {read.status}, listed {listed.status}"
    assert observed == "while another writes: read 200, listed 200", observed
