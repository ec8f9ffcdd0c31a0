from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@asynccontextmanager
async def locked(connection: AsyncConnection, number: int):
    await connection.execute(text("select pg_advisory_lock(:n)"), {"n": number})  # expect: review
    try:
        yield
    finally:
        await connection.execute(text("select pg_advisory_unlock(:n)"), {"n": number})
