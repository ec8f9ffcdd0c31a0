import pytest
from httpx import AsyncClient


@pytest.mark.rule("testing/asgi-transport")
async def test_the_app_runs_in_the_loop_of_its_test(client: AsyncClient) -> None:
    response = await client.post("/orders", json={"reference": "A-1"})
    assert response.status_code == 201
