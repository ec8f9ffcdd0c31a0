import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import ASGIApp


@pytest.mark.rule("testing/run-the-lifespan")
async def test_the_app_under_test_has_what_its_start_up_made(running_app: ASGIApp) -> None:
    transport = ASGITransport(running_app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/health/ready")).status_code == 204
