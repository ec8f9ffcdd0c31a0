from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from async_db.servers import Moment, throwaway_network
from async_db.watching import Exchange, Serve, Service

Stored = Callable[[], Awaitable[int]]
Way = Callable[[], Awaitable[tuple[Exchange, Exchange]]]


async def post(service: Service, reference: str, **changed: object) -> Exchange:
    """Ask for an order under a key of its own, the same one each time."""
    body = {"reference": reference, "items": [{"sku": "bolt", "quantity": 3}]}
    headers = {"Idempotency-Key": f"key-of-{reference}"}
    return await service.request("POST", "/orders", body | changed, headers)


@pytest.mark.rule("session/idempotency-key-in-the-same-unit")
async def test_what_failed_is_done_once_when_it_is_repeated(
    serve: Serve, service: Service, stored: Stored, database_url: str, backend: str
) -> None:
    async def refused() -> tuple[Exchange, Exchange]:
        obstacle = await service.request("POST", "/orders", {"reference": "refused"})
        first = await post(service, "refused")
        await service.request("DELETE", f"/orders/{obstacle.json()['id']}")
        return first, await post(service, "refused")

    def cut(moment: Moment) -> Way:
        async def cut() -> tuple[Exchange, Exchange]:
            with throwaway_network(database_url) as network:
                async with serve(database_url=SecretStr(network.url)) as far:
                    network.cut_next(b"COMMIT", moment)
                    return await post(far, moment.name), await post(far, moment.name)

        return cut

    ways: dict[str, Way] = {"refused": refused}
    if backend == "postgresql":  # no network leads to a file
        ways |= {moment.name: cut(moment) for moment in (Moment.AFTER, Moment.BEFORE)}
    outcomes: dict[str, str] = {}
    repeated: dict[str, Exchange] = {}
    for reference, way in ways.items():
        before = await stored()
        first, repeated[reference] = await way()
        new = await stored() - before
        outcomes[reference] = f"{first.status}, then {repeated[reference].status}, {new} stored"

    observed = "; ".join(outcomes.values())
    expected = ["409, then 201, 1 stored", *["500, then 201, 1 stored"] * (len(ways) - 1)]
    assert observed == "; ".join(expected), observed
    for reference, answer in repeated.items():
        read = await service.request("GET", f"/orders/{answer.json()['id']}")
        assert read.json() == answer.json()
        once_more = await post(service, reference)
        assert (once_more.status, once_more.body) == (201, answer.body)
        assert (await post(service, reference, note="in a hurry")).status == 422
    assert await stored() == len(ways)
