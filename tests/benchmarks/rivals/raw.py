"""The driver alone: asyncpg's own pool, SQL by hand, and pydantic's models filled from its rows."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, cast

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from fastapi.requests import HTTPConnection

from benchmarks.rivals.schemas import (
    ItemOut,
    OrderCreate,
    OrderOut,
    OrderPage,
    OrderSummary,
    OrderUpdate,
)

COLUMNS = "id, reference, note, confirmation_requested_at, confirmed_at, created_at, updated_at"
PAGE = f"select {COLUMNS} from orders where id > $1 order by id limit $2"  # noqa: S608 (ours)
# One statement, and so one view of an order and its items.
ORDER_WITH_ITEMS = """
select o.id, o.reference, o.note, o.confirmation_requested_at, o.confirmed_at, o.created_at,
    o.updated_at, i.id as item_id, i.sku, i.quantity
from orders o left join order_items i on i.order_id = o.id
where o.id = $1 order by i.id
"""
ADD_ORDER = f"insert into orders (reference, note) values ($1, $2) returning {COLUMNS}"  # noqa: S608 (constants)
ADD_ITEMS = """
insert into order_items (order_id, sku, quantity)
select $1, sku, quantity from unnest($2::text[], $3::integer[]) as item (sku, quantity)
returning id, sku, quantity
"""
UPDATE = "update orders set reference = $2, note = $3, updated_at = now() where id = $1"


async def get_pool(connection: HTTPConnection) -> asyncpg.Pool:
    return cast(asyncpg.Pool, connection.app.state.pool)


Pool = Annotated[asyncpg.Pool, Depends(get_pool)]


def create_app(url: str) -> FastAPI:
    """Make the service for a database with the rendered service's tables.

    Parameters:
        url: the libpq-style URL of the database.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=1, max_size=10) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)
    app.get("/health/ready", status_code=204)(ready)
    app.post("/orders", status_code=201)(create_order)
    app.get("/orders")(list_orders)
    app.get("/orders/{order_id}")(read_order)
    app.put("/orders/{order_id}")(update_order)
    return app


async def ready(pool: Pool) -> None:
    await pool.fetchval("select 1")


async def create_order(body: OrderCreate, pool: Pool) -> OrderOut:
    async with pool.acquire() as connection, connection.transaction():
        [order] = await connection.fetch(ADD_ORDER, body.reference, body.note)
        items: Sequence[asyncpg.Record] = ()
        if body.items:
            skus, quantities = zip(*((item.sku, item.quantity) for item in body.items), strict=True)
            items = await connection.fetch(ADD_ITEMS, order["id"], skus, quantities)
    return OrderOut(**order, items=[ItemOut(**item) for item in items])


async def list_orders(pool: Pool, after: int = 0, limit: int = 50) -> OrderPage:
    rows = await pool.fetch(PAGE, after, limit + 1)
    shown = [OrderSummary(**row) for row in rows[:limit]]
    return OrderPage(rows=shown, next_after=shown[-1].id if len(rows) > limit else None)


async def read_order(order_id: int, pool: Pool) -> OrderOut:
    return _order(await pool.fetch(ORDER_WITH_ITEMS, order_id))


async def update_order(order_id: int, body: OrderUpdate, pool: Pool) -> OrderOut:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(UPDATE, order_id, body.reference, body.note)
        return _order(await connection.fetch(ORDER_WITH_ITEMS, order_id))


def _order(rows: Sequence[asyncpg.Record]) -> OrderOut:
    """Put an order together from a row for each of its items."""
    if not rows:
        raise HTTPException(404, "no such order")
    items = [
        ItemOut(id=row["item_id"], sku=row["sku"], quantity=row["quantity"])
        for row in rows
        if row["item_id"] is not None
    ]
    return OrderOut(**rows[0], items=items)
