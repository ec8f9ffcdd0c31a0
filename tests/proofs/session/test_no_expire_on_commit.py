from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.database.session import DatabaseDep
from app.orders.models import Order
from app.orders.receipts import write_receipt
from app.orders.schemas import OrderSummary
from async_db.watching import Service

pytestmark = pytest.mark.rule("session/no-expire-on-commit")


async def test_an_object_can_be_answered_with_after_its_commit(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/committed", status_code=201, response_model=OrderSummary)
    async def commit_then_answer(database: DatabaseDep) -> Order:
        async with database.sessions() as session:
            order = Order(reference="A-1", note="", confirmed_at=None, receipt="")
            session.add(order)
            await session.commit()
            return order

    exchange = await service.request("POST", "/committed")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == "201, 1 stored", observed


async def test_a_background_task_can_speak_of_what_it_committed(service: Service) -> None:
    order = (await service.request("POST", "/orders", {"reference": "A-1"})).json()

    observed = "receipt written"
    try:
        await write_receipt(service.state["database"], order["id"])
    except SQLAlchemyError as error:
        observed = f"receipt stored, then {type(error).__name__}"
    assert observed == "receipt written", observed
