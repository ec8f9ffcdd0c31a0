from collections.abc import Awaitable, Callable

import pytest

from async_db.watching import Exchange

pytestmark = pytest.mark.rule("tenancy/tenant-name-is-data")


async def test_a_name_reaches_no_other_schema(ask: Callable[..., Awaitable[Exchange]]) -> None:
    exchange = await ask("nobody,tenant_globex", "GET", "/orders")

    seen = [row["reference"] for row in exchange.json().get("rows", [])]
    observed = f"{exchange.status}, rows {seen}"
    assert observed == "404, rows []", observed


async def test_a_name_is_not_read_as_sql(ask: Callable[..., Awaitable[Exchange]]) -> None:
    exchange = await ask("acme; drop table orders", "GET", "/orders")

    observed = f"{exchange.status}, {exchange.error}"
    assert observed == "404, None", observed
