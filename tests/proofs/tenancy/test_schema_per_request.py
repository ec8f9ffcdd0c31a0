import json
from collections.abc import Awaitable, Callable

import pytest

from async_db.watching import Exchange

pytestmark = pytest.mark.rule("tenancy/schema-per-request")


@pytest.mark.usefixtures("one_order_a_page")
async def test_a_stream_goes_on_in_its_tenants_schema(
    ask: Callable[..., Awaitable[Exchange]],
) -> None:
    export = await ask("acme", "GET", "/orders/export", meanwhile="globex")

    references = [json.loads(line)["reference"] for line in export.body.splitlines()]
    observed = f"acme's export: {references}"
    assert observed == "acme's export: ['A-1', 'A-2']", observed


async def test_a_background_task_writes_to_its_tenants_schema(
    ask: Callable[..., Awaitable[Exchange]],
) -> None:
    await ask("acme", "POST", "/orders/1/receipt", meanwhile="globex")

    acme, globex = [(await ask(tenant, "GET", "/orders/1")).json() for tenant in ("acme", "globex")]
    observed = f"receipt of acme: {acme['receipt']}, of globex: {globex['receipt']}"
    assert observed == "receipt of acme: A-1, of globex: None", observed
