"""What looks like a fault and is none is not told."""

from pathlib import Path

from helpers.observing import findings_in

# What looks like a fault and is none.
QUIET_SERVICE = """
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute
from sqlalchemy import ForeignKey, create_engine, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from starlette.types import ASGIApp, Receive, Scope, Send


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    heroes: Mapped[list["Hero"]] = relationship()


class Hero(Base):
    __tablename__ = "heroes"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))


class Audited:
    def __init__(self, app: ASGIApp) -> None:
        self.app, self.engine = app, create_engine("sqlite://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Counted:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted():
            return await receive()

        await self.app(scope, counted, send)


state = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    state["sync"] = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(state["sync"])
    engine = create_async_engine("sqlite+aiosqlite://")
    state["sessions"] = async_sessionmaker(engine)
    yield
    await engine.dispose()
    state["sync"].dispose()


app = FastAPI(lifespan=lifespan)
app.add_middleware(Counted)
without_lifespan = FastAPI()
without_lifespan.add_middleware(Audited)


@without_lifespan.get("/")
async def nothing() -> None: ...


@app.post("/delete")
def delete_a_team() -> None:
    with Session(state["sync"]) as session, session.begin():
        session.add(Team(id=1, heroes=[Hero(id=1)]))
    with Session(state["sync"]) as session, session.begin():
        session.delete(session.get(Team, 1))


@app.post("/first-checkouts")
async def three_at_once() -> None:
    async def one() -> None:
        async with state["sessions"]() as session:
            await session.execute(text("select 1"))

    await asyncio.gather(one(), one(), one())


@app.post("/still-there")
async def see_whether_the_client_is_still_there(request: Request) -> None:
    async with state["sessions"].begin() as session:
        await session.execute(text("select 1"))
        assert not await request.is_disconnected()  # that is: no more of the body
        assert not await request.is_disconnected()


@app.post("/own-block")
async def store_the_attempt_then_fail() -> None:
    async with state["sessions"].begin() as session:
        await session.execute(text("create table if not exists attempts (id int)"))
        await session.execute(text("insert into attempts values (1)"))
    raise HTTPException(502)


class Stamped(APIRoute):
    # What a project's own route class waits for is the operation itself.

    def get_route_handler(self):
        serve = super().get_route_handler()

        async def stamped(request: Request):
            response = await serve(request)
            response.headers["stamp"] = "1"
            return response

        return stamped


stamped = APIRouter(route_class=Stamped)


async def connected() -> AsyncIterator[None]:
    async with state["sessions"].begin() as session:
        await session.execute(text("select 1"))
        yield


@stamped.post("/stamped", dependencies=[Depends(connected)])
def in_a_thread() -> None: ...


app.include_router(stamped)
"""
QUIET_TESTS = """
from fastapi.testclient import TestClient
from service import app, without_lifespan

PATHS = ("/delete", "/first-checkouts", "/still-there", "/own-block", "/stamped")

def test_all():
    TestClient(without_lifespan).get("/")
    with TestClient(app) as client:
        statuses = [client.post(path).status_code for path in PATHS]
    assert statuses == [200, 200, 200, 502, 200]
"""


def test_what_is_no_fault_is_not_told(tmp_path: Path) -> None:
    assert findings_in(tmp_path, QUIET_SERVICE, QUIET_TESTS) == []
