"""What SKILL.md and references/session.md state of requests besides their rules, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as InPath
from fastapi.exceptions import DependencyScopeError
from httpx import ASGITransport, AsyncClient, Response
from pydantic import AfterValidator, BaseModel, ConfigDict
from sqlalchemy import delete, func, make_url, select
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response as Answer
from starlette.types import ASGIApp, Receive, Scope, Send

from helpers.stated_models import Base, Order

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]

# As SKILL.md shows it.
OrderId = Annotated[int, AfterValidator(lambda id_: id_ if abs(id_) < 2**31 else 0)]


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int


class OrderOut(ItemOut):
    items: list[ItemOut]


class Service:
    """An app whose operations have the session dependency that the references show."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self.app = FastAPI()
        self.unit = Depends(self._unit, scope="function")
        self.plain = Depends(self._plain)

    async def _unit(self) -> AsyncIterator[AsyncSession]:
        async with self.sessions.begin() as session:
            yield session

    async def _plain(self) -> AsyncIterator[AsyncSession]:
        async with self.sessions() as session:
            yield session

    async def post(self, path: str = "/") -> Response:
        transport = ASGITransport(self.app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path)

    async def stored(self) -> int:
        async with self.engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(Order)) or 0


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return make_url(new_database()).set(drivername="postgresql+asyncpg").render_as_string(False)


@asynccontextmanager
async def served(url: str, pool_size: int = 5) -> AsyncIterator[Service]:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=0.1)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
            await connection.execute(delete(Order))
        yield Service(engine)
    finally:
        await engine.dispose()


@pytest.mark.parametrize(("commits", "stored"), [(False, 0), (True, 1)])
async def test_what_cannot_be_shown_is_stored_where_the_operation_commits(
    url: str, commits: bool, stored: int
) -> None:
    async with served(url) as service:

        @service.app.post("/", response_model=OrderOut)
        async def create(session: AsyncSession = service.unit) -> Order:
            if not commits:
                session.add(order := Order())
                await session.flush()
                return order
            async with service.sessions() as own:
                own.add(order := Order())
                await own.commit()
                return order

        assert (await service.post()).status_code == 500
        assert await service.stored() == stored


async def test_an_id_out_of_range_is_404_where_it_becomes_none_that_is_given(url: str) -> None:
    async with served(url) as service:

        @service.app.post("/limited/{order_id}")
        async def limited(order_id: Annotated[int, InPath(le=2**31 - 1)]) -> None: ...

        @service.app.post("/kept/{order_id}")
        async def kept(order_id: OrderId, session: AsyncSession = service.unit) -> None:
            if await session.get(Order, order_id) is None:
                raise HTTPException(404)

        @service.app.post("/bare/{order_id}")
        async def bare(order_id: int, session: AsyncSession = service.unit) -> None:
            await session.get(Order, order_id)

        paths = ("limited", "kept", "bare")
        answers = [(await service.post(f"/{path}/{2**31}")).status_code for path in paths]
    assert answers == [422, 404, 500]


# --- who is cancelled ---------------------------------------------------------------------------

Gone = asyncio.Event
TOO_LATE = JSONResponse({"detail": "too late"}, 504)


class PlainLimit:
    """Give up on a request as soon as its operation has written."""

    def __init__(self, app: ASGIApp, written: Gone, given_up: Gone) -> None:
        self.app, self.written, self.given_up = app, written, given_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = asyncio.ensure_future(self.app(scope, receive, send))
        await self.written.wait()
        request.cancel()
        await asyncio.wait([request])
        self.given_up.set()
        await TOO_LATE(scope, receive, send)


def limited_by_the_decorator(app: FastAPI, written: Gone, given_up: Gone) -> None:
    @app.middleware("http")
    async def limit(request: Request, call_next: Callable[[Request], Awaitable[Answer]]) -> Answer:
        answering = asyncio.ensure_future(call_next(request))
        await written.wait()
        answering.cancel()
        await asyncio.wait([answering])
        given_up.set()
        return TOO_LATE


@pytest.mark.parametrize(("decorated", "stored"), [(True, 1), (False, 0)])
async def test_a_limit_of_middleware_ends_the_operation_only_in_plain_asgi(
    url: str, decorated: bool, stored: int
) -> None:
    async with served(url) as service:
        written, given_up = asyncio.Event(), asyncio.Event()

        @service.app.post("/")
        async def write_and_go_on(session: AsyncSession = service.unit) -> None:
            session.add(Order())
            await session.flush()
            written.set()
            await given_up.wait()

        if decorated:
            limited_by_the_decorator(service.app, written, given_up)
        else:
            service.app.add_middleware(PlainLimit, written=written, given_up=given_up)
        assert (await service.post()).status_code == 504
        assert await service.stored() == stored


# --- sessions beside that of the operation ------------------------------------------------------


@pytest.mark.parametrize(("short", "status"), [(True, 200), (False, 500)])
async def test_a_check_before_a_unit_of_its_own_gives_its_connection_back(
    url: str, short: bool, status: int
) -> None:
    async with served(url, pool_size=1) as service:

        async def check(session: AsyncSession = service.unit) -> None:
            await session.scalar(select(1))

        async def check_shortly() -> None:
            async with service.sessions() as session:
                await session.scalar(select(1))

        dependency = Depends(check_shortly if short else check)

        @service.app.post("/", dependencies=[dependency])
        async def write() -> None:
            async with service.sessions.begin() as session:
                session.add(Order())
                await session.flush()

        assert (await service.post()).status_code == status


async def test_a_session_of_a_library_s_own_takes_a_second_connection(url: str) -> None:
    async with served(url, pool_size=1) as service:

        @service.app.post("/")
        async def write_by_both(
            session: AsyncSession = service.unit, library: AsyncSession = service.plain
        ) -> None:
            await library.scalar(select(1))
            await session.scalar(select(1))

        assert (await service.post()).status_code == 500


async def test_an_adapter_that_yields_is_refused_in_the_scope_of_libraries(url: str) -> None:
    async with served(url) as service:

        async def returned(session: AsyncSession = service.unit) -> AsyncSession:
            return session

        async def yielded(session: AsyncSession = service.unit) -> AsyncIterator[AsyncSession]:
            yield session

        def add(adapter: Callable[..., object]) -> None:
            service.app.post("/", dependencies=[Depends(adapter)])(lambda: None)

        add(returned)
        with pytest.raises(DependencyScopeError):
            add(yielded)
