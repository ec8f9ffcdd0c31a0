from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def enter(session: AsyncSession, schema):
    await session.execute(text("SET LOCAL search_path TO a"))
    await session.execute(text("select set_config('search_path', :s, true)"), {"s": schema})
    await session.execute(text("SET statement_timeout = 100"))
