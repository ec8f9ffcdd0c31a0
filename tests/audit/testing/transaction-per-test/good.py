# --- app.py
import sqlalchemy
# --- tests/conftest.py
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("sqlite+aiosqlite://")
plain = async_sessionmaker(engine)


async def fixture():
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(connection, join_transaction_mode="create_savepoint")
