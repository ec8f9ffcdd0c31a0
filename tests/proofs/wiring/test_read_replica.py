import pytest
from pydantic import SecretStr

from app.database.base import Base
from app.database.engine import open_database
from app.settings import Settings
from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("wiring/read-replica")


@pytest.fixture
async def lagging(settings: Settings, second_url: SecretStr) -> SecretStr:
    """Where a replica is that nothing has reached yet: the same tables, and no rows."""
    there = settings.model_copy(update={"database_url": second_url})
    async with open_database(there) as replica, replica.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return second_url


async def test_who_has_written_a_row_can_read_it(serve: Serve, lagging: SecretStr) -> None:
    async with serve(database_replica_url=lagging) as service:
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
    answered, stored = [[item["sku"] for item in one.json()["items"]] for one in (added, read)]
    observed = f"answered: {answered}, stored: {stored}"
    assert observed == "answered: ['bolt'], stored: ['bolt']", observed
