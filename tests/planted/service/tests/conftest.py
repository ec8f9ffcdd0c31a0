from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import StaticPool
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.db import get_session
from app.main import create_app
from app.models import Base, Booking, Room, Setting
from app.rates import get_rates


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        yield session
    await engine.dispose()


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    async def today() -> float:
        return 1.25

    app = create_app()
    app.state.sessions = async_sessionmaker(session.bind, expire_on_commit=False)
    app.dependency_overrides[get_session] = lambda: session
    app.dependency_overrides[get_rates] = lambda: SimpleNamespace(today=today)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def room(session: AsyncSession) -> Room:
    room = Room(name="garden", price=80, bookings=[Booking(guest="Ada", night=1)])
    session.add_all([room, Setting(key="currency", value="EUR")])
    await session.commit()
    return room
