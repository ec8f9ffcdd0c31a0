import pytest
from pydantic import SecretStr

from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("wiring/read-replica")


async def test_who_has_written_a_row_can_read_it(serve: Serve, empty_url: SecretStr) -> None:
    """Nothing has reached the replica yet."""
    async with serve(database_replica_url=empty_url) as service:
        created = await service.request("POST", "/orders", {"reference": "A-1"})
        read = await service.request("GET", f"/orders/{created.json()['id']}")
        listed = await service.request("GET", "/orders")

    observed = f"created {created.status}, read {read.status}, listed {len(listed.json()['rows'])}"
    assert observed == "created 201, read 200, listed 0", observed


async def test_an_operation_sees_what_it_has_written(service: Service) -> None:
    """The replica lags by nothing here: it is the primary."""
    created = await service.request("POST", "/orders", {"reference": "A-1"})
    path = f"/orders/{created.json()['id']}"

    added = await service.request("POST", f"{path}/items", {"sku": "bolt", "quantity": 1})

    read = await service.request("GET", path)
    answered, stored = (
        [item["sku"] for item in answer.json()["items"]] for answer in (added, read)
    )
    observed = f"answered: {answered}, stored: {stored}"
    assert observed == "answered: ['bolt'], stored: ['bolt']", observed
