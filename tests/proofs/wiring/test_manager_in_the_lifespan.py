import pytest
from pydantic import SecretStr

from async_db.watching import Serve


@pytest.mark.rule("wiring/manager-in-the-lifespan")
async def test_two_apps_have_a_manager_each(serve: Serve, empty_url: SecretStr) -> None:
    async with serve() as first, serve(database_url=empty_url) as second:
        await first.request("POST", "/orders", {"reference": "A-1"})
        listed = (await second.request("GET", "/orders")).json()["rows"]

    observed = f"orders of one app that another one shows: {len(listed)}"
    assert observed == "orders of one app that another one shows: 0", observed
