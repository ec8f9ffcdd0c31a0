from collections.abc import Awaitable, Callable

import pytest

from async_db.watching import Exchange

pytestmark = pytest.mark.rule("tenancy/tenant-is-looked-up")


async def test_a_list_of_names_is_no_name(ask: Callable[..., Awaitable[Exchange]]) -> None:
    exchange = await ask("nobody,tenant_globex", "GET", "/orders")

    seen = [row["reference"] for row in exchange.json().get("rows", [])]
    observed = f"{exchange.status}, rows {seen}"
    assert observed == "404, rows []", observed


async def test_a_tenant_that_is_not_there_is_not_found(
    ask: Callable[..., Awaitable[Exchange]],
) -> None:
    exchange = await ask("nobody", "GET", "/orders")

    observed = f"{exchange.status}, {exchange.error}"
    assert observed == "404, None", observed
