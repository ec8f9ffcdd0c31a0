from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


@dataclass
class Database:
    engine: AsyncEngine

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def lifespan(app, make=Database):
    database = make(create_async_engine("sqlite+aiosqlite://"))
    cursor = database.engine.raw_connection
    cursor.close()
    yield {"database": database}
    await database.close()


app = FastAPI(lifespan=lifespan)
