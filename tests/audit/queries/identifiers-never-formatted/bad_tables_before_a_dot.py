from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def orphans(session: AsyncSession, table: str, column: str):
    return await session.execute(
        text(f"SELECT 1 FROM customers WHERE id = {table}.{column}")  # expect: suspected
    )


async def copy(session: AsyncSession, source: str):
    await session.execute(text(f"CREATE TABLE archive (LIKE {source} INCLUDING ALL)"))  # expect: suspected
