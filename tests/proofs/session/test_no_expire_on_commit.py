from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from app.database.session import DatabaseDep
from app.orders.models import Order
from app.orders.schemas import OrderSummary
from async_db.watching import Service

pytestmark = pytest.mark.rule("session/no-expire-on-commit")


async def test_an_object_can_be_answered_with_after_its_commit(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    @service.app.post("/committed", status_code=201, response_model=OrderSummary)
    async def commit_then_answer(database: DatabaseDep) -> Order:
        async with database.sessions() as session:
            order = Order(reference="A-1", note="", confirmed_at=None)
            session.add(order)
            await session.commit()
            return order

    exchange = await service.request("POST", "/committed")

    observed = f"{exchange.status}, {await stored()} stored"
    assert observed == "201, 1 stored", observed


async def test_an_operation_can_answer_when_its_unit_of_work_has_ended(service: Service) -> None:
    body = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}
    order = f"/orders/{(await service.request('POST', '/orders', body)).json()['id']}"

    answer = await service.request("POST", f"{order}/confirm")

    confirmed_at = (await service.request("GET", order)).json()["confirmed_at"]
    observed = f"{'confirmed' if confirmed_at else 'not confirmed'}, then {answer.status}"
    if isinstance(answer.error, ValidationError):
        observed += f": {answer.error.errors()[0]['msg']}"
    assert observed == "confirmed, then 200", observed
