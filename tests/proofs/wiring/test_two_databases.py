from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import DBAPIError

from app.database.engine import Database
from app.orders.models import Order
from app.orders.reporting import (
    OrderReport,
    ReportingSettings,
    create_tables,
    open_reporting,
    report_confirmed,
)
from app.settings import Settings
from async_db.watching import Serve, Service

pytestmark = pytest.mark.rule("wiring/two-databases")


@pytest.fixture
async def reporting(settings: Settings, second_url: SecretStr) -> AsyncIterator[Database]:
    """The second database, with its tables."""
    both = ReportingSettings(database_url=settings.database_url, reporting_url=second_url)
    async with open_reporting(both) as reporting:
        await create_tables(reporting)
        yield reporting


async def test_an_order_is_confirmed_while_the_second_database_is_down(
    serve: Serve, real_database: Database, reporting: Database, backend: str, tmp_path: Path
) -> None:
    down = {"postgresql": "postgresql://127.0.0.1:1/down", "sqlite": f"sqlite:///{tmp_path}"}
    async with serve(reporting_url=SecretStr(down[backend])) as service:
        answered = await confirmed_order(service)

    observed = f"{answered}, {await both_have(real_database, reporting)}"
    assert observed == "200, confirmed: 1, reported: 1", observed


async def test_nothing_is_reported_that_was_not_stored(
    serve: Serve, real_database: Database, reporting: Database, second_url: SecretStr
) -> None:
    async with serve(reporting_url=second_url) as service:
        # Let the order be created, and that it is to be confirmed be noted.
        with commits_refused(service.state["database"], after=2):
            answered = await confirmed_order(service)

    observed = f"{answered}, {await both_have(real_database, reporting)}"
    assert observed == "500, confirmed: 0, reported: 0", observed


async def confirmed_order(service: Service) -> int | None:
    body = {"reference": "A-1", "items": [{"sku": "bolt", "quantity": 1}]}
    created = await service.request("POST", "/orders", body)
    confirmed = await service.request("POST", f"/orders/{created.json()['id']}/confirm")
    return confirmed.status


async def both_have(database: Database, reporting: Database) -> str:
    """Let the worker run, and count what is in either database then."""
    await report_confirmed(database, reporting)
    async with database.sessions() as session:
        confirmed = await session.scalar(select(func.count(Order.confirmed_at)))
    async with reporting.sessions() as session:
        reported = await session.scalar(select(func.count(OrderReport.order_id)))
    return f"confirmed: {confirmed}, reported: {reported}"


@contextmanager
def commits_refused(database: Database, *, after: int) -> Iterator[None]:
    """Let some transactions commit, and have the next ones refused, as when the server goes away."""
    left = after

    def refuse(connection: Connection) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise DBAPIError("COMMIT", None, Exception("the server went away"))

    event.listen(database.engine.sync_engine, "commit", refuse)
    try:
        yield
    finally:
        event.remove(database.engine.sync_engine, "commit", refuse)
