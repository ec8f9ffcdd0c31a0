# requires: sqlalchemy==1.4.31
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def use(session: AsyncSession):
    await session.execute(text("SELECT 1"))
