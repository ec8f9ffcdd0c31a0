import pytest
from modern_di_fastapi import fetch_di_container
from pydantic import SecretStr

from app.container import Providers
from app.database.reading import create_replica
from app.settings import Settings
from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("wiring/databases-by-type")


async def listed(service: Service) -> int:
    return len((await service.request("GET", "/orders")).json()["rows"])


async def test_each_is_given_where_it_is_asked_for(serve: Serve, empty_url: SecretStr) -> None:
    async with serve(database_replica_url=empty_url) as service:
        created = await service.request("POST", "/orders", {"reference": "A-1"})
        observed = (
            f"created {created.status}, listed from an empty replica: {await listed(service)}"
        )
    assert observed == "created 201, listed from an empty replica: 0", observed


async def test_a_test_replaces_one_of_them_and_gives_it_back(
    service: Service, settings: Settings, empty_url: SecretStr
) -> None:
    await service.request("POST", "/orders", {"reference": "A-1"})
    empty = create_replica(settings.model_copy(update={"database_replica_url": empty_url}))

    with fetch_di_container(service.app).override(Providers.replica, empty):
        inside = await listed(service)
    after = await listed(service)
    await empty.engine.dispose()

    observed = f"listed with an empty replica in its place: {inside}, after that: {after}"
    assert observed == "listed with an empty replica in its place: 0, after that: 1", observed
