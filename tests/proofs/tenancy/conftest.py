"""Two tenants, whose requests take turns on one pooled connection."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy.schema import DropSchema

from app.database.engine import Database
from app.database.tenancy import schema_of
from app.main import create_app
from app.settings import Settings
from async_db.watching import Client, Exchange, Message, Receive, Scope, Send, started

ONE_CONNECTION = {"database_pool_size": 1, "database_max_overflow": 0}
ORDERS = {"acme": ("A-1", "A-2"), "globex": ("G-1", "G-2")}


@pytest.fixture
async def ask(
    settings: Settings,
    real_database: Database,
    new_tenant: Callable[[str], Awaitable[None]],
) -> AsyncIterator[Callable[..., Awaitable[Exchange]]]:
    """Send requests to tenants' hosts; acme has the orders A-1 and A-2, globex has G-1 and G-2."""
    for tenant in ORDERS:
        await new_tenant(tenant)
    try:
        async with started(create_app(settings.model_copy(update=ONE_CONNECTION))) as client:
            ask = asking(client)
            for tenant, references in ORDERS.items():
                for reference in references:
                    created = await ask(tenant, "POST", "/orders", {"reference": reference})
                    assert created.status == 201, created.error
            yield ask
    finally:
        async with real_database.engine.begin() as connection:
            for tenant in ORDERS:
                await connection.execute(DropSchema(schema_of(tenant), cascade=True))


@pytest.fixture
def one_order_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an export read its second page when the first was sent."""
    # By its path: not every proof about tenants has it rendered.
    monkeypatch.setattr("app.orders.exports.EXPORT_PAGE", 1)


def asking(client: Client) -> Callable[..., Awaitable[Exchange]]:
    async def ask(
        tenant: str, method: str, path: str, body: object = None, meanwhile: str | None = None
    ) -> Exchange:
        """Let the tenant ``meanwhile`` commit a unit of work once this one's answer began."""

        async def on_host(scope: Scope, receive: Receive, send: Send) -> None:
            async def and_then(message: Message) -> None:
                nonlocal meanwhile
                await send(message)
                if message["type"] == "http.response.body" and meanwhile:
                    other, meanwhile = meanwhile, None
                    assert (await ask(other, "GET", "/orders/1")).status == 200

            scope["headers"] = [(b"host", f"{tenant}.test".encode()), *scope["headers"][1:]]
            await client.app(scope, receive, and_then)

        return await Client(on_host, client.state).request(method, path, body)

    return ask
