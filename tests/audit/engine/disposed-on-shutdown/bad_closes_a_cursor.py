from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

app = FastAPI()


@dataclass
class Database:
    engine: AsyncEngine

    async def close(self) -> None:
        await self.engine.dispose()


def set_pragma(connection, _record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


app.state.database = Database(create_async_engine("sqlite+aiosqlite://"))  # expect: suspected
