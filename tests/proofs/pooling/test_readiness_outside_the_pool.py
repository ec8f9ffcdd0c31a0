import pytest
from pydantic import SecretStr

from async_db.watching import Serve

pytestmark = pytest.mark.rule("pooling/readiness-outside-the-pool")


async def test_a_service_that_is_busy_stays_ready(serve_with_pool_of: Serve) -> None:
    async with serve_with_pool_of(1) as service, service.state["database"].engine.connect():
        request = await service.request("GET", "/orders")
        ready = await service.request("GET", "/health/ready")

    observed = f"pool in use: a request {request.status}, readiness {ready.status}"
    assert observed == "pool in use: a request 503, readiness 204", observed


async def test_a_service_without_tables_is_not(serve: Serve, second_url: SecretStr) -> None:
    async with serve(database_url=second_url) as service:
        ready = await service.request("GET", "/health/ready")

    observed = f"not migrated: readiness {ready.status}"
    assert observed == "not migrated: readiness 503", observed
