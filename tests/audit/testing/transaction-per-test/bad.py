# --- app.py
import sqlalchemy
# --- tests/conftest.py
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy import create_engine

engine = create_async_engine("sqlite+aiosqlite://")


async def fixture():
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(connection, expire_on_commit=False)  # expect: proven


def sync_fixture():
    connection = create_engine("sqlite://").connect()
    connection.begin()
    yield Session(bind=connection)  # expect: proven
