import asyncio

import pytest

from app.orders.carrier import get_carrier
from async_db.watching import Serve, Service


@pytest.mark.rule("session/no-network-while-connected")
async def test_others_are_served_while_the_carrier_takes_its_time(
    serve_with_pool_of: Serve,
) -> None:
    async with serve_with_pool_of(1) as service:
        carrier = SlowCarrier()
        service.app.dependency_overrides[get_carrier] = lambda: carrier
        order = await confirmed_order(service)

        shipping = asyncio.create_task(service.request("POST", f"{order}/ship"))
        async with asyncio.timeout(30):
            await carrier.called.wait()
            meanwhile = await service.request("GET", "/orders")
            carrier.may_answer.set()
            shipped = await shipping

        observed = f"{meanwhile.status} during the call, on a pool of one"
        assert observed == "200 during the call, on a pool of one", observed
        assert shipped.json()["tracking_number"] == "T-1"


async def confirmed_order(service: Service) -> str:
    body = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}
    created = await service.request("POST", "/orders", body)
    path = f"/orders/{created.json()['id']}"
    await service.request("POST", f"{path}/confirm")
    return path


class SlowCarrier:
    """Answers when it is told to, however long that takes."""

    def __init__(self) -> None:
        self.called, self.may_answer = asyncio.Event(), asyncio.Event()

    async def book(self, reference: str) -> str:
        self.called.set()
        await self.may_answer.wait()
        return "T-1"
