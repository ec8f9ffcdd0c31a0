from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import create_async_engine


@asynccontextmanager
async def opened():
    engine = create_async_engine("sqlite+aiosqlite://")
    yield engine
    await engine.dispose()
