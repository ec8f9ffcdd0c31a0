import pytest

from async_db.watching import Serve


@pytest.mark.rule("pooling/one-connection-per-request")
async def test_a_request_needs_no_second_connection(serve: Serve) -> None:
    only_one = {"database_pool_size": 1, "database_max_overflow": 0, "database_pool_timeout": 0.05}
    async with serve(**only_one) as service:
        exchange = await service.request("POST", "/orders", {"reference": "A-1"})

        observed = f"{exchange.status} on a pool of one"
        assert observed == "201 on a pool of one", observed
