"""A session on the connection of another one is part of that one's unit of work."""

from pathlib import Path

from helpers.observing import findings_in

SERVICE = """
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()
state = {}


async def get_session() -> AsyncIterator[AsyncSession]:
    async with state["sessions"].begin() as session:
        yield session


Own = Annotated[AsyncSession, Depends(get_session, scope="function")]


@app.post("/joined")
async def joined(session: Own) -> None:
    connection = await session.connection()
    async with AsyncSession(connection, join_transaction_mode="create_savepoint") as library:
        await library.execute(text("insert into heroes values (1)"))
        await library.commit()
        await library.execute(text("select * from heroes"))
    raise HTTPException(409)


@app.post("/second")
async def second(session: Own) -> None:
    await session.execute(text("select * from heroes"))
    async with state["sessions"].begin() as other:
        await other.execute(text("select * from heroes"))
"""
TESTS = """
import asyncio

import httpx
from service import app, state
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


async def ask(path: str) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        await connection.begin()
        await connection.execute(text("create table heroes (id integer)"))
        state["sessions"] = async_sessionmaker(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.post(path)
    await engine.dispose()


def test_joined() -> None:
    asyncio.run(ask("/joined"))


def test_second() -> None:
    asyncio.run(ask("/second"))
"""


def test_only_a_unit_of_its_own_needs_a_second_connection(tmp_path: Path) -> None:
    found = findings_in(tmp_path, SERVICE, TESTS)
    assert [(each["rule"], each["function"]) for each in found] == [
        ("pooling/one-connection-per-request", "second")
    ]
