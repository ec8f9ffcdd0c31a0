"""WebSockets: what they hold, and what they lose."""

from pathlib import Path

from helpers.observing import findings_in

SERVICE = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

state = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine("sqlite+aiosqlite:///service.db", pool_size=3)
    async with engine.begin() as connection:
        await connection.execute(text("create table if not exists rows (id int)"))
    state["sessions"] = async_sessionmaker(engine)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with state["sessions"].begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@app.websocket("/pinned")
async def pinned(socket: WebSocket, session: SessionDep) -> None:
    await socket.accept()
    while True:
        await socket.receive_text()  # pins
        await session.execute(text("insert into rows values (1)"))  # loses
        await socket.send_text("written")


@app.websocket("/short")
async def short(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.receive_text()
            async with state["sessions"].begin() as session:
                await session.execute(text("insert into rows values (2)"))
            await socket.send_text("stored")
    except WebSocketDisconnect:
        pass
"""
TESTS = """
from contextlib import suppress

from fastapi import WebSocketDisconnect
from fastapi.testclient import TestClient
from service import app


def test_all():
    with TestClient(app) as client:
        with suppress(WebSocketDisconnect), client.websocket_connect("/pinned") as socket:
            for _ in range(2):
                socket.send_text("one")
                assert socket.receive_text() == "written"
        with client.websocket_connect("/short") as socket:
            for _ in range(2):
                socket.send_text("one")
                assert socket.receive_text() == "stored"
"""


def test_what_a_websocket_pins_and_loses(tmp_path: Path) -> None:
    found = findings_in(tmp_path, SERVICE, TESTS)

    lines = SERVICE.splitlines()
    told = {
        (each["route"], each["rule"], each["grade"], lines[each["line"] - 1].partition("  # ")[2])
        for each in found
    }
    assert told == {
        ("WS /pinned", "session/no-network-while-connected", "proven", "pins"),
        ("WS /pinned", "session/commit-before-response", "proven", "loses"),
    }
