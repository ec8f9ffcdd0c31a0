"""Attributes that are loaded by being read: which, where, and what to do about it."""

from pathlib import Path

import pytest

from helpers.observing import findings_in

SERVICE = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

state = {}


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="items")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="order")
    note: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="", deferred=True)
    updated: Mapped[str | None] = mapped_column(onupdate=func.current_timestamp())
    length: Mapped[int] = column_property(func.length("x"))
    items: Mapped[list[Item]] = relationship(back_populates="order")
    strict: Mapped[list[Item]] = relationship(lazy="raise", viewonly=True)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "order"}


class Big(Order):
    __tablename__ = "bigs"
    id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    size: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"polymorphic_identity": "big"}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine("sqlite+aiosqlite:///service.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    state["sessions"] = async_sessionmaker(engine, expire_on_commit=False)
    state["expiring"] = async_sessionmaker(engine)
    async with state["sessions"].begin() as session:
        session.add_all([Order(items=[Item()]), Big()])
    yield
    await engine.dispose()


class AccessLog:
    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)


app = FastAPI(lifespan=lifespan)
app.add_middleware(AccessLog)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with state["sessions"]() as session:
        yield session


async def get_order(session: AsyncSession = Depends(get_session)) -> Order:
    return await session.get_one(Order, 1)


class Model(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class WithItems(Model):
    items: list[int]


class WithStrict(Model):
    strict: list[int]


@app.exception_handler(Exception)
async def swallow(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({}, 500)


@app.get("/modelled", response_model=WithItems)
async def modelled(order: Order = Depends(get_order)):
    return order


@app.get("/refused", response_model=WithStrict)
async def refused(order: Order = Depends(get_order)):
    return order


@app.get("/relationship")
async def read_relationship(order: Order = Depends(get_order)) -> int:
    return len(order.items)  # relationship Order.items


@app.get("/other-side")
async def read_other_side(session: AsyncSession = Depends(get_session)) -> str:
    item = await session.get_one(Item, 1)
    order = await session.get_one(Order, 1)
    session.expire(order)
    return item.order.note  # relationship Item.order


@app.get("/deferred")
async def read_deferred(order: Order = Depends(get_order)) -> str:
    return order.body  # deferred column Order.body


@app.get("/subclass")
async def read_subclass(session: AsyncSession = Depends(get_session)) -> int:
    big = await session.scalar(select(Order).where(Order.kind == "big"))
    return big.size  # Big.size, a column of a subclass


@app.get("/committed")
async def read_committed() -> str:
    async with state["expiring"]() as session:
        order = await session.get_one(Order, 1)
        await session.commit()
        return order.note  # Order.note, which a commit has expired


@app.get("/rolled-back")
async def read_rolled_back(session: AsyncSession = Depends(get_session)) -> str:
    order = await session.get_one(Order, 1)
    await session.commit()
    await session.refresh(order)
    await session.rollback()
    return order.note  # Order.note, which a rollback has expired


@app.get("/savepoint")
async def read_after_savepoint(session: AsyncSession = Depends(get_session)) -> str:
    order = await session.get_one(Order, 1)
    nested = await session.begin_nested()
    order.note = "changed"
    await session.flush()
    await nested.rollback()
    return order.note  # Order.note, which a savepoint that rolled back has expired


@app.get("/computed")
async def read_computed(session: AsyncSession = Depends(get_session)) -> str:
    order = await session.get_one(Order, 1)
    order.note = "computed"
    await session.flush()
    return order.updated  # Order.updated, which the database has computed


@app.get("/detached")
async def read_detached() -> str:
    async with state["sessions"].begin() as session:
        order = await session.get_one(Order, 1)
        order.note = "detached"
    return order.updated  # Order.updated, which the database has computed


@app.get("/property")
async def read_property(session: AsyncSession = Depends(get_session)) -> int:
    order = await session.get_one(Order, 1)
    order.note = "property"
    await session.flush()
    return order.length  # column_property Order.length
"""
TESTS = """
import httpx
import pytest
from service import app, lifespan

PATHS = [
    "/modelled", "/refused", "/relationship", "/other-side", "/deferred", "/subclass",
    "/committed", "/rolled-back", "/savepoint", "/computed", "/detached", "/property",
]


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore")
async def test_all():
    async with lifespan(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for path in PATHS:
                assert (await client.get(path)).status_code == 500, path
"""
RULES = {
    "/committed": "session/no-expire-on-commit",
    "/computed": "loading/refresh-server-defaults",
    "/detached": "loading/refresh-server-defaults",
    "/property": "loading/refresh-server-defaults",
}


@pytest.mark.filterwarnings("ignore")
def test_each_is_named_at_its_line_with_its_cause(tmp_path: Path) -> None:
    found = findings_in(tmp_path, SERVICE, TESTS)

    lines = SERVICE.splitlines()
    paths = [line.split('"')[1] for line in TESTS.splitlines() if '"/' in line]
    assert paths
    assert {each["grade"] for each in found} == {"proven"}
    told = {each["route"].removeprefix("GET "): each for each in found}
    assert len(found) == len(told) == 12, [(e["route"], e["rule"], e["message"]) for e in found]
    for route, each in told.items():
        assert each["rule"] == RULES.get(route, "loading/no-lazy-loads"), route
        line = lines[each["line"] - 1]
        if route in {"/modelled", "/refused"}:  # nobody's line reads it: it is the operation's
            assert line.startswith(f'@app.get("{route}"'), line
        else:
            assert line.partition("  # ")[2] in each["message"], (line, each["message"])
    assert "relationship Order.items" in told["/modelled"]["message"]
    assert "Order.strict, which its query did not load" in told["/refused"]["message"]
