from collections.abc import Awaitable, Callable

import pytest

from async_db.watching import Service


@pytest.mark.rule("session/savepoint-for-partial-failure")
async def test_a_row_that_is_refused_does_not_undo_the_others(
    service: Service, stored: Callable[[], Awaitable[int]]
) -> None:
    body = [{"reference": reference} for reference in ("A-1", "A-2", "A-2", "A-3")]

    exchange = await service.request("POST", "/orders/import", body)

    error = type(exchange.error).__name__
    observed = f"{exchange.status}, raised: {error}, {await stored()} of 3 stored"
    assert observed == "200, raised: NoneType, 3 of 3 stored", observed
    assert exchange.json()["rejected"] == ["A-2"]
