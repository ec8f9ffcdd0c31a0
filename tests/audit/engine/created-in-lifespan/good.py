from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine


@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine("postgresql+asyncpg://db/app")
    yield {"engine": engine}
    await engine.dispose()


make = lambda: create_async_engine("sqlite+aiosqlite://")
app = FastAPI(lifespan=lifespan)
