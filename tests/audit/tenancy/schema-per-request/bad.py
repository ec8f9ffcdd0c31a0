from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def enter(session: AsyncSession, schema):
    await session.execute(text(f'SET search_path TO "{schema}"'))  # expect: proven
    await session.execute(text("set session search_path = a"))  # expect: proven
