import pytest

from async_db.watching import Serve


@pytest.mark.rule("pooling/fail-fast-when-exhausted")
async def test_an_exhausted_pool_is_answered_with_503(serve_with_pool_of: Serve) -> None:
    async with serve_with_pool_of(1) as service:
        engine = service.state["database"].engine
        assert engine.pool.timeout() == 0.05
        async with engine.connect():
            exchange = await service.request("GET", "/orders")

        retry_after = exchange.headers.get("retry-after")
        observed = f"{exchange.status}, Retry-After: {retry_after}"
        assert observed == "503, Retry-After: 1", observed
