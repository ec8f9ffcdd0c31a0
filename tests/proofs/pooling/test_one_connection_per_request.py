import pytest

from async_db.watching import Serve


@pytest.mark.rule("pooling/one-connection-per-request")
async def test_a_request_needs_no_second_connection(serve_with_pool_of: Serve) -> None:
    async with serve_with_pool_of(1) as service:
        exchange = await service.request("POST", "/orders", {"reference": "A-1"})

        observed = f"{exchange.status} on a pool of one"
        assert observed == "201 on a pool of one", observed
